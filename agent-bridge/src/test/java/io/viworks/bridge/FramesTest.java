package io.viworks.bridge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.Keys;
import io.viworks.bridge.BridgeFixture.Bridge;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.ExecutionId;
import io.viworks.testkit.ScriptedAgent;
import io.viworks.testkit.TcpProxy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What becomes of an agent's frames (spec 2.3): the streams they go to, and the confirmation. */
class FramesTest {
    private static BridgeFixture fixture;
    private static Bridge bridge;

    @BeforeAll
    static void start() {
        fixture = BridgeFixture.onShared();
        bridge = fixture.bridge();
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    private static List<Map<String, String>> records(
            String stream, String kind, String agent, int count) {
        return await().until(
                        () -> fixture.records(stream, kind, agent), found -> found.size() == count);
    }

    private static String result(String agent, UUID command, String rest) {
        return "{\"type\":\"RESULT\",\"agent_id\":\""
                + agent
                + "\",\"correlation_id\":\""
                + command
                + "\",\"status\":\"success\""
                + rest
                + "}";
    }

    /** Spaces, escapes, numbers and fields that nobody here knows. */
    private static final String ODD =
            " \"extra\" : [ 1e2, 1.500, -0 , \"\\u0041\\/\\u0000\\ud800 \u00e4\ud83d\ude80\" ] ,\n";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    viw.telemetry       | TELEMETRY  | "ts":"2026-01-15T12:00:00Z","metrics":{"cpu_pct":1.50,"own":{}}
                    viw.command_results | ACK        | "correlation_id":"3f2b8c1e-6a54-4d0e-9a51-0c7f7d3c2b10","status":"accepted"
                    viw.command_results | RESULT     | "correlation_id":"3f2b8c1e-6a54-4d0e-9a51-0c7f7d3c2b10","status":"error","rc":7
                    viw.command_results | JOB_STATUS | "jobs":[]
                    viw.command_output  | PROGRESS   | "correlation_id":"3f2b8c1e-6a54-4d0e-9a51-0c7f7d3c2b10","seq":1,"stream":"stdout","chunk":"x"
                    """)
    void carriesTheBytesAsTheyWereSaid(String stream, String type, String fields) {
        String name = "bytes-" + type;
        ScriptedAgent agent = bridge.join(name);
        String frame =
                "{ \"type\":\""
                        + type
                        + "\","
                        + ODD
                        + "\"agent_id\":\""
                        + name
                        + "\","
                        + fields
                        + "}";

        agent.send(frame);

        Map<String, String> record = records(stream, type, name, 1).getFirst();
        assertThat(record)
                .containsEntry("frame", frame)
                .containsEntry("v", "1")
                .containsEntry("bridge_id", bridge.id().toString())
                .containsKeys("ts", "conn_id", "session_id", "epoch", "n");
    }

    @Test
    void carriesAMessageInPiecesAsOneWhatEverComesBetween() {
        ScriptedAgent agent = bridge.join("pieces");
        String frame =
                "{\"type\":\"TELEMETRY\",\"agent_id\":\"pieces\",\"ts\":\"2026-01-15T12:00:00Z\",\"metrics\":{},\"euro\":\"\u20ac\"}";
        byte[] bytes = frame.getBytes(UTF_8);
        int within = frame.indexOf('\u20ac') + 1;

        agent.frame(ScriptedAgent.TEXT, false, Arrays.copyOf(bytes, 5));
        agent.ping();
        agent.frame(0, false, new byte[0]);
        agent.frame(0, false, Arrays.copyOfRange(bytes, 5, within));
        agent.frame(0, true, Arrays.copyOfRange(bytes, within, bytes.length));

        assertThat(records(Keys.TELEMETRY, "TELEMETRY", "pieces", 1).getFirst())
                .containsEntry("frame", frame);
        await().until(() -> agent.pongs() == 1);
    }

    @Test
    void countsWhatAnAgentSaysInItsOrder() {
        ScriptedAgent agent = bridge.join("counts");

        for (int i = 0; i < 20; i++) {
            agent.send(agent.telemetry());
        }

        assertThat(records(Keys.TELEMETRY, "TELEMETRY", "counts", 20))
                .extracting(record -> Long.parseLong(record.getOrDefault("n", "")))
                .isSorted()
                .doesNotHaveDuplicates();
    }

    @Test
    void confirmsAResultByItsOwnExecutionId() {
        ScriptedAgent agent = bridge.join("confirmed");
        UUID command = UUID.randomUUID();
        UUID run = UUID.randomUUID();

        agent.send(result("confirmed", command, ",\"execution_id\":\"" + run + "\""));

        JsonNode ack = agent.next("RESULT_ACK");
        assertThat(ack.path("correlation_id").asString()).isEqualTo(command.toString());
        assertThat(ack.path("execution_id").asString()).isEqualTo(run.toString());
        assertThat(fixture.records(Keys.COMMAND_RESULTS, "RESULT", "confirmed")).hasSize(1);
    }

    @Test
    void namesAResultWithoutExecutionIdByItsBytes() {
        ScriptedAgent agent = bridge.join("nameless");
        String frame = result("nameless", UUID.randomUUID(), "");

        agent.send(frame);

        assertThat(agent.next("RESULT_ACK").path("execution_id").asString())
                .isEqualTo(ExecutionId.ofFrame(Bytes.utf8(frame)).toString());
    }

    @Test
    void confirmsEveryRepetitionOfAResult() {
        ScriptedAgent agent = bridge.join("repeats");
        String frame = result("repeats", UUID.randomUUID(), "");

        agent.send(frame).send(frame);

        JsonNode first = agent.next("RESULT_ACK");
        assertThat(agent.next("RESULT_ACK")).isEqualTo(first);
    }

    @Test
    void takesAResultThatComesRightBehindTheHello() {
        ScriptedAgent agent = bridge.connect("hasty");
        UUID command = UUID.randomUUID();

        agent.send(agent.hello()).send(result("hasty", command, ""));

        assertThat(agent.next("RESULT_ACK").path("correlation_id").asString())
                .isEqualTo(command.toString());
        assertThat(agent.frames("ERROR")).isEmpty();
        String epoch = records(Keys.AGENT_HELLO, "HELLO", "hasty", 1).getFirst().get("epoch");
        assertThat(records(Keys.COMMAND_RESULTS, "RESULT", "hasty", 1).getFirst())
                .containsEntry("epoch", String.valueOf(epoch));
    }

    @Test
    void confirmsAResultOnlyOnceRedisHasIt() {
        try (TcpProxy proxy = TcpProxy.to(fixture.redis.port());
                Bridge far = fixture.bridgeThrough(proxy.port())) {
            ScriptedAgent agent = far.join("patient");
            UUID command = UUID.randomUUID();
            proxy.swallow();

            agent.send(result("patient", command, "")).send("{\"type\":\"PING\"}");

            agent.next("PONG");
            assertThat(agent.frames("RESULT_ACK")).isEmpty();
            proxy.forward();
            assertThat(agent.next("RESULT_ACK").path("correlation_id").asString())
                    .isEqualTo(command.toString());
            assertThat(fixture.records(Keys.COMMAND_RESULTS, "RESULT", "patient")).isNotEmpty();
        }
    }

    @Test
    void confirmsAResultAfterAnOutageOfRedisWithoutBeingAskedAgain() {
        try (TcpProxy proxy = TcpProxy.to(fixture.redis.port());
                Bridge far = fixture.bridgeThrough(proxy.port())) {
            ScriptedAgent agent = far.join("survives");
            UUID command = UUID.randomUUID();
            proxy.refuse();

            agent.send(result("survives", command, ""));

            await().until(() -> far.count("reading.paused", "reason", "away") >= 1);
            assertThat(agent.frames("RESULT_ACK")).isEmpty();
            proxy.forward();
            agent.next("RESULT_ACK");
            assertThat(fixture.records(Keys.COMMAND_RESULTS, "RESULT", "survives")).isNotEmpty();
        }
    }

    @Test
    void keepsTelemetryThatCameBeforeItsConnectionStood() {
        try (TcpProxy proxy = TcpProxy.to(fixture.redis.port());
                Bridge far = fixture.bridgeThrough(proxy.port())) {
            ScriptedAgent agent = far.join("measures");
            proxy.refuse();

            agent.send(agent.telemetry());
            agent.send("{\"type\":\"PING\"}").next("PONG");

            proxy.forward();
            await().until(() ->
                    !fixture.records(Keys.TELEMETRY, "TELEMETRY", "measures").isEmpty());
        }
    }

    @Test
    void publishesNothingInAnothersNameAndClosesAtTheThirdTime() {
        ScriptedAgent agent = bridge.join("impostor");
        ScriptedAgent victim = bridge.join("victim");

        for (int i = 0; i < 2; i++) {
            agent.send(result("victim", UUID.randomUUID(), ""));
            assertThat(agent.next("ERROR").path("code").asString()).isEqualTo("identity_mismatch");
        }
        assertThat(agent.closedSoFar()).isEmpty();
        agent.send(victim.json("HEARTBEAT"));

        assertThat(agent.next("ERROR").path("code").asString()).isEqualTo("identity_mismatch");
        assertThat(agent.closed().code()).isEqualTo(4401);
        assertThat(fixture.records(Keys.COMMAND_RESULTS, "RESULT", "victim")).isEmpty();
        assertThat(fixture.records(Keys.COMMAND_RESULTS, "RESULT", "impostor")).isEmpty();
        assertThat(victim.closedSoFar()).isEmpty();
        assertThat(records(Keys.AGENT_HELLO, "GONE", "impostor", 1).getFirst())
                .containsEntry("close_code", "4401");
    }

    @Test
    void startsNoSessionForAHelloInAnothersName() {
        ScriptedAgent agent = bridge.connect("mimic");
        ScriptedAgent model = bridge.connect("model");

        agent.send(model.hello());

        assertThat(agent.next("ERROR").path("code").asString()).isEqualTo("identity_mismatch");
        agent.join();
        assertThat(fixture.records(Keys.AGENT_HELLO, "HELLO", "model")).isEmpty();
    }
}
