package io.viworks.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.ConnectionId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.ExecutionId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.SessionId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Every frame as it stands on the wire, letter by letter. */
class WireFormatTest {
    private static final AgentId AGENT = AgentId.of("gateway-001");
    private static final String C = "0190b3a4-0000-4000-8000-000000000001";
    private static final String E = "0190b3a4-0000-4000-8000-000000000002";
    private static final String S = "0190b3a4-0000-4000-8000-000000000003";
    private static final String N = "0190b3a4-0000-4000-8000-000000000004";
    private static final CorrelationId CORRELATION = CorrelationId.of(C);
    private static final ExecutionId EXECUTION = ExecutionId.of(E);
    private static final Instant NOW = Instant.parse("2026-01-15T12:00:00Z");

    private final FrameCodec codec = new FrameCodec();

    @Test
    void hello() throws BadFrame {
        ObjectNode metadata = object().put("rack", 7);
        pinned(
                new AgentFrame.Hello(
                        AGENT,
                        "0.1.0",
                        InstanceUid.of(S),
                        "boot-1",
                        1,
                        "berlin",
                        "gw1.example",
                        Map.of("role", "edge"),
                        List.of("telemetry"),
                        List.of("echo"),
                        Set.of("journal", "ack", "job_status", "cancel"),
                        4,
                        NOW,
                        N,
                        metadata),
                """
                {"type":"HELLO","agent_id":"gateway-001","version":"0.1.0",\
                "instance_uid":"0190b3a4-0000-4000-8000-000000000003","boot_id":"boot-1",\
                "protocol_version":1,"site":"berlin","hostname":"gw1.example",\
                "labels":{"role":"edge"},"capabilities":["telemetry"],"supported_verbs":["echo"],\
                "features":["ack","cancel","job_status","journal"],"max_concurrency":4,\
                "now":"2026-01-15T12:00:00Z","nonce":"0190b3a4-0000-4000-8000-000000000004",\
                "metadata":{"rack":7}}\
                """);
    }

    @Test
    void helloOfAnOlderAgent() throws BadFrame {
        pinned(
                new AgentFrame.Hello(
                        AGENT,
                        "0.0.1",
                        null,
                        null,
                        null,
                        null,
                        null,
                        Map.of(),
                        List.of("echo"),
                        List.of(),
                        Set.of(),
                        null,
                        null,
                        null,
                        object()),
                """
                {"type":"HELLO","agent_id":"gateway-001","version":"0.0.1",\
                "capabilities":["echo"]}\
                """);
    }

    @Test
    void telemetry() throws BadFrame {
        String json =
                """
                {"type":"TELEMETRY","agent_id":"gateway-001","ts":"2026-01-15T12:00:00Z",\
                "metrics":{"cpu_pct":12.5,"mem_pct":40.25,"disk_pct":99.0,"load1":0.5,\
                "containers_running":1,"services":{"openvpn":"active"},\
                "containers":[{"id":"c1","name":"web","image":"nginx:1","state":"running"}],\
                "uptime_s":86400,"kernel":"6.1"}}\
                """;
        AgentFrame.Telemetry telemetry = (AgentFrame.Telemetry) codec.decodeAgent(utf8(json), NOW);

        assertThat(telemetry.agentId()).isEqualTo(AGENT);
        assertThat(telemetry.ts()).isEqualTo(NOW);
        AgentFrame.Metrics metrics = telemetry.metrics();
        assertThat(metrics.cpuPct()).isEqualTo(12.5);
        assertThat(metrics.memPct()).isEqualTo(40.25);
        assertThat(metrics.diskPct()).isEqualTo(99.0);
        assertThat(metrics.load1()).isEqualTo(0.5);
        assertThat(metrics.containersRunning()).isEqualTo(1);
        assertThat(metrics.services()).containsExactly(Map.entry("openvpn", "active"));
        assertThat(metrics.containers())
                .containsExactly(new AgentFrame.Container("c1", "web", "nginx:1", "running"));
        assertThat(metrics.all().get("uptime_s").longValue()).isEqualTo(86400);
        assertThat(codec.encode(telemetry)).asString(StandardCharsets.UTF_8).isEqualTo(json);
    }

    @Test
    void acks() throws BadFrame {
        pinned(
                new AgentFrame.Ack(
                        AGENT, CORRELATION, 2, AgentFrame.AckStatus.ACCEPTED, null, null),
                """
                {"type":"ACK","agent_id":"gateway-001",\
                "correlation_id":"0190b3a4-0000-4000-8000-000000000001","attempt":2,\
                "status":"accepted"}\
                """);
        pinned(
                new AgentFrame.Ack(
                        AGENT,
                        CORRELATION,
                        1,
                        AgentFrame.AckStatus.REJECTED,
                        new AgentFrame.FrameError(ErrorCodes.BUSY, "4 are running"),
                        1500L),
                """
                {"type":"ACK","agent_id":"gateway-001",\
                "correlation_id":"0190b3a4-0000-4000-8000-000000000001","attempt":1,\
                "status":"rejected","error":{"code":"Busy","msg":"4 are running"},\
                "retry_after_ms":1500}\
                """);
    }

    @Test
    void progress() throws BadFrame {
        pinned(
                new AgentFrame.Progress(
                        AGENT, CORRELATION, 0, AgentFrame.OutputStreamName.STDERR, "pulling…\n"),
                """
                {"type":"PROGRESS","agent_id":"gateway-001",\
                "correlation_id":"0190b3a4-0000-4000-8000-000000000001","seq":0,\
                "stream":"stderr","chunk":"pulling…\\n"}\
                """);
    }

    @Test
    void results() throws BadFrame {
        pinned(
                new AgentFrame.Result(
                        AGENT,
                        CORRELATION,
                        EXECUTION,
                        AgentFrame.ResultStatus.ERROR,
                        -9,
                        "out",
                        "err",
                        object().put("message", "hi"),
                        true,
                        NOW,
                        NOW.plusMillis(1250),
                        1250L,
                        new AgentFrame.FrameError(ErrorCodes.EXEC_TIMEOUT, "after 45 s")),
                """
                {"type":"RESULT","agent_id":"gateway-001",\
                "correlation_id":"0190b3a4-0000-4000-8000-000000000001",\
                "execution_id":"0190b3a4-0000-4000-8000-000000000002","status":"error","rc":-9,\
                "stdout":"out","stderr":"err","data":{"message":"hi"},"truncated":true,\
                "started_at":"2026-01-15T12:00:00Z","finished_at":"2026-01-15T12:00:01.250Z",\
                "duration_ms":1250,"error":{"code":"ExecTimeout","msg":"after 45 s"}}\
                """);
    }

    @Test
    void resultOfAnOlderAgent() throws BadFrame {
        pinned(
                new AgentFrame.Result(
                        AGENT,
                        CORRELATION,
                        null,
                        AgentFrame.ResultStatus.SUCCESS,
                        0,
                        "hi",
                        null,
                        null,
                        false,
                        null,
                        null,
                        null,
                        null),
                """
                {"type":"RESULT","agent_id":"gateway-001",\
                "correlation_id":"0190b3a4-0000-4000-8000-000000000001","status":"success",\
                "rc":0,"stdout":"hi"}\
                """);
    }

    @Test
    void jobStatus() throws BadFrame {
        pinned(
                new AgentFrame.JobStatus(
                        null,
                        List.of(
                                new AgentFrame.Job(CORRELATION, AgentFrame.JobState.RUNNING),
                                new AgentFrame.Job(
                                        new CorrelationId(EXECUTION.value()),
                                        AgentFrame.JobState.LOST))),
                """
                {"type":"JOB_STATUS","jobs":[\
                {"correlation_id":"0190b3a4-0000-4000-8000-000000000001","state":"running"},\
                {"correlation_id":"0190b3a4-0000-4000-8000-000000000002","state":"lost"}]}\
                """);
    }

    @Test
    void signsOfLifeAndTheEnd() throws BadFrame {
        pinned(
                new AgentFrame.Heartbeat(AGENT, NOW),
                """
                {"type":"HEARTBEAT","agent_id":"gateway-001","ts":"2026-01-15T12:00:00Z"}\
                """);
        pinned(new AgentFrame.Heartbeat(null, null), "{\"type\":\"HEARTBEAT\"}");
        pinned(new AgentFrame.Ping(), "{\"type\":\"PING\"}");
        pinned(new AgentFrame.Pong(), "{\"type\":\"PONG\"}");
        pinned(new AgentFrame.Bye("update"), "{\"type\":\"BYE\",\"reason\":\"update\"}");
        pinned(new BridgeFrame.Ping(), "{\"type\":\"PING\"}");
        pinned(new BridgeFrame.Pong(), "{\"type\":\"PONG\"}");
        pinned(new BridgeFrame.Bye(null), "{\"type\":\"BYE\"}");
    }

    @Test
    void helloAck() throws BadFrame {
        pinned(
                new BridgeFrame.HelloAck(
                        NOW, AgentFrame.TYPES, AGENT, new ConnectionId(UUID.fromString(S))),
                """
                {"type":"HELLO_ACK","server_time":"2026-01-15T12:00:00Z","supported":["HELLO",\
                "TELEMETRY","ACK","PROGRESS","RESULT","JOB_STATUS","HEARTBEAT","PING","PONG",\
                "BYE"],"agent_id":"gateway-001",\
                "conn_id":"0190b3a4-0000-4000-8000-000000000003"}\
                """);
    }

    @Test
    void welcome() throws BadFrame {
        pinned(
                new BridgeFrame.Welcome(
                        SessionId.of(S),
                        ConnectionId.of(E),
                        NOW,
                        N,
                        20,
                        45,
                        4,
                        262_144,
                        object().put("collect_interval", 30),
                        "ab12"),
                """
                {"type":"WELCOME","session_id":"0190b3a4-0000-4000-8000-000000000003",\
                "conn_id":"0190b3a4-0000-4000-8000-000000000002","now":"2026-01-15T12:00:00Z",\
                "server_time":"2026-01-15T12:00:00Z",\
                "server_nonce":"0190b3a4-0000-4000-8000-000000000004","heartbeat_s":20,\
                "cmd_timeout_s":45,"max_inflight":4,"max_frame_bytes":262144,\
                "config":{"collect_interval":30},"config_hash":"ab12"}\
                """);
    }

    private static final String ENVELOPE =
            """
            "correlation_id":"0190b3a4-0000-4000-8000-000000000001","agent_id":"gateway-001",\
            "verb":"echo","args":{"message":"hi"},"issued_at":"2026-01-15T12:00:00Z",\
            "expires_at":"2026-01-15T12:01:00Z","nonce":"0190b3a4-0000-4000-8000-000000000004",\
            "timeout_s":5,"issued_by":"alice"}\
            """;

    private static Envelope envelope() {
        return new Envelope(
                CORRELATION,
                AGENT,
                "echo",
                object().put("message", "hi"),
                NOW,
                NOW.plusSeconds(60),
                UUID.fromString(N),
                5,
                "alice");
    }

    @Test
    void envelopeAndItsCommand() throws BadFrame {
        byte[] envelope = codec.encodeEnvelope(envelope());
        assertThat(envelope).asString(StandardCharsets.UTF_8).isEqualTo("{" + ENVELOPE);
        assertThat(codec.decodeEnvelope(envelope)).isEqualTo(envelope());

        BridgeFrame.Command command = new BridgeFrame.Command(envelope(), 3, null);
        String json = "{\"type\":\"COMMAND\",\"attempt\":3," + ENVELOPE;
        pinned(command, json);
        assertThat(codec.encodeCommand(envelope, 3, null)).isEqualTo(utf8(json));

        String trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        String traced =
                "{\"type\":\"COMMAND\",\"attempt\":1,\"traceparent\":\"" + trace + "\"," + ENVELOPE;
        pinned(new BridgeFrame.Command(envelope(), 1, trace), traced);
        assertThat(codec.encodeCommand(envelope, 1, trace)).isEqualTo(utf8(traced));
    }

    @Test
    void signedCommand() throws BadFrame {
        pinned(
                new BridgeFrame.SignedCommand(CORRELATION, 1, "aaa.bbb.ccc"),
                """
                {"type":"COMMAND","correlation_id":"0190b3a4-0000-4000-8000-000000000001",\
                "attempt":1,"jws":"aaa.bbb.ccc"}\
                """);
    }

    @Test
    void resultAck() throws BadFrame {
        pinned(
                new BridgeFrame.ResultAck(CORRELATION, EXECUTION),
                """
                {"type":"RESULT_ACK","correlation_id":"0190b3a4-0000-4000-8000-000000000001",\
                "execution_id":"0190b3a4-0000-4000-8000-000000000002"}\
                """);
    }

    @Test
    void cancel() throws BadFrame {
        pinned(
                new BridgeFrame.Cancel(CORRELATION, NOW, BridgeFrame.CancelMode.IF_NOT_STARTED),
                """
                {"type":"CANCEL","correlation_id":"0190b3a4-0000-4000-8000-000000000001",\
                "expires_at":"2026-01-15T12:00:00Z","mode":"if_not_started"}\
                """);
    }

    @Test
    void jobQuery() throws BadFrame {
        pinned(
                new BridgeFrame.JobQuery(List.of(CORRELATION)),
                """
                {"type":"JOB_QUERY",\
                "correlation_ids":["0190b3a4-0000-4000-8000-000000000001"]}\
                """);
    }

    @Test
    void error() throws BadFrame {
        pinned(
                new BridgeFrame.Refusal(
                        ErrorFrameCode.RATE_LIMITED, "20 frames/s", true, 250L, "TELEMETRY"),
                """
                {"type":"ERROR","code":"rate_limited","msg":"20 frames/s","retryable":true,\
                "retry_after_ms":250,"ref":"TELEMETRY"}\
                """);
    }

    private void pinned(AgentFrame frame, String json) throws BadFrame {
        assertThat(codec.encode(frame)).asString(StandardCharsets.UTF_8).isEqualTo(json);
        assertThat(codec.decodeAgent(utf8(json), NOW)).isEqualTo(frame);
    }

    private void pinned(BridgeFrame frame, String json) throws BadFrame {
        assertThat(codec.encode(frame)).asString(StandardCharsets.UTF_8).isEqualTo(json);
        assertThat(codec.decodeBridge(utf8(json))).isEqualTo(frame);
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
