package io.viworks.backplane.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.WorldAway;
import io.viworks.backplane.stream.StreamRecord.OfTelemetry;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoopFaultTest {
    private static final long POISON = 13;

    private final LoopFixture fixture = LoopFixture.onShared();
    private final List<Long> handled = new CopyOnWriteArrayList<>();
    private final List<SetAside<OfTelemetry>> letters = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        fixture.close();
    }

    /** All or nothing, as one transaction is. */
    private void allButPoison(List<Entry<OfTelemetry>> batch) {
        if (batch.stream().anyMatch(entry -> LoopFixture.n(entry) == POISON)) {
            throw new IllegalArgumentException("value is out of range");
        }
        batch.forEach(entry -> handled.add(LoopFixture.n(entry)));
    }

    @Test
    void holdsOneBatchWhileTheWorldIsAwayAndNeverGivesItUp() {
        AtomicInteger calls = new AtomicInteger();
        AtomicBoolean back = new AtomicBoolean();
        fixture.write(1, 5);
        ConsumerLoop<OfTelemetry> loop =
                fixture.start(
                        "a",
                        batch -> {
                            // More often than a record at fault would be tried.
                            if (calls.incrementAndGet() <= 12 || !back.get()) {
                                throw new WorldAway("Postgres: connection refused", null);
                            }
                            allButPoison(batch);
                        });
        await().untilAsserted(() ->
                assertThat(loop.waitingFor()).contains("Postgres: connection refused"));
        back.set(true);
        await().untilAsserted(() -> assertThat(handled).containsExactly(1L, 2L, 3L, 4L, 5L));
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
        assertThat(fixture.deadLetters()).isEmpty();
        assertThat(loop.waitingFor()).isEmpty();
    }

    @Test
    void findsTheRecordAtFaultByHalvingAndSetsAsideOnlyThatOne() {
        fixture.write(1, 30);
        Map<Long, AtomicInteger> alone = new ConcurrentHashMap<>();
        fixture.start(
                "a",
                batch -> {
                    if (batch.size() == 1) {
                        alone.computeIfAbsent(
                                        LoopFixture.n(batch.getFirst()), _ -> new AtomicInteger())
                                .incrementAndGet();
                    }
                    allButPoison(batch);
                },
                letters::add,
                LoopFixture.QUICK);
        await().untilAsserted(() -> assertThat(handled).hasSize(29).doesNotContain(POISON));
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
        assertThat(handled).isSorted();
        assertThat(alone.get(POISON)).hasValue(3);
        assertThat(letters).hasSize(1);
        assertThat(fixture.deadLetters())
                .singleElement()
                .satisfies(letter ->
                        assertThat(letter)
                                .containsEntry("reason", "fault")
                                .containsEntry(
                                        "error", "IllegalArgumentException: value is out of range")
                                .containsEntry("deliveries", "3")
                                .containsEntry("stream", LoopFixture.STREAM)
                                .containsEntry("id", letters.getFirst().id())
                                .containsEntry("kind", "TELEMETRY")
                                .containsEntry("n", "13"));
    }

    @Test
    void doesNotCountTriesInWhichTheWorldWasAway() {
        AtomicInteger calls = new AtomicInteger();
        fixture.write(POISON);
        fixture.start(
                "a",
                batch -> {
                    if (calls.incrementAndGet() % 2 == 0) {
                        throw new WorldAway("now and then", null);
                    }
                    allButPoison(batch);
                });
        await().untilAsserted(() -> assertThat(fixture.deadLetters()).hasSize(1));
        assertThat(calls).hasValue(5);
    }

    @Test
    void setsAsideAtOnceWhatCannotBeRead() {
        fixture.raw.xadd(
                LoopFixture.STREAM, Map.of("kind", "TELEMETRY".getBytes(StandardCharsets.UTF_8)));
        fixture.raw.xadd(
                LoopFixture.STREAM, Map.of("reason", "none".getBytes(StandardCharsets.UTF_8)));
        fixture.write(1);
        fixture.start("a", this::allButPoison, letters::add, LoopFixture.QUICK);
        await().untilAsserted(() -> assertThat(handled).containsExactly(1L));
        await().untilAsserted(() -> assertThat(fixture.deadLetters()).hasSize(2));
        assertThat(fixture.deadLetters().getFirst())
                .containsEntry("reason", "malformed")
                .containsEntry("error", "field v is missing")
                .containsEntry("deliveries", "1");
        assertThat(fixture.deadLetters().getLast()).containsEntry("record.reason", "none");
        assertThat(letters).extracting(SetAside::record).containsOnlyNulls();
    }

    @Test
    void asksTheHookAgainUntilTheWorldIsBackBeforeItWritesTheLetter() {
        AtomicInteger calls = new AtomicInteger();
        fixture.write(POISON);
        fixture.start(
                "a",
                this::allButPoison,
                letter -> {
                    assertThat(fixture.deadLetters()).isEmpty();
                    if (calls.incrementAndGet() < 4) {
                        throw new WorldAway("the database is away", null);
                    }
                    letters.add(letter);
                },
                LoopFixture.QUICK);
        await().untilAsserted(() -> assertThat(fixture.deadLetters()).hasSize(1));
        assertThat(letters).hasSize(1);
        assertThat(letters.getFirst().record()).isInstanceOf(StreamRecord.Telemetry.class);
    }

    @Test
    void writesTheLetterAlthoughTheHookFails() {
        fixture.write(POISON, POISON + 1);
        fixture.start(
                "a",
                this::allButPoison,
                _ -> {
                    throw new IllegalStateException("of the test");
                },
                LoopFixture.QUICK);
        await().untilAsserted(() -> assertThat(handled).containsExactly(POISON + 1));
        assertThat(fixture.deadLetters()).hasSize(1);
    }

    @Test
    void countsWhatItReadAsHandledOrSetAsideOrLost() {
        fixture.raw.xadd(LoopFixture.STREAM, Map.of("x", new byte[] {1}));
        fixture.write(1, 40);
        fixture.start("a", this::allButPoison);
        await().untilAsserted(() -> assertThat(handled).hasSize(39));
        await().untilAsserted(() -> assertThat(fixture.gauge("viw.stream.in_hand")).isZero());
        assertThat(fixture.records("read")).isEqualTo(41);
        await().untilAsserted(() -> assertThat(fixture.records("handled")).isEqualTo(39));
        assertThat(fixture.records("set_aside")).isEqualTo(2);
        assertThat(fixture.records("lost")).isZero();
        await().untilAsserted(
                        () -> assertThat(fixture.gauge("viw.stream.dead_letters")).isEqualTo(2));
    }

    @Test
    void showsLagAndPendingWhileItHolds() {
        fixture.write(1, 20);
        fixture.start(
                "a",
                _ -> {
                    throw new WorldAway("the database is away", null);
                });
        await().untilAsserted(() -> {
            assertThat(fixture.gauge("viw.stream.pending")).isEqualTo(8);
            assertThat(fixture.gauge("viw.stream.lag")).isEqualTo(12);
            assertThat(fixture.gauge("viw.stream.oldest_pending_seconds")).isPositive();
        });
    }
}
