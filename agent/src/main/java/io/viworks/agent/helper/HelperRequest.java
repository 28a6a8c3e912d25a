package io.viworks.agent.helper;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.Uuids;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.FrameCodec;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the agent asks the helper to run (spec 6).
 *
 * @param nonce fresh for each request
 * @param ttlS seconds after {@code issuedAt} for which the request is good
 * @param jws the command as an admin signed it; null when nobody did
 * @param timeoutS seconds it may run at most; 0 leaves that to the helper's table
 * @param progress whether output is told as it comes
 */
public record HelperRequest(
        AgentId agentId,
        CorrelationId correlationId,
        String verb,
        ObjectNode args,
        UUID nonce,
        Instant issuedAt,
        int ttlS,
        @Nullable String jws,
        int timeoutS,
        boolean progress) {
    /** Longest {@code ttl_s}: a request is made to be run at once. */
    public static final int MAX_TTL_S = 300;

    private static final int MAX_TIMEOUT_S = 86_400;
    private static final FrameCodec CODEC = new FrameCodec();
    private static final Set<String> FIELDS =
            Set.of(
                    "agent_id",
                    "correlation_id",
                    "verb",
                    "args",
                    "nonce",
                    "issued_at",
                    "ttl_s",
                    "jws",
                    "timeout_s",
                    "progress");

    /** The JSON the MAC is made over. */
    public byte[] json() {
        ObjectNode json =
                JsonNodeFactory.instance
                        .objectNode()
                        .put("agent_id", agentId.value())
                        .put("correlation_id", correlationId.toString())
                        .put("verb", verb);
        json.set("args", args);
        json.put("nonce", nonce.toString())
                .put("issued_at", Rfc3339.format(issuedAt))
                .put("ttl_s", ttlS);
        if (jws != null) {
            json.put("jws", jws);
        }
        if (timeoutS > 0) {
            json.put("timeout_s", timeoutS);
        }
        if (progress) {
            json.put("progress", true);
        }
        return CODEC.encodeObject(json);
    }

    /**
     * Reads it strictly: what the helper does not know it does not pass over.
     *
     * @throws BadRequest when a field is missing, unknown or of another form
     */
    public static HelperRequest parse(byte[] json) throws BadRequest {
        ObjectNode fields;
        try {
            fields = CODEC.decodeObject(json);
        } catch (BadFrame e) {
            throw bad(e.problem());
        }
        if (!FIELDS.containsAll(fields.propertyNames())) {
            throw bad("a request must have no other fields than " + String.join(", ", FIELDS));
        }
        if (!(fields.get("args") instanceof ObjectNode args)) {
            throw bad("args must be an object");
        }
        return new HelperRequest(
                parsed(fields, "agent_id", AgentId::of),
                parsed(fields, "correlation_id", CorrelationId::of),
                text(fields, "verb"),
                args,
                parsed(fields, "nonce", text -> Uuids.parse("nonce", text)),
                parsed(fields, "issued_at", Rfc3339::parse),
                integer(fields, "ttl_s", MAX_TTL_S),
                fields.has("jws") ? text(fields, "jws") : null,
                fields.has("timeout_s") ? integer(fields, "timeout_s", MAX_TIMEOUT_S) : 0,
                flag(fields, "progress"));
    }

    /** Names the command, and says nothing of its arguments. */
    @Override
    public String toString() {
        return verb + " " + correlationId;
    }

    private static String text(ObjectNode fields, String name) throws BadRequest {
        JsonNode value = fields.get(name);
        if (value == null || !value.isString()) {
            throw bad(name + " must be a string");
        }
        return value.stringValue();
    }

    private static <T> T parsed(ObjectNode fields, String name, Function<String, T> parser)
            throws BadRequest {
        String text = text(fields, name);
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException | DateTimeException e) {
            throw bad(name + " must have the form that the protocol gives it");
        }
    }

    private static int integer(ObjectNode fields, String name, int max) throws BadRequest {
        JsonNode value = fields.get(name);
        if (value == null
                || !value.isIntegralNumber()
                || !value.canConvertToInt()
                || value.intValue() < 1
                || value.intValue() > max) {
            throw bad(name + " must be a whole number from 1 to " + max);
        }
        return value.intValue();
    }

    private static boolean flag(ObjectNode fields, String name) throws BadRequest {
        JsonNode value = fields.get(name);
        if (value != null && !value.isBoolean()) {
            throw bad(name + " must be true or false");
        }
        return value != null && value.booleanValue();
    }

    private static BadRequest bad(String problem) {
        return new BadRequest(HelperCodes.BAD_REQUEST, problem);
    }
}
