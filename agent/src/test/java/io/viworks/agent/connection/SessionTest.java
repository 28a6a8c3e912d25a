package io.viworks.agent.connection;

import static io.viworks.agent.connection.Rig.command;
import static io.viworks.agent.connection.Rig.confirm;
import static io.viworks.agent.connection.Rig.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.viworks.agent.connection.FakeBridge.Peer;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.handshake.HandshakeMac;
import io.viworks.protocol.handshake.HandshakeText;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

/** One connection after another against a real socket. */
class SessionTest {
    private static final int FRAME = 256 * 1024;

    @TempDir Path folder;
    private FakeBridge bridge;
    private Rig rig;

    @BeforeEach
    void prepare() throws Exception {
        bridge = new FakeBridge();
        rig = new Rig(folder, bridge.url());
    }

    @AfterEach
    void stop() throws Exception {
        rig.close();
        bridge.close();
    }

    @Test
    void signsEveryHandshakeAnew() throws Exception {
        rig.start();
        Peer first = bridge.next();
        first.reset();
        Peer second = bridge.next();
        for (Peer peer : List.of(first, second)) {
            assertThat(peer.header("request")).isEqualTo("GET /agent/ws HTTP/1.1");
            assertThat(peer.header("sec-websocket-protocol")).isEqualTo("viworks-agent-v1");
            HandshakeText text =
                    new HandshakeText(
                            "GET",
                            "/agent/ws",
                            peer.header("x-timestamp"),
                            peer.header("x-nonce"),
                            AgentId.of(peer.header("x-agent-id")));
            byte[] secret = Rig.SECRET.getBytes(StandardCharsets.UTF_8);
            assertThat(HandshakeMac.verify(secret, text, peer.header("x-agent-auth"))).isTrue();
            assertThat(Instant.parse(peer.header("x-timestamp")))
                    .isCloseTo(Instant.now(), within(1, ChronoUnit.MINUTES));
        }
        assertThat(first.header("x-nonce")).isNotEqualTo(second.header("x-nonce"));
    }

    @Test
    void saysHelloAndThenTelemetryOnlyAfterWelcome() throws Exception {
        rig.start();
        Peer peer = bridge.next();
        ObjectNode hello = peer.answer();
        assertThat(hello.path("type").asString("")).isEqualTo("HELLO");
        assertThat(hello.path("agent_id").asString("")).isEqualTo("gateway-1");
        assertThat(hello.path("supported_verbs").toString()).isEqualTo("[\"echo\",\"wait\"]");
        assertThat(hello.path("features").toString())
                .isEqualTo("[\"ack\",\"cancel\",\"job_status\",\"journal\",\"progress\"]");
        assertThat(hello.path("max_concurrency").asInt()).isEqualTo(4);
        String instance = hello.path("instance_uid").asString("");
        assertThat(folder.resolve("data/instance_uid")).hasContent(instance + "\n");
        assertThat(peer.rest()).isEmpty();

        Instant before = Instant.now();
        peer.welcome(20, FRAME);
        ObjectNode telemetry = peer.expect("TELEMETRY");
        assertThat(telemetry.path("metrics").toString())
                .contains("\"cpu_pct\":12.5")
                .contains("\"services\":{\"a\":\"active\"}");
        peer.expect("TELEMETRY");
        peer.expect("TELEMETRY");
        assertThat(Duration.between(before, Instant.now()))
                .isBetween(Duration.ofMillis(1_900), Duration.ofSeconds(20));

        peer.reset();
        Peer second = bridge.next();
        ObjectNode again = second.answer();
        assertThat(again.path("boot_id")).isEqualTo(hello.path("boot_id"));
        assertThat(again.path("instance_uid")).isEqualTo(hello.path("instance_uid"));
    }

    @Test
    void theBridgeMaySetTheIntervalAndTheLogLevel() throws Exception {
        rig.start();
        Peer peer = bridge.next();
        peer.welcome(20, FRAME, Instant.now(), "{\"collect_interval\":60,\"log_level\":\"warn\"}");
        peer.expect("TELEMETRY");
        assertThat(peer.hasEnded(Duration.ofMillis(2_500))).isFalse();
        assertThat(peer.rest()).noneMatch(frame -> frame.has("metrics"));
        peer.reset();
        bridge.next();
        assertThat(rig.logged("connecting")).hasSize(1);
    }

    @Test
    void answersPingsOfBothKindsAndGivesSignsOfLife() throws Exception {
        rig.start();
        Peer peer = bridge.next();
        peer.expect("HELLO");
        peer.welcome(1, FRAME, Instant.now(), "{\"collect_interval\":60}");
        peer.ping();
        peer.send("{\"type\":\"PING\"}");
        peer.expect("PONG");
        await().until(() -> peer.pongs() == 1);
        peer.expect("HEARTBEAT");
        peer.expect("HEARTBEAT");
    }

    @Test
    void leavesALinkOnWhichNothingIsHeard() throws Exception {
        rig.start();
        Peer peer = bridge.next();
        peer.expect("HELLO");
        peer.welcome(1, FRAME);
        Instant silent = Instant.now();
        Peer next = bridge.next();
        assertThat(Duration.between(silent, Instant.now()))
                .isBetween(Duration.ofMillis(6_900), Duration.ofSeconds(25));
        assertThat(rig.logged("disconnected").getFirst().path("error").asString(""))
                .contains("nothing heard");
        next.expect("HELLO");
        assertThat(peer.hasEnded(FakeBridge.PATIENCE)).isTrue();
    }

    @Test
    void staysWhileTheBridgePings() throws Exception {
        rig.start();
        Peer peer = bridge.next();
        peer.expect("HELLO");
        peer.welcome(1, FRAME);
        Instant until = Instant.now().plusSeconds(9);
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> {
                    peer.ping();
                    return Instant.now().isAfter(until);
                });
        assertThat(bridge.attempts()).isEqualTo(1);
    }

    /** What stands in the log is the pause that was taken, at a thousandth. */
    @ParameterizedTest
    @CsvSource({
        "400, bad_handshake, , 0, 1",
        "401, bad_signature, , 60, 75",
        "401, nonce_replayed, , 60, 75",
        "401, credential_required, , 60, 75",
        "403, not_allowed, , 60, 75",
        "403, revoked, , 60, 75",
        "429, rate_limited, 1800, 1800, 1801",
        "503, at_capacity, 900, 900, 901",
        "503, draining, , 0, 1",
        "503, backplane_down, , 0, 1",
        "502, , , 0, 1",
    })
    void pausesAsTheRefusalAsks(
            int status,
            @Nullable String code,
            @Nullable String retryAfter,
            long atLeastS,
            long atMostS)
            throws Exception {
        String body = code == null ? "<html>" : "{\"code\":\"%s\"}".formatted(code);
        bridge.refuse(refusal(status, retryAfter, body));
        rig.start();
        await().until(() -> !rig.logged("handshake_refused").isEmpty());
        bridge.refuse(null);
        bridge.next();
        ObjectNode line = rig.logged("handshake_refused").getFirst();
        assertThat(line.path("status").asInt()).isEqualTo(status);
        assertThat(line.path("error").asString("")).isEqualTo(code == null ? "none" : code);
        assertThat(line.path("pause_ms").asLong()).isBetween(atLeastS, atMostS);
    }

    private static String refusal(int status, @Nullable String retryAfter, String body) {
        return "HTTP/1.1 %d No\r\n%sContent-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(
                        status,
                        retryAfter == null ? "" : "Retry-After: " + retryAfter + "\r\n",
                        body.length(),
                        body);
    }

    @Test
    void comesBackAtOnceWhenTheClockHasBeenSet() throws Exception {
        bridge.refuse(
                refusal(
                        401,
                        null,
                        "{\"code\":\"clock_skew\",\"server_time\":\"%s\"}"
                                .formatted(Instant.now())));
        rig.pauses(1).clock(Duration.ofHours(1)).start();
        await().until(() -> rig.logged("handshake_refused").size() == 1);
        ObjectNode line = rig.logged("handshake_refused").getFirst();
        assertThat(line.path("skew_ms").asLong()).isBetween(3_590_000L, 3_660_000L);
        assertThat(line.path("pause_ms").asLong()).isBetween(60_000L, 75_000L);
        bridge.refuse(null);
        rig.clock(Duration.ZERO);
        Peer peer = bridge.next();
        assertThat(Instant.parse(peer.header("x-timestamp")))
                .isCloseTo(Instant.now(), within(1, ChronoUnit.MINUTES));
    }

    @ParameterizedTest
    @CsvSource({
        "1001, 0, 0", "1013, 0, 1", "4400, 0, 1", "4401, 900, 3600", "4403, 900, 3600",
        "4408, 0, 1", "4409, 60, 75", "4413, 0, 1", "4426, 900, 3600", "4429, 600, 601",
        "1011, 0, 5",
    })
    void pausesAsTheCloseCodeAsks(int code, long atLeastS, long atMostS) throws Exception {
        rig.start();
        Peer peer = bridge.nextWelcomed();
        peer.send(
                """
                {"type":"ERROR","code":"rate_limited","msg":"slower","retryable":true,
                 "retry_after_ms":600000}\
                """);
        peer.close(code, "as the table says");
        bridge.next();
        ObjectNode line = rig.logged("disconnected").getFirst();
        assertThat(line.path("close_code").asInt()).isEqualTo(code);
        assertThat(line.path("reason").asString("")).isEqualTo("as the table says");
        assertThat(line.path("pause_ms").asLong()).isBetween(atLeastS, atMostS);
    }

    @Test
    void isCalmWithABridgeThatSendsEverybodyAway() throws Exception {
        rig.pauses(0.1).start();
        Instant until = Instant.now().plusSeconds(3);
        while (Instant.now().isBefore(until)) {
            Optional<Peer> peer = bridge.within(Duration.ofMillis(100));
            if (peer.isPresent()) {
                peer.get().welcome(20, FRAME);
                peer.get().close(1001, "drain");
            }
        }
        // At once, then 0.2, 0.4, 0.8 … seconds at most.
        assertThat(bridge.attempts()).isLessThanOrEqualTo(15);
        await().until(() -> bridge.attempts() >= 2);
    }

    @Test
    void isCalmWithNobodyThere() throws Exception {
        bridge.refuse("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        rig.pauses(0.1).start();
        assertThat(bridge.within(Duration.ofSeconds(3))).isEmpty();
        // 0.1, 0.2, 0.4, 0.8, 1.6 … seconds at most: half of them on average, with much to spare
        assertThat(bridge.attempts()).isLessThanOrEqualTo(15);
        await().until(() -> bridge.attempts() >= 2);
    }

    @Test
    void repeatsAResultUntilItIsConfirmedAndThenNoMore() throws Exception {
        rig.start();
        Peer first = bridge.nextWelcomed();
        CorrelationId id = id();
        first.send(command(id, "echo"));
        ObjectNode result = first.expect("RESULT");
        first.reset();
        Peer second = bridge.nextWelcomed();
        assertThat(second.expect("RESULT")).isEqualTo(result);
        rig.stop();
        rig.start();
        Peer third = bridge.nextWelcomed();
        assertThat(third.expect("RESULT")).isEqualTo(result);
        third.send(confirm(id));
        third.close(1001, "drain");
        Peer fourth = bridge.nextWelcomed();
        fourth.expect("TELEMETRY");
        fourth.expect("TELEMETRY");
        assertThat(fourth.rest())
                .noneMatch(frame -> frame.path("type").asString("").equals("RESULT"));
        assertThat(rig.executor.started()).containsExactly(id);
    }

    @Test
    void halvesWhatItSendsAfterAFrameThatWasTooBig() throws Exception {
        rig.start();
        Peer first = bridge.next();
        first.expect("HELLO");
        first.welcome(20, 60_000);
        CorrelationId id = id();
        first.send(command(id, "wait"));
        await().until(() -> rig.executor.started().contains(id));
        rig.executor.finish(id, "x".repeat(64_000));
        ObjectNode cut = first.expect("RESULT");
        assertThat(cut.toString().length()).isBetween(20_000, 60_000);
        assertThat(cut.path("truncated").asBoolean()).isTrue();
        first.close(1009, "too big");
        Peer second = bridge.next();
        second.expect("HELLO");
        second.welcome(20, 60_000);
        assertThat(second.expect("RESULT").toString().length()).isBetween(10_000, 30_000);
    }

    @Test
    void saysByeWhenItStops() throws Exception {
        rig.start();
        Peer peer = bridge.nextWelcomed();
        CorrelationId id = id();
        peer.send(command(id, "wait"));
        await().until(() -> rig.executor.started().contains(id));
        rig.stop();
        ObjectNode result = peer.expect("RESULT");
        assertThat(result.path("error").path("code").asString("")).isEqualTo("Interrupted");
        assertThat(peer.answer().path("type").asString("")).isEqualTo("BYE");
        assertThat(peer.hasEnded(FakeBridge.PATIENCE)).isTrue();
        assertThat(peer.closeCode()).isEqualTo(1000);
        rig.start();
        Peer next = bridge.nextWelcomed();
        assertThat(next.expect("RESULT")).isEqualTo(result);
        assertThat(rig.executor.leftovers()).isEmpty();
    }
}
