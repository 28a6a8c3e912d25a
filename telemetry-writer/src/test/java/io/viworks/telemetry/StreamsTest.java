package io.viworks.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.Keys;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.Bytes;
import io.viworks.testkit.TcpProxy;
import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Writers that read the streams, while things break. */
class StreamsTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final String SAMPLES =
            "select coalesce(sum(cpu_samples), 0) from os_gateway_metrics";

    private final TelemetryFixture fixture =
            new TelemetryFixture(TestRedis.shared(), TestPostgres.shared());
    private final Gateway gateway =
            Gateway.of("gateway-001", Gateway.bridgeId(), 100, Instant.now());
    private final Gateway other = Gateway.of("gateway-002", Gateway.bridgeId(), 100, Instant.now());

    @AfterEach
    void close() {
        fixture.close();
    }

    private void appendTelemetry(long from, long to) {
        for (long n = from; n <= to; n++) {
            fixture.append(gateway.telemetry(n, 1));
            fixture.append(other.telemetry(n, 2));
        }
    }

    private static double sum(List<TelemetryFixture.Writer> writers, String outcome) {
        return writers.stream().mapToDouble(w -> w.outcome("telemetry", outcome)).sum();
    }

    private long deadLetters(String stream) {
        return Long.parseLong(
                fixture.redis.command("XLEN " + Keys.deadLettersOf(stream)).substring(1));
    }

    @Test
    void whatIsOnTheStreamsReachesTheDatabase() {
        fixture.append(new StreamRecord.Seen(gateway.bridge(), Instant.now(), "0.1.0", "a:1"));
        fixture.append(gateway.hello());
        appendTelemetry(1, 20);
        fixture.start("a");

        await().atMost(LONG).untilAsserted(() -> assertThat(fixture.count(SAMPLES)).isEqualTo(40));
        await().untilAsserted(() ->
                assertThat(fixture.count("select count(*) from agent_sessions")).isEqualTo(1));
        assertThat(fixture.statusOf(gateway)).isEqualTo("connected");
    }

    @Test
    void aFrameThatCannotBeStoredIsSetAsideAloneAndTheStreamMovesOn() {
        appendTelemetry(1, 5);
        fixture.append(
                new StreamRecord.Telemetry(
                        gateway.agent(),
                        gateway.arrival(),
                        gateway.origin(),
                        Bytes.utf8("{\"type\":\"TELEMETRY\"}")));
        fixture.append(gateway.at(Instant.parse("+300000-01-01T00:00:00Z")).telemetry(6, "{}"));
        appendTelemetry(7, 10);
        fixture.append(gateway.hello("{\"type\":\"PING\"}"));
        fixture.append(other.hello());
        TelemetryFixture.Writer writer = fixture.start("a");

        await().atMost(LONG)
                .untilAsserted(() -> {
                    assertThat(writer.loopCount(Keys.TELEMETRY, "set_aside")).isEqualTo(2);
                    assertThat(writer.loopCount(Keys.TELEMETRY, "handled")).isEqualTo(18);
                    assertThat(writer.loopCount(Keys.AGENT_HELLO, "set_aside")).isEqualTo(1);
                    assertThat(writer.loopCount(Keys.AGENT_HELLO, "handled")).isEqualTo(1);
                });
        assertThat(fixture.count(SAMPLES)).isEqualTo(18);
        assertThat(deadLetters(Keys.TELEMETRY)).isEqualTo(2);
        assertThat(deadLetters(Keys.AGENT_HELLO)).isEqualTo(1);
        assertAddsUp(writer, "telemetry", Keys.TELEMETRY, 20);
        assertAddsUp(writer, "agent_hello", Keys.AGENT_HELLO, 2);
    }

    /** read = written + duplicate + set aside. */
    private static void assertAddsUp(
            TelemetryFixture.Writer writer, String of, String stream, double appended) {
        assertThat(writer.loopCount(stream, "read")).isEqualTo(appended);
        assertThat(
                        writer.outcome(of, "written")
                                + writer.outcome(of, "duplicate")
                                + writer.loopCount(stream, "set_aside"))
                .isEqualTo(writer.loopCount(stream, "read"));
    }

    @Test
    void repeatsInTheStreamAreDuplicatesByTheMeters() {
        appendTelemetry(1, 10);
        appendTelemetry(1, 10);
        TelemetryFixture.Writer writer = fixture.start("a");
        await().atMost(LONG)
                .untilAsserted(() ->
                        assertThat(writer.loopCount(Keys.TELEMETRY, "handled")).isEqualTo(40));
        assertThat(writer.outcome("telemetry", "written")).isEqualTo(20);
        assertThat(writer.outcome("telemetry", "duplicate")).isEqualTo(20);
        assertThat(fixture.count(SAMPLES)).isEqualTo(20);
        assertAddsUp(writer, "telemetry", Keys.TELEMETRY, 40);
    }

    @Test
    void twoWritersShareAStreamWithoutCountingTwice() {
        List<TelemetryFixture.Writer> writers = List.of(fixture.start("a"), fixture.start("b"));
        AtomicLong n = new AtomicLong();
        await().until(() -> {
            appendTelemetry(n.incrementAndGet(), n.get());
            return writers.stream().allMatch(w -> w.outcome("telemetry", "written") > 0);
        });
        appendTelemetry(n.get() + 1, n.get() + 400);
        long all = 2 * (n.get() + 400);
        await().atMost(LONG).untilAsserted(() -> assertThat(fixture.count(SAMPLES)).isEqualTo(all));
        await().untilAsserted(() -> assertThat(sum(writers, "written")).isEqualTo((double) all));
        // None, but for what one took over from the other while a busy machine let that wait.
        assertThat(sum(writers, "duplicate")).isLessThan(400);
    }

    @Test
    void anotherTakesOverFromAWriterKilledInABatch() throws Exception {
        try (TcpProxy redis = TcpProxy.to(fixture.redis.port());
                TcpProxy postgres = TcpProxy.to(TestPostgres.shared().port());
                Connection blocker = fixture.database.connect();
                Statement statement = blocker.createStatement()) {
            TelemetryFixture.Writer doomed =
                    fixture.writer(
                                    fixture.database
                                            .url()
                                            .replace(
                                                    ":" + TestPostgres.shared().port() + "/",
                                                    ":" + postgres.port() + "/"))
                            .start("doomed", redis.port());
            appendTelemetry(1, 1);
            await().atMost(LONG)
                    .untilAsserted(() -> assertThat(fixture.count(SAMPLES)).isEqualTo(2));
            blocker.setAutoCommit(false);
            statement.execute(
                    "select 1 from os_gateway_status where agent_id = 'gateway-002' for update");
            appendTelemetry(2, 20);
            await().until(() -> isWaitingForALock());

            redis.refuse();
            postgres.refuse();
            blocker.rollback();
            TelemetryFixture.Writer heir = fixture.start("heir");
            appendTelemetry(21, 30);

            await().atMost(LONG)
                    .untilAsserted(() -> assertThat(fixture.count(SAMPLES)).isEqualTo(60));
            await().untilAsserted(() ->
                    assertThat(
                                    heir.outcome("telemetry", "written")
                                            + doomed.outcome("telemetry", "written"))
                            .isEqualTo(60));
            assertThat(fixture.count("select min(n) from os_gateway_status")).isEqualTo(30);
        }
    }

    private boolean isWaitingForALock() {
        return fixture.count(
                        """
                        select count(*) from pg_stat_activity
                        where datname = current_database() and wait_event_type = 'Lock'
                        """)
                > 0;
    }

    @Test
    void afterRedisForgotEverythingTheGroupStartsAtZero() {
        TelemetryFixture.Writer writer = fixture.start("a");
        appendTelemetry(1, 3);
        await().atMost(LONG).untilAsserted(() -> assertThat(fixture.count(SAMPLES)).isEqualTo(6));
        fixture.redis.flush();
        appendTelemetry(4, 6);
        fixture.append(gateway.hello());
        await().atMost(LONG).untilAsserted(() -> assertThat(fixture.count(SAMPLES)).isEqualTo(12));
        await().atMost(LONG)
                .untilAsserted(() ->
                        assertThat(fixture.count("select count(*) from agent_sessions"))
                                .isEqualTo(1));
        assertThat(writer.loops).allMatch(loop -> loop.alive());
    }
}
