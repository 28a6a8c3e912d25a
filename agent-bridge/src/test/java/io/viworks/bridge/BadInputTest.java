package io.viworks.bridge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.Keys;
import io.viworks.bridge.BridgeFixture.Bridge;
import io.viworks.protocol.AgentId;
import io.viworks.testkit.ScriptedAgent;
import io.viworks.testkit.ScriptedHandshake;
import io.viworks.testkit.TcpProxy;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What the socket answers to what it should not get (spec 2.5), and that nobody else notices. */
class BadInputTest {
    private static final int MAX = 32 * 1024;
    private static final String ID = "3f2b8c1e-6a54-4d0e-9a51-0c7f7d3c2b10";

    private static BridgeFixture fixture;
    private static Bridge bridge;
    private static ScriptedAgent witness;
    private ScriptedAgent agent;

    @BeforeAll
    static void start() {
        fixture = BridgeFixture.onShared();
        bridge = fixture.bridge("AGENT_BRIDGE_MAX_FRAME_BYTES=" + MAX);
        witness = bridge.join("witness");
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    @BeforeEach
    void join() {
        agent = bridge.join("bad-" + UUID.randomUUID());
    }

    @AfterEach
    void goesOnForOthers() {
        agent.close();
        witness.send(witness.json("PING")).next("PONG");
        bridge.join("after-" + UUID.randomUUID()).close();
    }

    private JsonNode error() {
        return agent.next("ERROR");
    }

    private void staysUsable() {
        agent.send(agent.json("PING")).next("PONG");
        assertThat(agent.closedSoFar()).isEmpty();
    }

    // ---- the socket's own faults

    @Test
    void closesForABinaryFrame() {
        agent.frame(ScriptedAgent.BINARY, true, new byte[] {1, 2, 3});

        assertThat(agent.ended().code()).isEqualTo(1003);
    }

    @Test
    void closesForTextThatIsNotUtf8() {
        byte[] frame = agent.telemetry().put("x", "?").toString().getBytes(UTF_8);
        frame[frame.length - 3] = (byte) 0xff;

        agent.frame(ScriptedAgent.TEXT, true, frame);

        assertThat(agent.ended().code()).isEqualTo(1007);
        assertThat(fixture.records(Keys.TELEMETRY, "TELEMETRY", agent.agentId())).isEmpty();
    }

    @Test
    void takesAFrameOfTheGreatestSizeAndNoneAbove() {
        String frame = agent.telemetry().toString();
        String most = frame + " ".repeat(MAX - frame.length());

        agent.send(most);
        staysUsable();
        agent.send(most + " ");

        assertThat(agent.ended().code()).isEqualTo(1009);
        // TELEMETRY has its own way to Redis, which the session's frames do not wait for.
        await().until(() ->
                fixture.records(Keys.TELEMETRY, "TELEMETRY", agent.agentId()).size() == 1);
    }

    @Test
    void closesForAFrameBeyondEvenTheServersOwnLimit() {
        // The bridge may end the connection before all of it is sent.
        boolean _ =
                agent.offer(ScriptedAgent.encoded(ScriptedAgent.TEXT, true, new byte[2 * MAX + 1]));

        assertThat(agent.ended().code()).isIn(1002, 1006, 1009);
    }

    @Test
    void readsNoFrameThatOnlySaysItIsHuge() {
        byte[] head = {(byte) 0x81, (byte) 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

        agent.raw(head);

        assertThat(agent.ended().code()).isIn(1002, 1006, 1009);
    }

    @Test
    void closesForPiecesThatAreTooMuchTogether() {
        agent.frame(ScriptedAgent.TEXT, false, new byte[MAX]);
        // The bridge may end the connection before all of them are sent.
        for (int i = 0; i < 3; i++) {
            boolean _ = agent.offer(ScriptedAgent.encoded(0, false, new byte[MAX / 2]));
        }

        assertThat(agent.ended().code()).isIn(1002, 1006, 1009);
    }

    @Test
    void closesForAMessageInPiecesThatNeverEnds() {
        agent.frame(ScriptedAgent.TEXT, false, new byte[0]);
        byte[] empty = ScriptedAgent.encoded(0, false, new byte[0]);

        await().until(() -> {
            for (int i = 0; i < 1_000 && agent.closedSoFar().isEmpty(); i++) {
                boolean _ = agent.offer(empty);
            }
            return agent.closedSoFar().isPresent();
        });

        assertThat(agent.closed().code()).isEqualTo(1009);
    }

    @ParameterizedTest
    @CsvSource({
        "without a mask, 8105 68656c6c6f",
        "a reserved bit, c180 12345678",
        "a reserved bit of a ping, a980 12345678",
        "an unknown opcode, 8380 12345678",
        "a ping in pieces, 0980 12345678",
        "a ping too long, 89fe 0080 12345678",
        "a piece of nothing, 8080 12345678"
    })
    void closesForFramesThatBreakTheProtocol(String what, String hex) {
        agent.raw(java.util.HexFormat.of().parseHex(hex.replace(" ", "")));

        assertThat(agent.ended().code()).as(what).isEqualTo(1002);
    }

    @Test
    void closesForATextThatBeginsWithinAnother() {
        agent.frame(ScriptedAgent.TEXT, false, "{".getBytes(UTF_8));
        agent.send(agent.telemetry());

        assertThat(agent.ended().code()).isEqualTo(1002);
        assertThat(fixture.records(Keys.TELEMETRY, "TELEMETRY", agent.agentId())).isEmpty();
    }

    // ---- what is no frame

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "null",
                "1",
                "\"HELLO\"",
                "[]",
                "{",
                "{}",
                "{\"type\":1}",
                "{\"type\":\"PING\"} {}",
                "{\"type\":\"PING\",}",
                "{'type':'PING'}",
                "{\"type\":\"PING\",\"type\":\"PING\"}",
                "{\"type\":\"PING\",\"a\":{\"b\":1,\"b\":2}}",
                "{\"type\":\"PING\",\"a\":NaN}",
                "{\"type\":\"PING\",\"a\":01}",
                "{\"type\":\"PING\" /* */}"
            })
    void answersWhatIsNoFrameAndGoesOn(String text) {
        agent.send(text);

        assertThat(error().path("code").asString()).isEqualTo("bad_frame");
        staysUsable();
    }

    @Test
    void takesWhatIsThirtyTwoDeepAndNothingDeeper() {
        String ping = "{\"type\":\"PING\",\"a\":%s%s}";

        agent.send(ping.formatted("[".repeat(31), "]".repeat(31))).next("PONG");
        agent.send(ping.formatted("[".repeat(32), "]".repeat(32)));

        assertThat(error().path("code").asString()).isEqualTo("bad_frame");
        agent.send("[".repeat(MAX));
        assertThat(error().path("code").asString()).isEqualTo("bad_frame");
        staysUsable();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    ts             | "type":"TELEMETRY","metrics":{}
                    metrics        | "type":"TELEMETRY","ts":"2026-01-15T12:00:00Z"
                    metrics        | "type":"TELEMETRY","ts":"2026-01-15T12:00:00Z","metrics":[]
                    ts             | "type":"TELEMETRY","ts":"yesterday","metrics":{}
                    ts             | "type":"TELEMETRY","ts":1700000000,"metrics":{}
                    correlation_id | "type":"RESULT","status":"success"
                    correlation_id | "type":"RESULT","status":"success","correlation_id":"7"
                    status         | "type":"RESULT","correlation_id":"ID"
                    status         | "type":"RESULT","correlation_id":"ID","status":"done"
                    data           | "type":"RESULT","correlation_id":"ID","status":"success","data":[]
                    stdout         | "type":"RESULT","correlation_id":"ID","status":"success","stdout":{}
                    status         | "type":"ACK","correlation_id":"ID","status":true
                    attempt        | "type":"ACK","correlation_id":"ID","status":"accepted","attempt":0
                    stream         | "type":"PROGRESS","correlation_id":"ID","seq":1,"stream":"out","chunk":""
                    seq            | "type":"PROGRESS","correlation_id":"ID","seq":"1","stream":"stdout","chunk":""
                    jobs           | "type":"JOB_STATUS","jobs":{}
                    """)
    void namesTheFieldThatIsMissingOrWrong(String field, String fields) {
        agent.send("{\"agent_id\":\"" + agent.agentId() + "\"," + fields.replace("ID", ID) + "}");

        JsonNode error = error();
        assertThat(error.path("code").asString()).isEqualTo("bad_frame");
        assertThat(error.path("msg").asString()).contains(field);
        assertThat(error.path("retryable").asBoolean()).isFalse();
        staysUsable();
        assertThat(fixture.records(Keys.COMMAND_RESULTS, "RESULT", agent.agentId())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"REBOOT", "COMMAND", "WELCOME", "ping", ""})
    void answersATypeThatIsNoAgentsAndSaysWhichAre(String type) {
        agent.send(agent.json(type));

        JsonNode error = error();
        assertThat(error.path("code").asString()).isEqualTo("unknown_type");
        assertThat(error.path("msg").asString()).contains("TELEMETRY", "RESULT");
        staysUsable();
    }

    @Test
    void closesAtTheTenthError() {
        for (int i = 0; i < 9; i++) {
            agent.send("{}");
            error();
        }
        staysUsable();

        agent.send("{}");

        error();
        assertThat(agent.ended().code()).isEqualTo(4400);
        assertThat(bridge.count("frames", "outcome", "bad_frame")).isGreaterThanOrEqualTo(10);
    }

    @Test
    void closesForTenErrorsBeforeHelloToo() {
        ScriptedAgent stranger = bridge.connect("stranger");

        for (int i = 0; i < 10; i++) {
            stranger.send("{\"type\":\"PING\"}");
        }

        assertThat(stranger.ended().code()).isEqualTo(4400);
    }

    @Test
    void ignoresFieldsItDoesNotKnow() {
        agent.send(agent.telemetry().put("later", 1).put("", 2));

        staysUsable();
        assertThat(agent.frames("ERROR")).isEmpty();
    }

    // ---- connections that are none any more

    @Test
    void givesUpAConnectionOfWhichOnlyOneHalfIsThere() {
        try (Bridge strict = fixture.bridge("AGENT_BRIDGE_HEARTBEAT=1s");
                TcpProxy proxy = TcpProxy.to(strict.port())) {
            ScriptedAgent far =
                    ScriptedHandshake.to(proxy.port(), "half-open")
                            .secret(BridgeFixture.SECRET)
                            .open();
            far.join();
            proxy.swallow();

            await().until(() -> !fixture.records(Keys.AGENT_HELLO, "GONE", "half-open").isEmpty());
            await().until(() -> strict.gauge("connections") == 0);

            assertThat(fixture.raw.exists(Keys.owner(AgentId.of("half-open")))).isZero();
            far.close();
        }
    }
}
