package io.viworks.backplane.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Users;
import io.viworks.backplane.WorldAway;
import io.viworks.backplane.stream.StreamRecord.OfTelemetry;
import io.viworks.testkit.TcpProxy;
import io.viworks.testkit.TestRedis;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The loop while Redis is killed, frozen, emptied, or out of reach. */
class LoopOutageTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final TestRedis REDIS = TestRedis.start(Users.lines());

    private final LoopFixture fixture =
            new LoopFixture(REDIS, Users.urlOf(REDIS, Service.TELEMETRY_WRITER));
    private final Set<Long> seen = ConcurrentHashMap.newKeySet();

    @BeforeAll
    static void running() {
        assertThat(REDIS.command("PING")).isEqualTo("+PONG");
    }

    @AfterEach
    void close() {
        fixture.close();
        REDIS.flush();
    }

    @AfterAll
    static void stop() {
        REDIS.close();
    }

    private void record(List<Entry<OfTelemetry>> batch) {
        batch.forEach(entry -> seen.add(LoopFixture.n(entry)));
    }

    private void writesAgain(long n) {
        await().atMost(LONG)
                .ignoreException(WorldAway.class)
                .until(() -> !fixture.write(n).isEmpty());
    }

    @Test
    void goesOnAfterRedisWasKilledAndStartedAgain() {
        fixture.start("a", this::record);
        fixture.write(1, 5);
        await().untilAsserted(() -> assertThat(seen).hasSize(5));
        REDIS.kill();
        await().until(() -> !fixture.connections.connected());
        REDIS.startAgain();
        writesAgain(6);
        await().atMost(LONG).untilAsserted(() -> assertThat(seen).contains(6L));
    }

    @Test
    void acknowledgesAHeldBatchAfterRedisCameBack() throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        fixture.start(
                "a",
                batch -> {
                    entered.countDown();
                    release.await();
                    record(batch);
                });
        fixture.write(1);
        entered.await();
        REDIS.stop();
        release.countDown();
        await().until(() -> seen.contains(1L));
        REDIS.startAgain();
        await().atMost(LONG)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(fixture.pending()).isZero());
        await().untilAsserted(() -> assertThat(fixture.records("handled")).isEqualTo(1));
        assertThat(fixture.deadLetters()).isEmpty();
    }

    @Test
    void goesOnAfterRedisWasFrozen() {
        ConsumerLoop<OfTelemetry> loop = fixture.start("a", this::record);
        fixture.write(1);
        await().until(() -> seen.contains(1L));
        REDIS.pause();
        await().atMost(LONG).until(() -> loop.waitingFor().isPresent());
        assertThat(loop.alive()).isTrue();
        REDIS.resume();
        writesAgain(2);
        await().atMost(LONG).untilAsserted(() -> assertThat(seen).contains(2L));
    }

    @Test
    void makesItsGroupAgainAfterRedisForgotEverything() {
        fixture.start("a", this::record);
        fixture.write(1);
        await().until(() -> seen.contains(1L));
        REDIS.flush();
        fixture.write(2, 4);
        await().untilAsserted(() -> assertThat(seen).contains(2L, 3L, 4L));
    }

    @Test
    void finishesABatchThatRedisForgot() throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        fixture.start(
                "a",
                batch -> {
                    entered.countDown();
                    release.await();
                    record(batch);
                });
        fixture.write(1);
        entered.await();
        REDIS.flush();
        release.countDown();
        fixture.write(2);
        await().untilAsserted(() -> assertThat(seen).contains(1L, 2L));
        await().untilAsserted(() -> assertThat(fixture.records("handled")).isEqualTo(2));
    }

    /** A reset reaches a request that waits for its answer as a plain {@code IOException}. */
    @Test
    void livesThroughResetsOfItsConnections() {
        try (TcpProxy proxy = TcpProxy.to(REDIS.port());
                RedisConnections behind = behind(proxy)) {
            ConsumerLoop<OfTelemetry> loop = startBehind(behind, this::record);
            for (long n = 1; n <= 20; n++) {
                proxy.reset();
                fixture.write(n);
                long written = n;
                await().atMost(LONG).until(() -> seen.contains(written) || !loop.alive());
                assertThat(loop.alive()).isTrue();
            }
            await().atMost(LONG).untilAsserted(() -> assertThat(fixture.pending()).isZero());
            loop.close();
        }
    }

    @Test
    void acknowledgesAfterTheAcknowledgementWasReset() throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        try (TcpProxy proxy = TcpProxy.to(REDIS.port());
                RedisConnections behind = behind(proxy)) {
            ConsumerLoop<OfTelemetry> loop =
                    startBehind(
                            behind,
                            batch -> {
                                entered.countDown();
                                release.await();
                                record(batch);
                            });
            fixture.write(1);
            entered.await();
            proxy.swallow();
            release.countDown();
            await().until(() -> seen.contains(1L));
            proxy.reset();
            proxy.forward();
            await().atMost(LONG).untilAsserted(() -> assertThat(fixture.pending()).isZero());
            assertThat(loop.alive()).isTrue();
            loop.close();
        }
    }

    private RedisConnections behind(TcpProxy proxy) {
        return RedisConnections.open(
                Users.urlOf(REDIS, Service.TELEMETRY_WRITER)
                        .replace(":" + REDIS.port(), ":" + proxy.port()),
                "behind-a-proxy");
    }

    private ConsumerLoop<OfTelemetry> startBehind(
            RedisConnections behind, BatchHandler<OfTelemetry> handler) {
        ConsumerLoop<OfTelemetry> loop =
                new ConsumerLoop<>(
                        behind,
                        new Subscription<>(
                                Keys.TELEMETRY, LoopFixture.GROUP, "behind", OfTelemetry.class),
                        handler,
                        _ -> {},
                        LoopFixture.QUICK,
                        fixture.meters);
        loop.start();
        return loop;
    }

    @Test
    void isNotFooledByAHalfOpenConnection() {
        try (TcpProxy proxy = TcpProxy.to(REDIS.port());
                RedisConnections behind = behind(proxy)) {
            ConsumerLoop<OfTelemetry> loop = startBehind(behind, this::record);
            fixture.write(1);
            await().until(() -> seen.contains(1L));
            proxy.swallow();
            await().atMost(LONG).until(() -> loop.waitingFor().isPresent());
            proxy.cut();
            proxy.forward();
            fixture.write(2);
            await().atMost(LONG).until(() -> seen.contains(2L));
            loop.close();
        }
    }
}
