package io.viworks.bridge;

import static io.viworks.bridge.Commands.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.backplane.Keys;
import io.viworks.bridge.BridgeFixture.Bridge;
import io.viworks.patience.Patience;
import io.viworks.protocol.Rfc3339;
import io.viworks.testkit.ScriptedAgent;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The bridge's own endpoints (spec 05) and its health. */
class OpsTest {
    private static final String TOKEN = "ops-token-of-a-test";
    private static final JsonMapper JSON = new JsonMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private static BridgeFixture fixture;
    private static Bridge bridge;

    @BeforeAll
    static void start() {
        fixture = BridgeFixture.onShared();
        bridge = fixture.bridge("AGENT_BRIDGE_ADMIN_TOKEN=" + TOKEN);
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return HTTP.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    private static HttpRequest.Builder to(int port, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Patience.LONGEST);
    }

    private static HttpResponse<String> get(String path) {
        return send(to(bridge.port(), path).header("Authorization", "Bearer " + TOKEN));
    }

    private static HttpResponse<String> post(String agent, String body) {
        return send(
                to(bridge.port(), "/internal/agent/agents/" + agent + "/commands")
                        .header("Authorization", "Bearer " + TOKEN)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(body)));
    }

    private static JsonNode json(HttpResponse<String> answer) {
        return JSON.readTree(answer.body());
    }

    private static String code(HttpResponse<String> answer) {
        assertThat(answer.headers().firstValue("content-type"))
                .hasValue("application/problem+json");
        assertThat(json(answer).path("status").asInt()).isEqualTo(answer.statusCode());
        return json(answer).path("code").asString();
    }

    // ---- who may ask

    @ParameterizedTest
    @ValueSource(strings = {"", "Bearer", "Bearer wrong", "Basic " + TOKEN, TOKEN})
    void answersNobodyWithoutTheToken(String authorization) {
        HttpRequest.Builder request = to(bridge.port(), "/internal/agent/agents");
        if (!authorization.isEmpty()) {
            request.header("Authorization", authorization);
        }

        HttpResponse<String> answer = send(request);

        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(code(answer)).isEqualTo("unauthorized");
        assertThat(answer.headers().firstValue("www-authenticate")).hasValue("Bearer");
    }

    @Test
    void withoutATokenItShowsThisMachineAndChangesNothing() {
        Bridge open = fixture.bridge();
        ScriptedAgent agent = open.join("local");

        HttpResponse<String> list = send(to(open.port(), "/internal/agent/agents"));
        HttpResponse<String> command =
                send(
                        to(open.port(), "/internal/agent/agents/local/commands")
                                .POST(BodyPublishers.ofString("{\"type\":\"get_system_health\"}")));

        assertThat(list.statusCode()).isEqualTo(200);
        assertThat(list.body()).contains("local");
        assertThat(command.statusCode()).isEqualTo(403);
        assertThat(code(command)).isEqualTo("token_needed");
        assertThat(agent.frames("COMMAND")).isEmpty();
    }

    // ---- what it shows

    @Test
    void listsWhoIsConnectedHere() {
        ScriptedAgent agent = bridge.join("listed");
        await().until(() -> bridge.gauge("sessions") >= 1);

        JsonNode row = null;
        for (JsonNode each : json(get("/internal/agent/agents"))) {
            if (each.path("agent_id").asString().equals("listed")) {
                row = each;
            }
        }

        assertThat(row).isNotNull();
        assertThat(row.path("version").asString()).isEqualTo("1.0.0");
        assertThat(row.path("ip").asString()).isEqualTo("127.0.0.1");
        assertThat(row.path("conn_id").asString())
                .isEqualTo(agent.next("HELLO_ACK").path("conn_id").asString());
        assertThat(UUID.fromString(row.path("session_id").asString())).isNotNull();
        assertThat(Rfc3339.parse(row.path("connected_at").asString())).isBefore(Instant.now());
        assertThat(Rfc3339.parse(row.path("last_seen").asString())).isBefore(Instant.now());
    }

    @Test
    void remembersTheLastFiftyTelemetryFrames() {
        ScriptedAgent agent = bridge.join("measured");
        for (int i = 1; i <= 60; i++) {
            agent.send(
                    "{\"type\":\"TELEMETRY\",\"agent_id\":\"measured\",\"ts\":\"%s\",\"metrics\":{\"cpu_pct\":%d}}"
                            .formatted(Instant.now(), i));
        }
        agent.send(agent.json("PING"));
        var _ = agent.next("PONG");

        JsonNode frames = json(get("/internal/agent/agents/measured/telemetry"));

        assertThat(frames.size()).isEqualTo(50);
        assertThat(frames.get(0).path("metrics").path("cpu_pct").asInt()).isEqualTo(11);
        assertThat(frames.get(49).path("metrics").path("cpu_pct").asInt()).isEqualTo(60);
    }

    @Test
    void remembersTheLastResultWithoutItsOutputs() {
        ScriptedAgent agent = bridge.join("answered");
        String id = UUID.randomUUID().toString();
        agent.send(
                agent.json("RESULT")
                        .put("correlation_id", id)
                        .put("status", "success")
                        .put("rc", 0)
                        .put("stdout", "a secret perhaps")
                        .put("stderr", "another"));
        var _ = agent.next("RESULT_ACK");

        HttpResponse<String> answer = get("/internal/agent/agents/answered/last-result");

        assertThat(json(answer).path("correlation_id").asString()).isEqualTo(id);
        assertThat(json(answer).path("rc").asInt()).isZero();
        assertThat(answer.body()).doesNotContain("stdout", "stderr", "secret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/internal/agent/agents/unknown/telemetry",
                "/internal/agent/agents/unknown/last-result",
                "/internal/agent/agents/-not-an-id-/telemetry"
            })
    void knowsNoAgentThatIsNotHere(String path) {
        HttpResponse<String> answer = get(path);

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(code(answer)).isEqualTo("not_found");
    }

    // ---- commands

    @Test
    void sendsACommandThatChangesNothingOnTheWayOfAHandMadeRecord() {
        ScriptedAgent agent = bridge.join("asked");
        String id = UUID.randomUUID().toString();

        HttpResponse<String> answer =
                post(
                        "asked",
                        "{\"correlation_id\":\"%s\",\"type\":\"echo\",\"payload\":{\"message\":\"hi\"},\"ttl_s\":30}"
                                .formatted(id));

        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(json(answer).path("queued").asBoolean()).isTrue();
        JsonNode command = agent.next("COMMAND");
        assertThat(command.path("correlation_id").asString()).isEqualTo(id);
        assertThat(command.path("args").path("message").asString()).isEqualTo("hi");
        Instant issued = Rfc3339.parse(command.path("issued_at").asString());
        assertThat(Rfc3339.parse(command.path("expires_at").asString()))
                .isEqualTo(issued.plusSeconds(30));
        await().until(() ->
                fixture.records(Keys.COMMAND_RESULTS, "DISPATCHED", "asked").size() == 1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense",
                "{}",
                "{\"type\":\"no_such_verb\"}",
                "{\"type\":\"reload_service\",\"payload\":{\"service\":\"nginx\"}}",
                "{\"type\":\"echo\",\"payload\":{\"text\":\"x\"}}",
                "{\"type\":\"echo\",\"payload\":[]}",
                "{\"type\":\"echo\",\"payload\":{\"message\":\"x\"},\"ttl_s\":0}",
                "{\"type\":\"echo\",\"payload\":{\"message\":\"x\"},\"correlation_id\":\"x\"}"
            })
    void refusesACommandThatIsWrongOrChangesSomething(String body) {
        ScriptedAgent agent = bridge.join("spared");

        HttpResponse<String> answer = post("spared", body);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422);
        assertThat(code(answer)).isEqualTo("bad_command");
        assertThat(json(answer).path("detail").asString()).isNotBlank();
        assertThat(agent.frames("COMMAND")).isEmpty();
    }

    @Test
    void takesNoCommandForAnAgentThatIsNotHere() {
        assertThat(post("absent", "{\"type\":\"get_system_health\"}").statusCode()).isEqualTo(404);
    }

    @Test
    void refusesABodyThatIsTooLarge() {
        var _ = bridge.join("large");

        HttpResponse<String> answer =
                post("large", "{\"type\":\"echo\",\"x\":\"" + "y".repeat(300_000) + "\"}");

        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(code(answer)).isEqualTo("too_large");
    }

    /** Else who is still sending could be reset before he has read the answer. */
    @Test
    void hearsABodyThatIsTooLargeOutBeforeItAnswers() throws IOException {
        var _ = bridge.join("talks");
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), bridge.port())) {
            socket.setSoTimeout(300);
            OutputStream out = socket.getOutputStream();
            out.write(
                    "POST /internal/agent/agents/talks/commands HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer %s\r\nContent-Length: 300000\r\n\r\n"
                            .formatted(TOKEN)
                            .getBytes(StandardCharsets.US_ASCII));
            out.write(new byte[299_999]);
            assertThatThrownBy(() -> socket.getInputStream().read())
                    .isInstanceOf(SocketTimeoutException.class);

            out.write(1);
            socket.setSoTimeout(Math.toIntExact(Patience.LONGEST.toMillis()));

            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 413")
                    .contains("too_large");
        }
    }

    // ---- how it is

    @Test
    void saysHowItIs() {
        JsonNode health = json(get("/internal/agent/_healthz"));

        assertThat(health.path("status").asString()).isEqualTo("ok");
        assertThat(health.path("uptime_s").asLong()).isNotNegative();
        assertThat(health.path("connections").isInt()).isTrue();
        assertThat(json(get("/agent/_health")).path("status").asString()).isEqualTo("enabled");
        assertThat(management(bridge, "/actuator/health/liveness").statusCode()).isEqualTo(200);
        assertThat(management(bridge, "/actuator/health/readiness").statusCode()).isEqualTo(200);
    }

    @Test
    void showsItsNumbersToPrometheus() {
        var _ = bridge.join("numbered");

        String numbers = management(bridge, "/actuator/prometheus").body();

        assertThat(numbers)
                .contains("viw_bridge_sessions")
                .contains("viw_bridge_handshakes_total{outcome=\"accepted\"}")
                .contains("viw_bridge_frames_total{outcome=\"ok\",type=\"HELLO\"}")
                .contains("viw_bridge_outbound_bytes")
                .contains("viw_bridge_unwritten_bytes");
    }

    /** Asked twice on one connection, the server may overhear the second question. */
    @Test
    void answersOneQuestionOfAConnectionAboutItself() throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), bridge.managementPort())) {
            socket.setSoTimeout(Math.toIntExact(Patience.LONGEST.toMillis()));
            socket.getOutputStream()
                    .write(
                            "GET /actuator/health/liveness HTTP/1.1\r\nHost: localhost\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));

            String answer =
                    new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(answer)
                    .startsWith("HTTP/1.1 200")
                    .containsIgnoringCase("\r\nconnection: close\r\n");
        }
    }

    private static HttpResponse<String> management(Bridge of, String path) {
        return send(to(of.managementPort(), path));
    }

    @Test
    void keepsTheOpsEndpointsWhenAgentsAreSwitchedOff() {
        Bridge off = fixture.bridge("AGENT_WS_ENABLED=false");

        assertThat(off.handshake("refused").answer().code()).isEqualTo("draining");
        assertThat(json(send(to(off.port(), "/agent/_health"))).path("status").asString())
                .isEqualTo("disabled");
        assertThat(json(send(to(off.port(), "/internal/agent/_healthz"))).path("status").asString())
                .isEqualTo("disabled");
    }
}
