package io.viworks.protocol.frame;

import io.viworks.protocol.ConnectionId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.ExecutionId;
import io.viworks.protocol.SessionId;
import io.viworks.protocol.Uuids;
import io.viworks.protocol.frame.BridgeFrame.Bye;
import io.viworks.protocol.frame.BridgeFrame.Cancel;
import io.viworks.protocol.frame.BridgeFrame.CancelMode;
import io.viworks.protocol.frame.BridgeFrame.Command;
import io.viworks.protocol.frame.BridgeFrame.HelloAck;
import io.viworks.protocol.frame.BridgeFrame.JobQuery;
import io.viworks.protocol.frame.BridgeFrame.Ping;
import io.viworks.protocol.frame.BridgeFrame.Pong;
import io.viworks.protocol.frame.BridgeFrame.Refusal;
import io.viworks.protocol.frame.BridgeFrame.ResultAck;
import io.viworks.protocol.frame.BridgeFrame.SignedCommand;
import io.viworks.protocol.frame.BridgeFrame.Welcome;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Makes a bridge's frame, or an envelope, out of its fields (spec 2.2, 2.4). */
final class BridgeFrameReader {
    private BridgeFrameReader() {}

    static BridgeFrame read(String type, Fields fields) throws BadFrame {
        return switch (type) {
            case "HELLO_ACK" ->
                    new HelloAck(
                            instant(fields, "server_time"),
                            fields.texts("supported", Integer.MAX_VALUE),
                            fields.agentId(),
                            new ConnectionId(fields.uuid("conn_id")));
            case "WELCOME" -> welcome(fields);
            case "COMMAND" -> command(fields);
            case "RESULT_ACK" -> new ResultAck(correlationId(fields), executionId(fields));
            case "CANCEL" ->
                    new Cancel(
                            correlationId(fields),
                            instant(fields, "expires_at"),
                            fields.constant("mode", CancelMode.class));
            case "JOB_QUERY" -> jobQuery(fields);
            case "ERROR" ->
                    new Refusal(
                            fields.constant("code", ErrorFrameCode.class),
                            fields.text("msg"),
                            fields.flag("retryable"),
                            fields.integerOrNull("retry_after_ms", 0, Long.MAX_VALUE),
                            fields.textOrNull("ref"));
            case "PING" -> new Ping();
            case "PONG" -> new Pong();
            case "BYE" -> new Bye(fields.textOrNull("reason"));
            default ->
                    throw new BadFrame(
                            ErrorFrameCode.UNKNOWN_TYPE,
                            "type must be one of " + String.join(", ", BridgeFrame.TYPES));
        };
    }

    static Envelope envelope(Fields fields) throws BadFrame {
        return new Envelope(
                correlationId(fields),
                fields.agentId(),
                fields.text("verb"),
                fields.object("args"),
                instant(fields, "issued_at"),
                instant(fields, "expires_at"),
                fields.uuid("nonce"),
                fields.integer("timeout_s", 1, Integer.MAX_VALUE),
                fields.text("issued_by"));
    }

    private static Welcome welcome(Fields fields) throws BadFrame {
        return new Welcome(
                new SessionId(fields.uuid("session_id")),
                new ConnectionId(fields.uuid("conn_id")),
                instant(fields, "server_time"),
                fields.text("server_nonce"),
                fields.integer("heartbeat_s", 1, Integer.MAX_VALUE),
                fields.integer("cmd_timeout_s", 1, Integer.MAX_VALUE),
                fields.integer("max_inflight", 0, Integer.MAX_VALUE),
                fields.integer("max_frame_bytes", 1, Integer.MAX_VALUE),
                fields.objectOrNull("config"),
                fields.textOrNull("config_hash"));
    }

    /** Beside a {@code jws} nothing else is looked at: only what is signed may be acted on. */
    private static BridgeFrame command(Fields fields) throws BadFrame {
        int attempt = fields.has("attempt") ? fields.integer("attempt", 1, Integer.MAX_VALUE) : 1;
        String jws = fields.textOrNull("jws");
        return jws == null
                ? new Command(envelope(fields), attempt, fields.textOrNull("traceparent"))
                : new SignedCommand(correlationId(fields), attempt, jws);
    }

    private static JobQuery jobQuery(Fields fields) throws BadFrame {
        List<CorrelationId> ids = new ArrayList<>();
        for (String id : fields.texts("correlation_ids", Integer.MAX_VALUE)) {
            try {
                ids.add(new CorrelationId(Uuids.parse("correlation_ids", id)));
            } catch (IllegalArgumentException e) {
                throw fields.wrong("correlation_ids", "an array of lower-case UUIDs");
            }
        }
        return new JobQuery(ids);
    }

    private static CorrelationId correlationId(Fields fields) throws BadFrame {
        return new CorrelationId(fields.uuid("correlation_id"));
    }

    private static @Nullable ExecutionId executionId(Fields fields) throws BadFrame {
        UUID execution = fields.uuidOrNull("execution_id");
        return execution == null ? null : new ExecutionId(execution);
    }

    private static Instant instant(Fields fields, String name) throws BadFrame {
        return fields.required(name, fields.instantOrNull(name));
    }
}
