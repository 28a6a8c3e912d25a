package io.viworks.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.Keys;
import io.viworks.testkit.TcpProxy;
import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Writers while Postgres is stopped, killed, or half-open. */
class PostgresOutageTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final TestPostgres POSTGRES = TestPostgres.start();
    private static final String SAMPLES =
            "select coalesce(sum(cpu_samples), 0) from os_gateway_metrics";

    private final TelemetryFixture fixture = new TelemetryFixture(TestRedis.shared(), POSTGRES);
    private final TcpProxy proxy = TcpProxy.to(POSTGRES.port());
    private final Gateway gateway =
            Gateway.of("gateway-001", Gateway.bridgeId(), 100, Instant.now());
    private final TelemetryFixture.Writer writer =
            fixture.writer(
                            fixture.database
                                    .url()
                                    .replace(":" + POSTGRES.port() + "/", ":" + proxy.port() + "/"))
                    .start("a", fixture.redis.port());

    @AfterEach
    void close() {
        fixture.close();
        proxy.close();
    }

    @AfterAll
    static void stop() {
        POSTGRES.close();
    }

    private void append(long from, long to) {
        for (long n = from; n <= to; n++) {
            fixture.append(gateway.telemetry(n, 1));
        }
    }

    private void counts(long samples) {
        await().atMost(LONG)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(fixture.count(SAMPLES)).isEqualTo(samples));
    }

    private void holdsOneBatch(Runnable outage, Runnable end) {
        append(1, 5);
        counts(5);
        outage.run();
        append(6, 70);
        fixture.append(gateway.hello());
        await().atMost(LONG)
                .untilAsserted(() ->
                        assertThat(writer.meters.get("viw.stream.held").counters())
                                .allMatch(counter -> counter.count() >= 2));
        double read = writer.loopCount(Keys.TELEMETRY, "read");
        assertThat(read).as("5 and one batch").isBetween(6.0, 55.0);
        append(71, 80);
        await().during(Duration.ofMillis(500))
                .until(() -> writer.loopCount(Keys.TELEMETRY, "read") == read);
        end.run();

        counts(80);
        await().atMost(LONG)
                .untilAsserted(() ->
                        assertThat(fixture.count("select count(*) from agent_sessions"))
                                .isEqualTo(1));
        assertThat(writer.loopCount(Keys.TELEMETRY, "set_aside")).isZero();
        assertThat(writer.loopCount(Keys.AGENT_HELLO, "set_aside")).isZero();
        await().untilAsserted(() ->
                assertThat(
                                writer.outcome("telemetry", "written")
                                        + writer.outcome("telemetry", "duplicate"))
                        .isEqualTo(80));
        assertThat(writer.loops).allMatch(loop -> loop.alive());
    }

    @Test
    void holdsOneBatchWhilePostgresIsStopped() {
        holdsOneBatch(POSTGRES::stop, POSTGRES::startAgain);
    }

    @Test
    void holdsOneBatchWhilePostgresIsKilled() {
        holdsOneBatch(POSTGRES::kill, POSTGRES::startAgain);
    }

    @Test
    void holdsOneBatchWhileTheWayToPostgresIsHalfOpen() {
        holdsOneBatch(proxy::swallow, proxy::forward);
    }

    @Test
    void endsQuicklyWhilePostgresIsAway() {
        append(1, 5);
        counts(5);
        proxy.refuse();
        append(6, 9);
        await().atMost(LONG)
                .until(() ->
                        writer.meters
                                        .get("viw.stream.held")
                                        .tags("stream", Keys.TELEMETRY)
                                        .counter()
                                        .count()
                                > 0);
        long start = System.nanoTime();
        writer.loops.forEach(loop -> loop.close());
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isLessThan(TelemetryFixture.CLOSE_WAIT.dividedBy(2));
    }
}
