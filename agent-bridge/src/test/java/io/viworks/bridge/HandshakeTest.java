package io.viworks.bridge;

import static io.viworks.bridge.Handshakes.comesBack;
import static io.viworks.bridge.Handshakes.refused;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.viworks.backplane.Keys;
import io.viworks.backplane.directory.DirectoryEntry.Status;
import io.viworks.bridge.BridgeFixture.Bridge;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.handshake.HandshakeHeaders;
import io.viworks.testkit.HttpAnswer;
import io.viworks.testkit.ScriptedAgent;
import io.viworks.testkit.ScriptedHandshake;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows 1, 4, 5 and 6 of the table of spec 2.1, and that an earlier row wins. */
class HandshakeTest {
    private static final KeyPair KEY = Handshakes.KEY;
    private static final String KEY_ID = Handshakes.PUBLIC_KEY.id();

    private static BridgeFixture fixture;
    private static Bridge bridge;
    private static Bridge other;

    @BeforeAll
    static void start() {
        fixture = BridgeFixture.onShared();
        bridge = fixture.bridge();
        other = fixture.bridge("AGENT_BRIDGE_ALLOWED_AGENT_IDS=nobody");
        fixture.publish(fixture.entry("enrolled", Status.ACTIVE, true, Handshakes.PUBLIC_KEY));
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    // ---- opens

    @Test
    void opensForTheSharedSecretAndPicksTheSubprotocol() {
        ScriptedAgent agent = bridge.connect("first");

        assertThat(agent.upgrade().header("sec-websocket-protocol"))
                .hasValue(HandshakeHeaders.SUBPROTOCOL);
        // RFC 6455, section 1.3: the answer to the sample nonce.
        assertThat(agent.upgrade().header("sec-websocket-accept"))
                .hasValue("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assertThat(agent.next("HELLO_ACK").path("agent_id").asString()).isEqualTo("first");
    }

    @Test
    void opensForTheAgentsOwnKey() {
        bridge.keep(bridge.handshake("enrolled").key(KEY_ID, KEY.getPrivate()).open())
                .next("HELLO_ACK");
    }

    @Test
    void signsThePathWithoutTheQuery() {
        bridge.keep(bridge.handshake("queried").target("/agent/ws?from=here").open())
                .next("HELLO_ACK");
    }

    @Test
    void findsTheSubprotocolAmongOthers() {
        ScriptedAgent agent =
                bridge.keep(
                        bridge.handshake("offers")
                                .header("Sec-WebSocket-Protocol", "chat, viworks-agent-v1")
                                .open());

        assertThat(agent.upgrade().header("sec-websocket-protocol"))
                .hasValue(HandshakeHeaders.SUBPROTOCOL);
    }

    // ---- row 1

    static Stream<Arguments> badHandshakes() {
        return Stream.of(
                bad("another method", hs -> hs.method("POST")),
                bad("no upgrade", hs -> hs.without("Upgrade")),
                bad("no connection header", hs -> hs.without("Connection")),
                bad("another version", hs -> hs.header("Sec-WebSocket-Version", "8")),
                bad("no WebSocket key", hs -> hs.without("Sec-WebSocket-Key")),
                bad("two WebSocket keys", hs -> hs.header("Sec-WebSocket-Key", "a", "b")),
                bad("a body", hs -> hs.header("Content-Length", "5")),
                bad("a chunked body", hs -> hs.header("Transfer-Encoding", "chunked")),
                bad("no subprotocol", hs -> hs.without("Sec-WebSocket-Protocol")),
                bad("another subprotocol", hs -> hs.header("Sec-WebSocket-Protocol", "chat")),
                bad("no id", hs -> hs.without("X-Agent-Id")),
                bad("an id with a slash", hs -> hs.header("X-Agent-Id", "a/b")),
                bad("an id too long", hs -> hs.header("X-Agent-Id", "a".repeat(65))),
                bad("two ids", hs -> hs.header("X-Agent-Id", "spoiled", "spoiled")),
                bad("no timestamp", hs -> hs.without("X-Timestamp")),
                bad("a timestamp of another form", hs -> hs.timestamp("1700000000")),
                bad("a timestamp without a zone", hs -> hs.timestamp("2026-01-15T12:00:00")),
                bad("two timestamps", hs -> twice(hs, "X-Timestamp")),
                bad("no nonce", hs -> hs.without("X-Nonce")),
                bad("a nonce in capitals", hs -> hs.nonce("3F2B8C1E-6A54-4D0E-9A51-0C7F7D3C2B10")),
                bad(
                        "a nonce of another version",
                        hs -> hs.nonce("3f2b8c1e-6a54-1d0e-9a51-0c7f7d3c2b10")),
                bad("two nonces", hs -> twice(hs, "X-Nonce")),
                bad("two MACs", hs -> twice(hs, "X-Agent-Auth")),
                bad("a MAC in capitals", hs -> hs.header("X-Agent-Auth", "AB".repeat(32))),
                bad("a MAC too short", hs -> hs.header("X-Agent-Auth", "ab")),
                bad(
                        "a MAC and a signature",
                        hs -> hs.header("X-Agent-Signature", "AA==").header("X-Agent-Key-Id", "k")),
                bad("a MAC and a key id", hs -> hs.header("X-Agent-Key-Id", "k1")),
                bad(
                        "a signature without its key id",
                        hs -> hs.key(KEY_ID, KEY.getPrivate()).without("X-Agent-Key-Id")),
                bad(
                        "a signature of another length",
                        hs -> hs.key(KEY_ID, KEY.getPrivate()).header("X-Agent-Signature", "AAAA")),
                bad("8 KiB of headers", hs -> hs.header("X-More", "x".repeat(8 * 1024))));
    }

    private static Arguments bad(String what, UnaryOperator<ScriptedHandshake> spoil) {
        return Arguments.of(what, spoil);
    }

    private static ScriptedHandshake twice(ScriptedHandshake handshake, String name) {
        String value = handshake.value(name);
        return handshake.header(name, value, value);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badHandshakes")
    void refusesWhatIsNoHandshakeWithASentence(
            String what, UnaryOperator<ScriptedHandshake> spoil) {
        HttpAnswer answer = spoil.apply(bridge.handshake("spoiled")).answer();

        assertThat(what).isNotEmpty();
        refused(answer, 400, "bad_handshake");
    }

    @Test
    void refusesHeadersBeyondTheServersOwnLimitToo() {
        HttpAnswer answer =
                bridge.handshake("spoiled").header("X-More", "x".repeat(70_000)).answer();

        assertThat(answer.status()).isBetween(400, 499);
    }

    // ---- row 4

    @Test
    void refusesAMacOfAnotherSecret() {
        refused(bridge.handshake("gw").secret("guess").answer(), 401, "bad_signature");
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-Agent-Id", "X-Timestamp", "X-Nonce"})
    void refusesAMacOfAnotherText(String changed) {
        String instead =
                switch (changed) {
                    case "X-Agent-Id" -> "somebody-else";
                    case "X-Nonce" -> UUID.randomUUID().toString();
                    default -> Rfc3339.format(Instant.now().plusSeconds(1));
                };

        refused(bridge.handshake("gw").header(changed, instead).answer(), 401, "bad_signature");
    }

    @Test
    void refusesAHandshakeWithoutAnyProof() {
        refused(bridge.handshake("gw").without("X-Agent-Auth").answer(), 401, "secret_mismatch");
    }

    @Test
    void opensAnEnrolledAgentByItsOwnCredentialOnly() {
        refused(bridge.handshake("enrolled").answer(), 401, "credential_required");
    }

    @Test
    void tellsNobodyWithoutTheSecretWhoIsEnrolled() {
        HttpAnswer known = bridge.handshake("enrolled").secret("guess").answer();
        HttpAnswer unknown = bridge.handshake("never-heard-of").secret("guess").answer();

        refused(known, 401, "bad_signature");
        assertThat(known.body()).isEqualTo(unknown.body());
    }

    @Test
    void tellsNobodyWithAKeyOfHisOwnWhoIsEnrolled() {
        KeyPair own = Handshakes.newKey();
        HttpAnswer known = bridge.handshake("enrolled").key(KEY_ID, own.getPrivate()).answer();
        HttpAnswer otherId = bridge.handshake("enrolled").key("k2", own.getPrivate()).answer();
        HttpAnswer unknown =
                bridge.handshake("never-heard-of").key(KEY_ID, own.getPrivate()).answer();

        refused(known, 401, "bad_signature");
        assertThat(known.body()).isEqualTo(unknown.body()).isEqualTo(otherId.body());
    }

    @Test
    void takesOneAgentsKeyForNoOther() {
        refused(
                bridge.handshake("never-heard-of").key(KEY_ID, KEY.getPrivate()).answer(),
                401,
                "bad_signature");
    }

    // ---- row 5

    @ParameterizedTest
    @ValueSource(longs = {-301, 330})
    void refusesAClockFiveMinutesOffAndSaysItsOwnTime(long seconds) {
        String id = "skewed" + seconds;
        Instant before = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        Instant wrong = before.plusSeconds(seconds);

        HttpAnswer answer = bridge.handshake(id).at(wrong).answer();

        refused(answer, 401, "clock_skew");
        Instant server = Instant.parse(answer.json().path("server_time").asString());
        assertThat(server).isBetween(before, Instant.now());
        var record =
                Awaitility.await()
                        .until(
                                () -> fixture.records(Keys.AGENT_HELLO, "REFUSED", id),
                                found -> found.size() == 1)
                        .getFirst();
        assertThat(record)
                .containsEntry("code", "clock_skew")
                .containsEntry("ip", "127.0.0.1")
                .containsEntry("bridge_id", bridge.id().toString());
        assertThat(Long.parseLong(record.getOrDefault("skew_ms", "")))
                .isCloseTo(Duration.between(server, wrong).toMillis(), within(2L));
    }

    @ParameterizedTest
    @ValueSource(longs = {-270, 295})
    void opensForAClockWithinFiveMinutes(long seconds) {
        bridge.keep(bridge.handshake("in-time").at(Instant.now().plusSeconds(seconds)).open());
    }

    @Test
    void recordsNoSkewOfSomebodyWithoutTheSecret() {
        HttpAnswer answer = bridge.handshake("liar").secret("guess").at(Instant.EPOCH).answer();

        refused(answer, 401, "bad_signature");
        refused(bridge.handshake("honest").at(Instant.EPOCH).answer(), 401, "clock_skew");
        Awaitility.await()
                .until(() -> fixture.records(Keys.AGENT_HELLO, "REFUSED", "honest").size() == 1);
        assertThat(fixture.records(Keys.AGENT_HELLO, "REFUSED", "liar")).isEmpty();
    }

    // ---- row 6

    @Test
    void takesANonceOnce() {
        ScriptedHandshake handshake = bridge.handshake("replayed");
        bridge.keep(handshake.open());

        refused(handshake.answer(), 401, "nonce_replayed");
    }

    @Test
    void takesANonceOnceOverAllBridges() {
        String nonce = UUID.randomUUID().toString();
        bridge.keep(bridge.handshake("roams").nonce(nonce).open());

        refused(other.handshake("roams").nonce(nonce).answer(), 401, "nonce_replayed");
    }

    @Test
    void remembersANonceForTwiceTheWindowAndAMargin() {
        String nonce = UUID.randomUUID().toString();
        bridge.keep(bridge.handshake("remembered").nonce(nonce).open());

        assertThat(fixture.raw.ttl(Keys.nonce(AgentId.of("remembered"), nonce)))
                .isBetween(601L, 660L);
    }

    @Test
    void letsTwoAgentsUseTheSameNonce() {
        String nonce = UUID.randomUUID().toString();
        bridge.keep(bridge.handshake("twin-1").nonce(nonce).open());

        bridge.keep(bridge.handshake("twin-2").nonce(nonce).open());
    }

    @Test
    void letsNobodyInWhileTheDirectoryIsNotProjected() {
        String version = new String(fixture.raw.get(Keys.DIRECTORY_VERSION), US_ASCII);
        fixture.raw.del(Keys.DIRECTORY_VERSION);
        try {
            HttpAnswer answer = bridge.handshake("early").answer();

            refused(answer, 503, "backplane_down");
            comesBack(answer, 10);
        } finally {
            fixture.raw.set(Keys.DIRECTORY_VERSION, version.getBytes(US_ASCII));
        }
        bridge.connect("early").next("HELLO_ACK");
    }
}
