package io.viworks.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.Keys;
import io.viworks.bridge.BridgeFixture.Bridge;
import io.viworks.testkit.ScriptedAgent;
import io.viworks.testkit.TcpProxy;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** How fast an agent may speak and how slowly it may listen (spec 2.5, 2.6). */
class PaceTest {
    private static BridgeFixture fixture;
    private static Bridge strict;

    /** Three seconds of silence are too much for this one. */
    private static Bridge listening;

    private static Bridge wide;
    private ScriptedAgent witness;

    @BeforeAll
    static void start() {
        fixture = BridgeFixture.onShared();
        strict =
                fixture.bridge(
                        "AGENT_BRIDGE_FRAME_RATE=50",
                        "AGENT_BRIDGE_FRAME_BURST=10",
                        "AGENT_BRIDGE_RATE_PATIENCE=1s");
        listening =
                fixture.bridge("AGENT_BRIDGE_RESULT_RATE=64KB", "AGENT_BRIDGE_HEARTBEAT=1500ms");
        wide =
                fixture.bridge(
                        "AGENT_BRIDGE_FRAME_RATE=10000",
                        "AGENT_BRIDGE_FRAME_BURST=100000",
                        "AGENT_BRIDGE_OUTBOX_TOTAL=512KB");
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    @BeforeEach
    void watch() {
        witness = wide.join("witness-" + UUID.randomUUID());
    }

    @AfterEach
    void othersNoticeNothing() {
        witness.send(witness.json("PING")).next("PONG");
        assertThat(witness.closedSoFar()).isEmpty();
        witness.close();
    }

    // ---- frames a second

    @Test
    void losesNothingOfABurstOverTheRateThatEndsInTime() {
        ScriptedAgent agent = strict.join("bursts");
        double paused = strict.count("reading.paused", "reason", "frame_rate");

        // In one piece: a thread that is made to wait between them would send within the rate.
        ByteArrayOutputStream burst = new ByteArrayOutputStream();
        for (int i = 0; i < 30; i++) {
            String frame = agent.telemetry().toString();
            burst.writeBytes(
                    ScriptedAgent.encoded(
                            ScriptedAgent.TEXT, true, frame.getBytes(StandardCharsets.UTF_8)));
        }
        agent.raw(burst.toByteArray());

        await().until(() -> fixture.records(Keys.TELEMETRY, "TELEMETRY", "bursts").size() == 30);
        assertThat(strict.count("reading.paused", "reason", "frame_rate")).isGreaterThan(paused);
        assertThat(agent.frames("ERROR")).isEmpty();
        assertThat(agent.closedSoFar()).isEmpty();
    }

    @Test
    void closesWhoStaysOverTheRateAndSaysWhenToComeBack() {
        ScriptedAgent agent = strict.join("floods");

        await().pollInterval(Duration.ofMillis(5))
                .until(() -> {
                    for (int i = 0; i < 10; i++) {
                        boolean _ = agent.offer("{\"type\":\"PONG\"}");
                    }
                    return agent.closedSoFar().isPresent();
                });

        assertThat(agent.closed().code()).isEqualTo(4429);
        JsonNode error = agent.next("ERROR");
        assertThat(error.path("code").asString()).isEqualTo("rate_limited");
        assertThat(error.path("retryable").asBoolean()).isTrue();
        assertThat(error.path("retry_after_ms").asLong()).isPositive();
    }

    @Test
    void countsPingsOfTheWebSocketLikeFrames() {
        ScriptedAgent agent = strict.join("pings");
        byte[] ping = ScriptedAgent.encoded(ScriptedAgent.PING, true, new byte[0]);

        await().pollInterval(Duration.ofMillis(5))
                .until(() -> {
                    for (int i = 0; i < 10 && agent.closedSoFar().isEmpty(); i++) {
                        boolean _ = agent.offer(ping);
                    }
                    return agent.closedSoFar().isPresent();
                });

        assertThat(agent.closed().code()).isEqualTo(4429);
    }

    // ---- RESULTs

    private static String result(ScriptedAgent agent, int bytes) {
        return agent.json("RESULT")
                .put("correlation_id", UUID.randomUUID().toString())
                .put("status", "success")
                .put("stdout", "x".repeat(bytes))
                .toString();
    }

    @Test
    void readsResultsNoFasterThanTheirBytesMayComeAndConfirmsThemAll() {
        ScriptedAgent agent = listening.join("results");
        long began = System.nanoTime();

        for (int i = 0; i < 2; i++) {
            agent.send(result(agent, 250_000));
        }
        agent.send("{\"type\":\"PING\"}");
        for (int i = 0; i < 2; i++) {
            agent.next("RESULT_ACK");
        }
        agent.next("PONG");

        // 500 KB by a bucket of 64 KB: there is a debt after each of the two.
        assertThat(Duration.ofNanos(System.nanoTime() - began))
                .isGreaterThan(Duration.ofSeconds(6));
        assertThat(listening.count("reading.paused", "reason", "result_rate")).isEqualTo(2);
        // The second pause is longer than the silence it would close for.
        assertThat(agent.closedSoFar()).isEmpty();
    }

    @Test
    void readsNoFurtherWhileTooManyResultsAreUnconfirmed() {
        try (TcpProxy proxy = TcpProxy.to(fixture.redis.port());
                Bridge far = fixture.bridgeThrough(proxy.port())) {
            ScriptedAgent agent = far.join("eager");
            proxy.swallow();

            for (int i = 0; i < 12; i++) {
                agent.send(result(agent, 10));
            }
            agent.send("{\"type\":\"PING\"}");

            await().until(() -> far.count("reading.paused", "reason", "unconfirmed") == 1);
            await().until(() -> far.count("frames", "type", "RESULT") == 8);
            assertThat(agent.frames("PONG")).isEmpty();
            proxy.forward();
            for (int i = 0; i < 12; i++) {
                agent.next("RESULT_ACK");
            }
            agent.next("PONG");
        }
    }

    // ---- a reader that reads too slowly, or not at all

    /** One that asks for hundreds of answers in the time it takes to read one. */
    private static ScriptedAgent slow(String name) {
        ScriptedAgent agent = wide.keep(wide.handshake(name).receiveBuffer(4096).open());
        agent.join();
        return agent.readSlowly(Duration.ofMillis(1));
    }

    /** Asks for answers until the bridge has closed for the reason that they are not read. */
    private static void askUntilClosed(ScriptedAgent agent, double closesBefore) {
        String ping = "{\"type\":\"PING\"}";
        await().pollInterval(Duration.ofMillis(2))
                .until(() -> {
                    for (int i = 0; i < 200; i++) {
                        boolean _ = agent.offer(ping);
                    }
                    return wide.count("closes", "code", "4413") > closesBefore;
                });
    }

    @Test
    void cutsAReaderThatDoesNotReadAndGivesItsBytesBack() {
        ScriptedAgent agent = slow("stuck");

        askUntilClosed(agent, wide.count("closes", "code", "4413"));
        agent.stopReading();

        // Only the witness is left: the socket itself is gone, though nobody ever read its close.
        await().until(() -> wide.gauge("connections") == 1);
        await().until(() -> wide.gauge("outbound.bytes") == 0);
        await().until(() -> !fixture.records(Keys.AGENT_HELLO, "GONE", "stuck").isEmpty());
        assertThat(fixture.records(Keys.AGENT_HELLO, "GONE", "stuck").getFirst())
                .containsEntry("close_code", "4413");
    }

    @Test
    void tellsAReaderThatReadsAgainWhyItWasClosed() {
        ScriptedAgent agent = slow("slow");

        askUntilClosed(agent, wide.count("closes", "code", "4413"));
        agent.readAgain();

        assertThat(agent.closed().code()).isEqualTo(4413);
        await().until(() -> wide.gauge("outbound.bytes") == 0);
    }

    @Test
    void countsFramesByTypeAndOutcome() {
        double ok = wide.count("frames", "type", "TELEMETRY", "outcome", "ok");
        double bad = wide.count("frames", "outcome", "bad_frame");
        ScriptedAgent agent = wide.join("counted");

        agent.send(agent.telemetry()).send("[]").next("ERROR");

        assertThat(wide.count("frames", "type", "TELEMETRY", "outcome", "ok") - ok).isEqualTo(1);
        assertThat(wide.count("frames", "outcome", "bad_frame") - bad).isEqualTo(1);
        agent.close();
        await().until(() -> wide.gauge("connections") == 1);
    }

    @Test
    void takesAReaderThatDoesNotReadAsSilentInTheEnd() {
        ScriptedAgent agent = listening.join("asleep");
        agent.stopReading();

        await().until(() -> !fixture.records(Keys.AGENT_HELLO, "GONE", "asleep").isEmpty());

        assertThat(fixture.records(Keys.AGENT_HELLO, "GONE", "asleep").getFirst())
                .containsEntry("close_code", "4408");
    }
}
