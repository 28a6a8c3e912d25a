package io.viworks.backplane.stream;

import static io.viworks.backplane.Bench.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.viworks.backplane.Bench;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Samples;
import io.viworks.backplane.stream.GatewayEvent.What;
import io.viworks.backplane.stream.StreamRecord.OfEvents;
import io.viworks.testkit.TestRedis;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class EventsTest {
    private final Bench bench = new Bench();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    @BeforeEach
    void empty() {
        bench.raw.del(Keys.EVENTS);
    }

    @AfterEach
    void close() {
        bench.close();
    }

    private EventAppender appender(RedisConnections connections) {
        return new EventAppender(connections, InstantSource.fixed(Samples.TS), meters);
    }

    private static CommandEvent moved(int attempt) {
        return new CommandEvent(
                Samples.AGENT,
                Samples.TS,
                Samples.command(),
                attempt % 2 == 0 ? null : UUID.randomUUID(),
                "echo",
                "ACKED",
                null,
                null,
                attempt);
    }

    @ParameterizedTest
    @EnumSource(
            value = Service.class,
            names = {"TELEMETRY_WRITER", "RESULTS_WRITER", "ADMIN_API"})
    void whoChangesRowsCanTellOfItInOrder(Service service) {
        EventAppender appender = appender(bench.login(service));
        List<OfEvents> told = new ArrayList<>();
        told.add(
                new GatewayEvent(
                        Samples.AGENT,
                        Samples.TS,
                        What.EDITED,
                        Map.of("members", "site,labels", "by", "anna")));
        told.add(
                new CommandEvent(
                        Samples.AGENT,
                        Samples.TS,
                        Samples.command(),
                        null,
                        "echo",
                        "FAILED",
                        "result",
                        "ExecTimeout",
                        2));
        for (int i = 0; i < 450; i++) {
            told.add(moved(i));
        }
        appender.tell(told);
        await().untilAsserted(() ->
                assertThat(bench.records(Keys.EVENTS, OfEvents.class))
                        .containsExactlyElementsOf(told));
        // Redis shows them before it has answered.
        await().untilAsserted(() ->
                assertThat(meters.counter("viw.events.appended", "outcome", "written").count())
                        .isEqualTo(452));
    }

    @Test
    void theStreamOfEventsKeepsItsBound() {
        EventAppender appender = appender(bench.login(Service.ADMIN_API));
        List<OfEvents> many = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            many.add(moved(i));
        }
        for (int i = 1; i <= 6; i++) {
            appender.tell(many);
            double written = 2_000.0 * i;
            await().until(() ->
                    meters.counter("viw.events.appended", "outcome", "written").count() == written);
        }
        // approximately: Redis trims whole nodes
        assertThat(bench.raw.xlen(Keys.EVENTS)).isBetween(10_000L, 10_200L);
    }

    @Test
    void tellingWhileRedisIsAwayCostsNoTimeAndTheLossIsToldWhenItIsBack() {
        try (TestRedis own = TestRedis.start();
                RedisConnections connections = RedisConnections.open(own.url(), "test")) {
            own.stop();
            await().until(() -> !connections.connected());
            EventAppender appender = appender(connections);
            // Whoever waits for Redis waits each time; a busy machine holds one up now and then.
            assertThat(IntStream.range(0, 5).mapToObj(_ -> telling(appender)))
                    .anyMatch(time -> time.compareTo(Duration.ofSeconds(1)) < 0);
            await().untilAsserted(() ->
                    assertThat(meters.counter("viw.events.appended", "outcome", "away").count())
                            .isEqualTo(10));
            own.startAgain();
            StreamPages<OfEvents> pages =
                    new StreamPages<>(connections, Keys.EVENTS, OfEvents.class);
            await().ignoreExceptions()
                    .untilAsserted(() ->
                            assertThat(get(pages.after(StreamIds.FIRST, "+", 10)).entries())
                                    .extracting(Entry::record)
                                    .containsExactly(new LostEvents(Samples.TS, 10)));
            appender.close();
        }
    }

    private static Duration telling(EventAppender appender) {
        long start = System.nanoTime();
        appender.tell(List.of(moved(1), moved(2)));
        return Duration.ofNanos(System.nanoTime() - start);
    }

    @Test
    void pagesAndTailReadTheSameWithoutGapOrDouble() {
        RedisConnections admin = bench.login(Service.ADMIN_API);
        StreamPages<OfEvents> pages = new StreamPages<>(admin, Keys.EVENTS, OfEvents.class);
        assertThat(get(pages.newest())).isEqualTo(StreamIds.FIRST);
        for (int i = 0; i < 25; i++) {
            bench.raw.xadd(Keys.EVENTS, RecordFields.of(moved(i)));
            if (i % 10 == 3) {
                bench.add(Keys.EVENTS, Map.of("kind", "NONSENSE", "v", "1"));
            }
        }
        List<Integer> read = new ArrayList<>();
        String at = StreamIds.FIRST;
        int skipped = 0;
        StreamPages.Page<OfEvents> page;
        do {
            page = get(pages.after(at, "+", 10));
            page.entries().forEach(entry -> read.add(((CommandEvent) entry.record()).attempt()));
            skipped += page.skipped();
            at = page.last();
        } while (page.full());
        assertThat(read).hasSize(25).isSorted().doesNotHaveDuplicates();
        assertThat(skipped).isEqualTo(3);
        assertThat(at).isEqualTo(get(pages.newest()));

        try (StreamTail<OfEvents> tail =
                new StreamTail<>(admin, Keys.EVENTS, OfEvents.class, Duration.ofMillis(200))) {
            assertThat(tail.after(at, 10, _ -> true).entries()).isEmpty();
            bench.raw.xadd(Keys.EVENTS, RecordFields.of(moved(99)));
            StreamPages.Page<OfEvents> next = tail.after(at, 10, _ -> true);
            assertThat(next.entries())
                    .singleElement()
                    .extracting(entry -> ((CommandEvent) entry.record()).attempt())
                    .isEqualTo(99);
            assertThat(get(pages.reaches(at))).isTrue();
            assertThat(
                            tail.after(StreamIds.FIRST, 100, fields -> fields.containsKey("none"))
                                    .entries())
                    .isEmpty();
        }
        bench.raw.del(Keys.EVENTS);
        assertThat(get(pages.reaches(at))).isFalse();
    }
}
