package io.viworks.backplane.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.KillArgs;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Users;
import io.viworks.backplane.WorldAway;
import io.viworks.backplane.stream.StreamRecord.OfTelemetry;
import io.viworks.testkit.TcpProxy;
import io.viworks.testkit.TestRedis;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A loop that begins batches where they are read, while Redis or the way to it is away. */
class LoopPromptOutageTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final TestRedis REDIS = TestRedis.start(Users.lines());

    private final LoopFixture fixture =
            new LoopFixture(REDIS, Users.urlOf(REDIS, Service.TELEMETRY_WRITER));
    private final Beginner waiting = new Beginner(fixture.eventLoop()::inEventLoop, _ -> false);
    private final Beginner ending = Beginner.ending(fixture.eventLoop()::inEventLoop);

    @AfterEach
    void close() {
        waiting.begun.forEach(Beginner.Begun::ends);
        fixture.close();
        REDIS.flush();
    }

    @AfterAll
    static void stop() {
        REDIS.close();
    }

    private void writesAgain(long n) {
        await().atMost(LONG)
                .ignoreException(WorldAway.class)
                .until(() -> !fixture.write(n).isEmpty());
    }

    private static Set<Long> ended(Beginner handler) {
        Set<Long> all = new HashSet<>(handler.ns());
        all.addAll(handler.handled);
        return all;
    }

    private void awaitNonePending() {
        await().atMost(LONG)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(fixture.pending()).isZero());
    }

    @Test
    void losesNothingWhenItsConnectionsAreKilledAgainAndAgain() {
        ConsumerLoop<OfTelemetry> loop = fixture.startOnEventLoop(ending);
        long last = 20;
        for (long n = 1; n <= last; n++) {
            writesAgain(n);
            killConnections();
        }
        await().atMost(LONG)
                .untilAsserted(() ->
                        assertThat(ended(ending))
                                .containsExactlyInAnyOrderElementsOf(
                                        LongStream.rangeClosed(1, last).boxed().toList()));
        awaitNonePending();
        assertThat(loop.alive()).isTrue();
        assertThat(ending.begun).allMatch(Beginner.Begun::there);
        await().untilAsserted(() ->
                assertThat(fixture.records("handled")).isEqualTo(fixture.records("read")));
    }

    private void killConnections() {
        fixture.raw
                .clientList()
                .lines()
                .filter(line -> line.contains(" name=loop-test "))
                .map(line -> line.substring("id=".length(), line.indexOf(' ')))
                .forEach(id -> {
                    long _ = fixture.raw.clientKill(KillArgs.Builder.id(Long.parseLong(id)));
                });
    }

    @Test
    void acknowledgesWhatEndedWhileRedisWasAwayAndDoesItNotAgain() {
        fixture.startOnEventLoop(waiting);
        fixture.write(1);
        await().until(() -> waiting.ns().contains(1L));

        REDIS.stop();
        await().until(() -> !fixture.connections.connected());
        waiting.begun.getFirst().ends();
        REDIS.startAgain();

        awaitNonePending();
        await().untilAsserted(() -> assertThat(fixture.records("handled")).isEqualTo(1));
        assertThat(waiting.ns()).containsExactly(1L);
        assertThat(waiting.handled).isEmpty();
        writesAgain(2);
        await().atMost(LONG).until(() -> ended(waiting).contains(2L));
    }

    @Test
    void handlesWhatFailedWhileRedisWasAwayWithoutReadingItAgain() {
        fixture.startOnEventLoop(waiting);
        fixture.write(1);
        await().until(() -> waiting.ns().contains(1L));

        REDIS.stop();
        await().until(() -> !fixture.connections.connected());
        waiting.begun.getFirst().fails();
        await().atMost(LONG).until(() -> waiting.handled.contains(1L));
        REDIS.startAgain();

        awaitNonePending();
        await().untilAsserted(() -> assertThat(fixture.records("handled")).isEqualTo(1));
        assertThat(waiting.handled).containsExactly(1L);
        assertThat(fixture.records("read")).isEqualTo(1);
    }

    @Test
    void goesOnAfterRedisWasFrozen() {
        ConsumerLoop<OfTelemetry> loop = fixture.startOnEventLoop(ending);
        fixture.write(1);
        await().until(() -> ending.ns().contains(1L));
        REDIS.pause();
        await().atMost(LONG).until(() -> loop.waitingFor().isPresent());
        REDIS.resume();
        writesAgain(2);
        await().atMost(LONG).untilAsserted(() -> assertThat(ended(ending)).contains(2L));
    }

    @Test
    void makesItsGroupAgainAfterRedisForgotEverything() {
        fixture.startOnEventLoop(ending);
        fixture.write(1);
        await().until(() -> ending.ns().contains(1L));
        REDIS.flush();
        fixture.write(2, 4);
        await().untilAsserted(() -> assertThat(ended(ending)).contains(2L, 3L, 4L));
    }

    @Test
    void sendsAnAcknowledgementAgainThatWasLost() {
        try (TcpProxy proxy = TcpProxy.to(REDIS.port());
                RedisConnections behind =
                        RedisConnections.open(
                                Users.urlOf(REDIS, Service.TELEMETRY_WRITER)
                                        .replace(":" + REDIS.port(), ":" + proxy.port()),
                                "behind-a-proxy")) {
            ConsumerLoop<OfTelemetry> loop =
                    new ConsumerLoop<>(
                            behind,
                            LoopFixture.subscribed("behind"),
                            waiting,
                            _ -> {},
                            LoopFixture.PATIENT,
                            fixture.meters,
                            fixture.eventLoop());
            loop.start();
            fixture.write(1);
            await().until(() -> waiting.ns().contains(1L));

            proxy.swallow();
            waiting.begun.getFirst().ends();
            proxy.reset();
            proxy.forward();

            awaitNonePending();
            await().untilAsserted(() -> assertThat(fixture.records("handled")).isEqualTo(1));
            assertThat(waiting.ns()).containsExactly(1L);
            assertThat(waiting.handled).isEmpty();
            loop.close();
        }
    }
}
