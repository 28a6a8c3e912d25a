package io.viworks.backplane.stream;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.ConnectionId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.SessionId;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads the fields of one record strictly; what is missing or of another form is malformed. */
final class FieldReader {
    private final Map<String, byte[]> fields;

    FieldReader(Map<String, byte[]> fields) {
        this.fields = fields;
    }

    @Nullable String optionalText(String name) {
        byte[] value = fields.get(name);
        return value == null || value.length == 0
                ? null
                : new String(value, StandardCharsets.UTF_8);
    }

    String text(String name) throws MalformedRecord {
        String value = optionalText(name);
        if (value == null) {
            throw new MalformedRecord("field " + name + " is missing");
        }
        return value;
    }

    @Nullable Bytes optionalBytes(String name) {
        byte[] value = fields.get(name);
        return value == null || value.length == 0 ? null : Bytes.of(value);
    }

    Bytes bytes(String name) throws MalformedRecord {
        Bytes value = optionalBytes(name);
        if (value == null) {
            throw new MalformedRecord("field " + name + " is missing");
        }
        return value;
    }

    /** A required field in its own type. */
    <T> T parsed(String name, String form, Function<String, T> parser) throws MalformedRecord {
        return parse(name, form, text(name), parser);
    }

    /** A field in its own type, null when it is absent or empty. */
    <T> @Nullable T optional(String name, String form, Function<String, T> parser)
            throws MalformedRecord {
        String value = optionalText(name);
        return value == null ? null : parse(name, form, value, parser);
    }

    private static <T> T parse(String name, String form, String value, Function<String, T> parser)
            throws MalformedRecord {
        try {
            return parser.apply(value);
        } catch (IllegalArgumentException | DateTimeException _) {
            throw new MalformedRecord("field " + name + " must be " + form);
        }
    }

    AgentId agentId() throws MalformedRecord {
        return parsed(Fields.AGENT_ID, "an agent id", AgentId::of);
    }

    Instant ts() throws MalformedRecord {
        return instant(Fields.TS);
    }

    Instant instant(String name) throws MalformedRecord {
        return parsed(name, "an RFC 3339 instant in UTC", Rfc3339::parse);
    }

    long number(String name) throws MalformedRecord {
        return parsed(name, "a whole number", Long::parseLong);
    }

    /** A whole number from 1 on. */
    int attempt() throws MalformedRecord {
        int attempt = parsed(Fields.ATTEMPT, "a whole number", Integer::parseInt);
        if (attempt < 1) {
            throw new MalformedRecord("field attempt must be at least 1");
        }
        return attempt;
    }

    @Nullable InstanceUid instanceUid() throws MalformedRecord {
        return optional(Fields.INSTANCE_UID, "a lower-case UUID", InstanceUid::of);
    }

    Origin origin() throws MalformedRecord {
        return new Origin(
                parsed(Fields.BRIDGE_ID, "a lower-case UUID", BridgeId::of),
                parsed(Fields.CONN_ID, "a lower-case UUID", ConnectionId::of),
                parsed(Fields.SESSION_ID, "a lower-case UUID", SessionId::of),
                instanceUid(),
                number(Fields.EPOCH),
                number(Fields.N));
    }

    /** The fields whose names begin so, by the rest of their names; at most so many. */
    Map<String, String> prefixed(String prefix, int most) {
        Map<String, String> found = new TreeMap<>();
        fields.forEach((name, value) -> {
            if (name.startsWith(prefix) && found.size() < most) {
                found.put(
                        name.substring(prefix.length()), new String(value, StandardCharsets.UTF_8));
            }
        });
        return found;
    }

    /** One of an enum's names in lower case. */
    <E extends Enum<E>> E named(String name, Class<E> type) throws MalformedRecord {
        List<String> names =
                Arrays.stream(type.getEnumConstants())
                        .map(e -> e.name().toLowerCase(Locale.ROOT))
                        .toList();
        String value = text(name);
        if (!names.contains(value)) {
            throw new MalformedRecord("field " + name + " must be one of " + names);
        }
        return Enum.valueOf(type, value.toUpperCase(Locale.ROOT));
    }
}
