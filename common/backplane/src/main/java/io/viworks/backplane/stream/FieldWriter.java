package io.viworks.backplane.stream;

import io.viworks.protocol.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects the fields of one record in the order they are written. */
final class FieldWriter {
    private final Map<String, byte[]> fields = new LinkedHashMap<>();

    /** Text, a number, an identity or an instant as its {@code toString}; null is left out. */
    FieldWriter put(String name, @Nullable Object value) {
        if (value != null) {
            fields.put(name, value.toString().getBytes(StandardCharsets.UTF_8));
        }
        return this;
    }

    FieldWriter put(String name, @Nullable Bytes value) {
        if (value != null) {
            fields.put(name, value.array());
        }
        return this;
    }

    FieldWriter put(String name, Enum<?> value) {
        return put(name, value.name().toLowerCase(Locale.ROOT));
    }

    FieldWriter put(Origin origin) {
        return put(Fields.BRIDGE_ID, origin.bridgeId())
                .put(Fields.CONN_ID, origin.connId())
                .put(Fields.SESSION_ID, origin.sessionId())
                .put(Fields.INSTANCE_UID, origin.instanceUid())
                .put(Fields.EPOCH, origin.epoch())
                .put(Fields.N, origin.n());
    }

    Map<String, byte[]> fields() {
        return fields;
    }
}
