package io.viworks.bridge.ops;

import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.ErrorFrameCode;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.verb.Verb;
import io.viworks.protocol.verb.VerbCatalogue;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads {@code {correlation_id?, type, payload?, ttl_s?}}: a command that changes nothing, on the
 * way of a hand-made record (spec 05).
 */
final class OpsCommand {
    private static final int TTL_S = 60;
    private static final int MAX_TTL_S = 7 * 24 * 3600;

    private final VerbCatalogue verbs;
    private final Supplier<UUID> ids;
    private final FrameCodec codec = new FrameCodec();

    OpsCommand(VerbCatalogue verbs, Supplier<UUID> ids) {
        this.verbs = verbs;
        this.ids = ids;
    }

    /**
     * Reads a body.
     *
     * @throws BadFrame with what would be right
     */
    StreamRecord.HandMade read(AgentId agent, byte[] body, Instant now) throws BadFrame {
        ObjectNode fields = codec.decodeObject(body);
        Verb verb = verb(fields.get("type"));
        ObjectNode args = args(fields.get("payload"));
        for (Verb.Violation violation : verb.validate(args)) {
            throw wrong("payload" + violation.pointer() + " " + violation.message());
        }
        return new StreamRecord.HandMade(
                agent,
                now,
                correlationId(fields.get("correlation_id")),
                verb.name(),
                new String(codec.encodeObject(args), StandardCharsets.UTF_8),
                now.plus(ttl(fields.get("ttl_s"))));
    }

    private Verb verb(@Nullable JsonNode type) throws BadFrame {
        if (type == null || !type.isString()) {
            throw wrong("type must be the name of a verb");
        }
        Verb verb =
                verbs.find(type.stringValue())
                        .orElseThrow(() -> wrong("type must be one of the catalogue's verbs"));
        if (verb.mutating()) {
            throw wrong("type must be a verb that changes nothing; use admin-api for others");
        }
        return verb;
    }

    private ObjectNode args(@Nullable JsonNode payload) throws BadFrame {
        return switch (payload) {
            case null -> codec.decodeObject("{}".getBytes(StandardCharsets.UTF_8));
            case ObjectNode object -> object;
            default -> throw wrong("payload must be an object");
        };
    }

    private CorrelationId correlationId(@Nullable JsonNode id) throws BadFrame {
        if (id == null) {
            return new CorrelationId(ids.get());
        }
        try {
            return CorrelationId.of(id.isString() ? id.stringValue() : "");
        } catch (IllegalArgumentException _) {
            throw wrong("correlation_id must be a lower-case UUID");
        }
    }

    private static Duration ttl(@Nullable JsonNode ttl) throws BadFrame {
        if (ttl == null) {
            return Duration.ofSeconds(TTL_S);
        }
        if (!ttl.isInt() || ttl.intValue() < 1 || ttl.intValue() > MAX_TTL_S) {
            throw wrong("ttl_s must be a whole number from 1 to " + MAX_TTL_S);
        }
        return Duration.ofSeconds(ttl.intValue());
    }

    private static BadFrame wrong(String problem) {
        return new BadFrame(ErrorFrameCode.BAD_FRAME, problem);
    }
}
