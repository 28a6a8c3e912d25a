package io.viworks.backplane;

import io.viworks.backplane.stream.Origin;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamRecord.Payload;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.ConnectionId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.SessionId;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Records and identities for tests. */
public final class Samples {
    public static final Instant TS = Instant.parse("2026-01-15T12:00:00.123Z");
    public static final AgentId AGENT = AgentId.of("gateway-001");

    private Samples() {}

    public static BridgeId bridge() {
        return new BridgeId(UUID.randomUUID());
    }

    public static SessionId session() {
        return new SessionId(UUID.randomUUID());
    }

    public static InstanceUid instance() {
        return new InstanceUid(UUID.randomUUID());
    }

    public static CorrelationId command() {
        return new CorrelationId(UUID.randomUUID());
    }

    public static Origin origin(
            BridgeId bridge, SessionId session, @Nullable InstanceUid instance, long n) {
        return new Origin(bridge, new ConnectionId(UUID.randomUUID()), session, instance, 0, n);
    }

    public static StreamRecord.Hello hello(Origin origin) {
        return new StreamRecord.Hello(
                AGENT,
                TS,
                origin,
                Bytes.utf8("{\"type\":\"HELLO\"}"),
                StreamRecord.Auth.SHARED,
                null,
                "10.0.0.7");
    }

    public static StreamRecord.Gone gone(Origin origin) {
        return new StreamRecord.Gone(AGENT, TS, origin, 1001, "bridge is going away");
    }

    public static StreamRecord.Telemetry telemetry(long n) {
        return new StreamRecord.Telemetry(
                AGENT, TS, origin(bridge(), session(), null, n), Bytes.utf8("{\"n\":" + n + "}"));
    }

    public static StreamRecord.Result result(long n) {
        return new StreamRecord.Result(
                AGENT,
                TS,
                origin(bridge(), session(), instance(), n),
                Bytes.utf8("{\"type\":\"RESULT\"}"));
    }

    public static StreamRecord.Command command(
            CorrelationId command, int attempt, @Nullable InstanceUid instance) {
        return StreamRecord.Command.unsent(
                AGENT,
                TS,
                command,
                attempt,
                instance,
                new Payload.Clear(Bytes.utf8("{}"), null),
                null);
    }
}
