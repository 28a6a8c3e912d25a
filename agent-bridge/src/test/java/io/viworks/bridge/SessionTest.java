package io.viworks.bridge;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.Keys;
import io.viworks.backplane.directory.DirectoryEntry;
import io.viworks.backplane.directory.DirectoryEntry.Status;
import io.viworks.bridge.BridgeFixture.Bridge;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.frame.AgentFrame;
import io.viworks.testkit.ScriptedAgent;
import io.viworks.testkit.ScriptedAgent.Closed;
import io.viworks.testkit.TcpProxy;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.UUID;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** A session from HELLO_ACK to its end (spec 2.2), and the close codes of spec 2.5. */
class SessionTest {
    private static final String UUID_FORM = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
    private static final String[] JOURNAL = {"ack", "journal", "job_status", "cancel"};

    private static BridgeFixture fixture;
    private static Bridge bridge;

    /** Half a second without a HELLO is too much for this one. */
    private static Bridge hasty;

    /** A second of silence is too much for this one. */
    private static Bridge quick;

    /** Four seconds are too much for this one: more than a busy machine lets a thread wait. */
    private static Bridge steady;

    @BeforeAll
    static void start() {
        fixture = BridgeFixture.onShared();
        bridge = fixture.bridge("AGENT_BRIDGE_MIN_AGENT_VERSION=0.9");
        hasty = fixture.bridge("AGENT_BRIDGE_HELLO_TIMEOUT=500ms");
        quick = fixture.bridge("AGENT_BRIDGE_HEARTBEAT=500ms");
        steady = fixture.bridge("AGENT_BRIDGE_HEARTBEAT=2s");
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    private static Map<String, String> only(String kind, String agent) {
        return await().until(
                        () -> fixture.records(Keys.AGENT_HELLO, kind, agent),
                        found -> found.size() == 1)
                .getFirst();
    }

    private static String owner(String agent, String field) {
        byte[] value = fixture.raw.hget(Keys.owner(AgentId.of(agent)), field);
        return value == null ? "none" : new String(value, US_ASCII);
    }

    // ---- HELLO

    @Test
    void saysHelloAckAtOnceWithWhatItUnderstands() {
        Instant before = Instant.now().truncatedTo(ChronoUnit.MILLIS);

        JsonNode ack = bridge.connect("greeted").next("HELLO_ACK");

        assertThat(ack.path("agent_id").asString()).isEqualTo("greeted");
        assertThat(ack.path("conn_id").asString()).matches(UUID_FORM);
        assertThat(Instant.parse(ack.path("server_time").asString()))
                .isBetween(before, Instant.now());
        assertThat(
                        StreamSupport.stream(ack.path("supported").spliterator(), false)
                                .map(JsonNode::asString))
                .containsExactlyInAnyOrderElementsOf(AgentFrame.TYPES)
                .contains("HELLO", "TELEMETRY", "ACK", "PROGRESS", "RESULT", "JOB_STATUS");
    }

    @Test
    void closesWhoSaysNoHelloInTimeHoweverMuchElseHeSays() {
        double missed = hasty.count("heartbeats.missed");
        ScriptedAgent agent = hasty.connect("no-hello");
        await().until(() -> {
            agent.ping();
            return agent.closedSoFar().isPresent();
        });

        assertThat(agent.closed().code()).isEqualTo(4408);
        assertThat(hasty.count("heartbeats.missed")).isGreaterThan(missed);
        assertThat(fixture.records(Keys.AGENT_HELLO, "GONE", "no-hello")).isEmpty();
    }

    @Test
    void answersAnythingBeforeHelloWithHelloFirstAndTakesTheHelloThen() {
        ScriptedAgent agent = bridge.connect("impatient");

        agent.send(agent.telemetry());
        agent.send("{\"type\":\"NO_SUCH\"}");
        agent.send(agent.json("PING"));

        for (int i = 0; i < 3; i++) {
            assertThat(agent.next("ERROR").path("code").asString()).isEqualTo("hello_first");
        }
        agent.join();
        assertThat(fixture.records(Keys.TELEMETRY, "TELEMETRY", "impatient")).isEmpty();
    }

    @Test
    void refusesAHelloThatIsTooBigAndTakesASmallerOne() {
        ScriptedAgent agent = bridge.connect("wordy");

        agent.send(agent.hello().put("hostname", "h".repeat(16 * 1024)));

        assertThat(agent.next("ERROR").path("code").asString()).isEqualTo("hello_too_big");
        agent.join();
    }

    @Test
    void takesOneHelloOnly() {
        ScriptedAgent agent = bridge.join("twice");

        agent.send(agent.hello());

        assertThat(agent.next("ERROR").path("code").asString()).isEqualTo("bad_frame");
        assertThat(fixture.records(Keys.AGENT_HELLO, "HELLO", "twice")).hasSize(1);
    }

    @Test
    void welcomesWithTheSessionTheTimeAndTheLimits() {
        ScriptedAgent agent = bridge.connect("welcome");
        String connId = agent.next("HELLO_ACK").path("conn_id").asString();
        Instant before = Instant.now().truncatedTo(ChronoUnit.MILLIS);

        JsonNode welcome = agent.join();

        assertThat(welcome.path("session_id").asString())
                .matches(UUID_FORM)
                .isEqualTo(owner("welcome", "session_id"));
        assertThat(welcome.path("conn_id").asString()).isEqualTo(connId);
        assertThat(Instant.parse(welcome.path("server_time").asString()))
                .isBetween(before, Instant.now());
        assertThat(welcome.path("now").asString())
                .isEqualTo(welcome.path("server_time").asString());
        assertThat(welcome.path("server_nonce").asString()).matches(UUID_FORM);
        assertThat(welcome.path("heartbeat_s").asInt()).isEqualTo(20);
        assertThat(welcome.path("cmd_timeout_s").asInt()).isEqualTo(45);
        assertThat(welcome.path("max_inflight").asInt()).isEqualTo(4);
        assertThat(welcome.path("max_frame_bytes").asInt()).isEqualTo(256 * 1024);
    }

    @ParameterizedTest
    @CsvSource({"2, 2", "100, 4"})
    void asksNoMoreOfAnAgentAtOnceThanItCanDo(int offered, int granted) {
        ScriptedAgent agent = bridge.connect("narrow-" + offered);

        agent.send(agent.hello().put("max_concurrency", offered));

        assertThat(agent.next("WELCOME").path("max_inflight").asInt()).isEqualTo(granted);
    }

    @Test
    void writesTheHelloAsItWasSaidWithWhatTheHandshakeProved() {
        ScriptedAgent agent = bridge.connect("told");
        String hello =
                "{ \"type\" : \"HELLO\", \"agent_id\":\"told\",\"version\":\"1.0\","
                        + "\"capabilities\":[],\"unknown\":[1.50,{\"\u00e9\":\"\\u00e9\"}] }";

        String session = agent.send(hello).next("WELCOME").path("session_id").asString();

        assertThat(only("HELLO", "told"))
                .containsEntry("v", "1")
                .containsEntry("frame", hello)
                .containsEntry("auth", "shared")
                .containsEntry("ip", "127.0.0.1")
                .containsEntry("bridge_id", bridge.id().toString())
                .containsEntry("session_id", session)
                .containsEntry("epoch", owner("told", "epoch"))
                .containsEntry("n", "0");
    }

    @Test
    void writesByWhichCredentialAnAgentCame() {
        fixture.change(fixture.entry("keyed", Status.ACTIVE, true, Handshakes.PUBLIC_KEY));
        ScriptedAgent agent =
                bridge.keep(
                        bridge.handshake("keyed")
                                .key(Handshakes.PUBLIC_KEY.id(), Handshakes.KEY.getPrivate())
                                .open());

        agent.join();

        assertThat(only("HELLO", "keyed"))
                .containsEntry("auth", "key")
                .containsEntry("credential", Handshakes.PUBLIC_KEY.id());
    }

    @Test
    void countsAJournalOnlyWithWhatItRequires() {
        String uid = UUID.randomUUID().toString();
        ScriptedAgent whole = bridge.connect("journal");
        ScriptedAgent withoutAck = bridge.connect("no-ack");
        ScriptedAgent withoutUid = bridge.connect("no-uid");

        whole.send(whole.hello(JOURNAL).put("instance_uid", uid)).next("WELCOME");
        withoutAck
                .send(withoutAck.hello("journal", "job_status").put("instance_uid", uid))
                .next("WELCOME");
        withoutUid.send(withoutUid.hello(JOURNAL)).next("WELCOME");

        assertThat(owner("journal", "instance_uid")).isEqualTo(uid);
        assertThat(owner("no-ack", "instance_uid")).isEmpty();
        assertThat(owner("no-uid", "instance_uid")).isEmpty();
    }

    // ---- signs of life

    @Test
    void answersHeartbeatAndPingWithPongAndAPongWithNothing() {
        ScriptedAgent agent = bridge.join("chatty");

        agent.send(agent.json("PONG")).send(agent.json("HEARTBEAT")).send("{\"type\":\"PING\"}");
        agent.next("PONG");
        agent.next("PONG");
        agent.ping();

        await().until(() -> agent.pongs() == 1);
        assertThat(agent.frames("PONG")).hasSize(2);
    }

    @Test
    void pingsAndClosesWhoIsSilentForTwoHeartbeats() {
        ScriptedAgent agent = quick.connect("mute");
        agent.stopAnsweringPings();
        agent.join();

        assertThat(agent.closed().code()).isEqualTo(4408);
        assertThat(agent.pings()).isPositive();
        assertThat(only("GONE", "mute")).containsEntry("close_code", "4408");
        assertThat(owner("mute", "session_id")).isEqualTo("none");
    }

    @Test
    void keepsWhoAnswersPingsOrSaysAnythingElse() {
        ScriptedAgent pongs = steady.join("pongs");
        ScriptedAgent talks = steady.connect("talks").stopAnsweringPings();
        talks.join();

        await().until(() -> {
            talks.send("{\"type\":\"PONG\"}");
            return pongs.pings() >= 3 && talks.pings() >= 3;
        });

        assertThat(pongs.closedSoFar()).isEmpty();
        assertThat(talks.closedSoFar()).isEmpty();
    }

    // ---- who holds the agent

    @Test
    void letsTheNewerSessionWinAtTheSameBridge() {
        displaces("rejoins", bridge);
    }

    @Test
    void letsTheNewerSessionWinAtAnotherBridge() {
        displaces("moves", steady);
    }

    private static void displaces(String name, Bridge second) {
        ScriptedAgent older = bridge.join(name);
        ScriptedAgent newer = second.connect(name);

        String session = newer.join().path("session_id").asString();

        assertThat(older.closed()).isEqualTo(new Closed(4409, "displaced by a newer session"));
        assertThat(owner(name, "session_id")).isEqualTo(session);
        assertThat(owner(name, "bridge_id")).isEqualTo(second.id().toString());
        newer.send(newer.telemetry());
        var record =
                await().until(
                                () -> fixture.records(Keys.TELEMETRY, "TELEMETRY", name),
                                found -> found.size() == 1)
                        .getFirst();
        assertThat(record)
                .containsEntry("session_id", session)
                .containsEntry("epoch", owner(name, "epoch"));
        assertThat(newer.closedSoFar()).isEmpty();
        // The end of the older one is no end of the agent.
        assertThat(fixture.records(Keys.AGENT_HELLO, "GONE", name)).isEmpty();
    }

    @Test
    void closesAnAgentThatIsRevokedWhileLive() {
        ScriptedAgent agent = bridge.join("revoked-live");
        ScriptedAgent other = bridge.join("not-revoked");

        fixture.change(fixture.entry("revoked-live", Status.REVOKED, false));

        assertThat(agent.closed().code()).isEqualTo(4403);
        assertThat(other.closedSoFar()).isEmpty();
    }

    @Test
    void closesASessionWhoseKeyIsRevokedWhileAnotherKeyStays() {
        String name = "two-keys";
        DirectoryEntry.Key second =
                new DirectoryEntry.Key("k2", Handshakes.raw(Handshakes.newKey()));
        fixture.change(fixture.entry(name, Status.ACTIVE, true, Handshakes.PUBLIC_KEY, second));
        ScriptedAgent agent = bridge.keep(Handshakes.own(bridge.handshake(name)).open());
        agent.next("HELLO_ACK");
        agent.send(agent.hello());
        agent.next("WELCOME");

        fixture.change(fixture.entry(name, Status.ACTIVE, true, second));

        assertThat(agent.closed().code()).isEqualTo(4403);
        Handshakes.refused(Handshakes.own(bridge.handshake(name)).answer(), 401, "bad_signature");
    }

    @Test
    void claimsNoAgentThatWasRevokedSinceItsHandshake() {
        ScriptedAgent agent = bridge.connect("revoked-between");
        fixture.change(fixture.entry("revoked-between", Status.DECOMMISSIONED, false));

        agent.send(agent.hello());

        assertThat(agent.closed().code()).isEqualTo(4403);
        assertThat(owner("revoked-between", "session_id")).isEqualTo("none");
        assertThat(fixture.records(Keys.AGENT_HELLO, "HELLO", "revoked-between")).isEmpty();
    }

    @Test
    void sendsAnAgentAwayForAWhileWhenItCannotBeClaimed() {
        try (TcpProxy proxy = TcpProxy.to(fixture.redis.port());
                Bridge cut = fixture.bridgeThrough(proxy.port())) {
            ScriptedAgent agent = cut.connect("unclaimed");
            agent.next("HELLO_ACK");
            proxy.refuse();

            agent.send(agent.hello());

            assertThat(agent.closed().code()).isEqualTo(1013);
            proxy.forward();
        }
    }

    // ---- the end

    @Test
    void takesAByeAsAPlannedEnd() {
        ScriptedAgent agent = bridge.join("leaves");

        agent.send("{\"type\":\"BYE\",\"reason\":\"update\"}");

        assertThat(agent.ended().code()).isEqualTo(1000);
        assertThat(only("GONE", "leaves"))
                .containsEntry("close_code", "1000")
                .containsEntry("reason", "bye: update");
    }

    @Test
    void answersACloseAndWritesItsCode() {
        ScriptedAgent agent = bridge.join("closes").stopAnsweringClose();

        agent.sendClose(4999);

        assertThat(agent.ended().code()).isEqualTo(4999);
        assertThat(only("GONE", "closes")).containsEntry("close_code", "4999");
    }

    @Test
    void writesTheEndOfAConnectionThatBreaks() {
        ScriptedAgent agent = bridge.join("breaks");

        agent.reset();

        assertThat(only("GONE", "breaks")).containsEntry("close_code", "1006");
        assertThat(owner("breaks", "session_id")).isEqualTo("none");
    }

    @ParameterizedTest
    @CsvSource({"0.8.12, below", "rolling, below", "0.10, fits", "1.0, fits"})
    void closesAnAgentBelowTheLeastVersion(String version, String expected) {
        ScriptedAgent agent = bridge.connect("version-" + version);

        agent.send(agent.hello().put("version", version));

        if (expected.equals("fits")) {
            agent.next("WELCOME");
        } else {
            assertThat(agent.closed()).isEqualTo(new Closed(4426, "version must be at least 0.9"));
        }
    }

    @Test
    void closesAnAgentOfAnotherProtocolAndSaysWhichItSpeaks() {
        ScriptedAgent future = bridge.connect("protocol-2");
        ScriptedAgent today = bridge.connect("protocol-1");

        future.send(future.hello().put("protocol_version", 2));
        today.send(today.hello().put("protocol_version", 1));

        assertThat(future.closed()).isEqualTo(new Closed(4426, "supported protocol_version: 1"));
        today.next("WELCOME");
    }
}
