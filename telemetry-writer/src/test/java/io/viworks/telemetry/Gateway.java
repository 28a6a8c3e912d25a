package io.viworks.telemetry;

import io.viworks.backplane.stream.Origin;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.ConnectionId;
import io.viworks.protocol.SessionId;
import java.time.Instant;
import java.util.UUID;

/** One session of one gateway, and the records its bridge writes of it. Immutable. */
record Gateway(AgentId agent, BridgeId bridge, Origin origin, String boot, Instant arrival) {
    static Gateway of(String agent, BridgeId bridge, long epoch, Instant arrival) {
        return new Gateway(AgentId.of(agent), bridge, origin(bridge, epoch), "boot-a", arrival);
    }

    private static Origin origin(BridgeId bridge, long epoch) {
        return new Origin(
                bridge,
                new ConnectionId(UUID.randomUUID()),
                new SessionId(UUID.randomUUID()),
                null,
                epoch,
                0);
    }

    static BridgeId bridgeId() {
        return new BridgeId(UUID.randomUUID());
    }

    /** Its next session, of this process life. */
    Gateway again(long epoch, String bootId) {
        return new Gateway(agent, bridge, origin(bridge, epoch), bootId, arrival);
    }

    Gateway at(Instant later) {
        return new Gateway(agent, bridge, origin, boot, later);
    }

    String id() {
        return agent.value();
    }

    String session() {
        return origin.sessionId().toString();
    }

    /** The same session claimed again, after Redis had forgotten it. */
    Gateway claimedAgain(long epoch) {
        Origin again =
                new Origin(bridge, origin.connId(), origin.sessionId(), null, epoch, origin.n());
        return new Gateway(agent, bridge, again, boot, arrival);
    }

    private Origin n(long n) {
        return new Origin(bridge, origin.connId(), origin.sessionId(), null, origin.epoch(), n);
    }

    StreamRecord.Hello hello() {
        return hello(
                """
                {"type":"HELLO","agent_id":"%s","version":"1.2.3","boot_id":"%s",
                 "hostname":"host-a","site":"reported","labels":{"rack":"r7"},
                 "capabilities":["system_info"],"features":["ack"],"max_concurrency":3,
                 "instance_uid":"0190b3a4-0000-4000-8000-000000000003"}
                """
                        .formatted(agent, boot));
    }

    StreamRecord.Hello hello(String frame) {
        return new StreamRecord.Hello(
                agent,
                arrival,
                n(0),
                Bytes.utf8(frame),
                StreamRecord.Auth.SHARED,
                null,
                "10.0.0.7");
    }

    StreamRecord.Gone gone(long n) {
        return new StreamRecord.Gone(agent, arrival, n(n), 1001, "bye");
    }

    StreamRecord.Refused refused(String code, Long skewMs) {
        return new StreamRecord.Refused(agent, arrival, bridge, code, skewMs, "10.0.0.9");
    }

    /** Telemetry in which every metric is this number. */
    StreamRecord.Telemetry telemetry(long n, double value) {
        return telemetry(
                n,
                """
                {"cpu_pct":%1$s,"mem_pct":%1$s,"disk_pct":%1$s,"load1":%1$s,
                 "containers_running":2,"services":{"nginx":"running"},
                 "containers":[{"id":"c1","name":"web","image":"nginx","state":"running"}]}
                """
                        .formatted(value));
    }

    StreamRecord.Telemetry telemetry(long n, String metrics) {
        return new StreamRecord.Telemetry(
                agent,
                arrival,
                n(n),
                Bytes.utf8(
                        """
                        {"type":"TELEMETRY","agent_id":"%s","ts":"%s","metrics":%s}
                        """
                                .formatted(agent, arrival, metrics)));
    }
}
