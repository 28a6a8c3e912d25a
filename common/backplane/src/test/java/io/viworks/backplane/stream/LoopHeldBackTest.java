package io.viworks.backplane.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.WorldAway;
import io.viworks.backplane.stream.StreamRecord.OfTelemetry;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Entries a handler cannot judge yet: they alone wait, and none of them is lost. */
class LoopHeldBackTest {
    private static final int BATCH = LoopFixture.QUICK.batch();
    private static final Duration LONG = Duration.ofSeconds(30);

    private final LoopFixture fixture = LoopFixture.onShared();
    private final Set<Long> unjudgeable = ConcurrentHashMap.newKeySet();
    private final List<Long> done = new CopyOnWriteArrayList<>();
    private final List<List<Long>> calls = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        fixture.close();
    }

    /** Does what can be judged, and says of the rest that it cannot. */
    private void judge(List<Entry<OfTelemetry>> batch) throws NotYet {
        calls.add(batch.stream().map(LoopFixture::n).toList());
        List<String> waiting =
                batch.stream()
                        .filter(entry -> unjudgeable.contains(LoopFixture.n(entry)))
                        .map(Entry::id)
                        .toList();
        batch.stream()
                .filter(entry -> !waiting.contains(entry.id()))
                .forEach(entry -> done.add(LoopFixture.n(entry)));
        if (!waiting.isEmpty()) {
            throw new NotYet(waiting);
        }
    }

    private void holdBack(long... ns) {
        for (long n : ns) {
            unjudgeable.add(n);
        }
    }

    private void holdBackFrom(long from, int count) {
        for (long n = from; n < from + count; n++) {
            unjudgeable.add(n);
        }
    }

    private long times(long n) {
        return calls.stream().filter(call -> call.contains(n)).count();
    }

    @Test
    void goesOnWithTheOthersAndGivesTheHeldOnesAgain() {
        holdBack(2L, 4L);
        fixture.write(1, 6);
        ConsumerLoop<OfTelemetry> loop = fixture.start("a", this::judge);
        await().untilAsserted(() -> assertThat(done).containsExactly(1L, 3L, 5L, 6L));
        fixture.write(7, 20);
        await().untilAsserted(() -> assertThat(done).contains(20L).hasSize(18));
        await().untilAsserted(() -> assertThat(fixture.pending()).isEqualTo(2));
        await().until(() -> times(2) >= 3);
        assertThat(loop.waitingFor()).isEmpty();
        await().untilAsserted(() -> assertThat(fixture.gauge("viw.stream.in_hand")).isEqualTo(2));

        unjudgeable.clear();
        await().untilAsserted(() -> assertThat(done).endsWith(2L, 4L));
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
        await().untilAsserted(() -> assertThat(fixture.records("handled")).isEqualTo(20));
        assertThat(done).doesNotHaveDuplicates();
        assertThat(fixture.deadLetters()).isEmpty();
    }

    @Test
    void acknowledgesEachOfTheHeldOnesAsSoonAsItIsJudged() {
        holdBack(1L, 2L, 3L);
        fixture.write(1, 3);
        fixture.start("a", this::judge);
        await().until(() -> times(1) >= 2);
        unjudgeable.remove(2L);
        await().untilAsserted(() -> assertThat(done).containsExactly(2L));
        await().untilAsserted(() -> assertThat(fixture.pending()).isEqualTo(2));
        unjudgeable.remove(1L);
        await().untilAsserted(() -> assertThat(done).containsExactly(2L, 1L));
        await().untilAsserted(() -> assertThat(fixture.pending()).isEqualTo(1));
    }

    @Test
    void neverSetsAsideWhatCannotBeJudgedYet() {
        holdBack(1);
        fixture.write(1);
        fixture.start("a", this::judge);
        await().until(() -> times(1) > 3L * LoopFixture.QUICK.tries());
        assertThat(fixture.deadLetters()).isEmpty();
        assertThat(fixture.pending()).isEqualTo(1);
    }

    @Test
    void setsAsideAHeldOneThatTurnsOutToBeAtFault() {
        AtomicInteger faults = new AtomicInteger();
        holdBack(1L, 2L);
        fixture.write(1, 3);
        fixture.start(
                "a",
                batch -> {
                    if (!unjudgeable.contains(1L)
                            && batch.stream().anyMatch(entry -> LoopFixture.n(entry) == 1)) {
                        faults.incrementAndGet();
                        throw new IllegalArgumentException("value is out of range");
                    }
                    judge(batch);
                });
        await().until(() -> times(1) >= 2);
        assertThat(faults).hasValue(0);
        unjudgeable.clear();
        await().untilAsserted(() -> assertThat(fixture.deadLetters()).hasSize(1));
        assertThat(fixture.deadLetters().getFirst())
                .containsEntry("n", "1")
                .containsEntry("deliveries", "3");
        await().untilAsserted(() -> assertThat(done).containsExactly(3L, 2L));
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
    }

    @Test
    void holdsBackFromBothHalvesOfABatchWithARecordAtFault() {
        holdBack(1L, 8L);
        fixture.write(1, 8);
        fixture.start(
                "a",
                batch -> {
                    if (batch.stream().anyMatch(entry -> LoopFixture.n(entry) == 5)) {
                        throw new IllegalArgumentException("value is out of range");
                    }
                    judge(batch);
                });
        await().untilAsserted(() -> assertThat(done).containsExactly(2L, 3L, 4L, 6L, 7L));
        await().untilAsserted(() -> assertThat(fixture.deadLetters()).hasSize(1));
        assertThat(fixture.deadLetters().getFirst()).containsEntry("n", "5");
        unjudgeable.clear();
        await().untilAsserted(() -> assertThat(done).contains(1L, 8L).hasSize(7));
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
    }

    @Test
    void waitsWithTheHeldOnesWhileTheWorldIsAway() {
        AtomicInteger away = new AtomicInteger();
        holdBack(1);
        fixture.write(1, 2);
        fixture.start(
                "a",
                batch -> {
                    if (unjudgeable.isEmpty() && away.incrementAndGet() <= 5) {
                        throw new WorldAway("the database is away", null);
                    }
                    judge(batch);
                });
        await().until(() -> times(1) >= 2);
        unjudgeable.clear();
        await().untilAsserted(() -> assertThat(done).containsExactly(2L, 1L));
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
        assertThat(fixture.deadLetters()).isEmpty();
    }

    @Test
    void givesThemAgainToTheSameConsumerAfterARestart() {
        holdBack(2);
        fixture.write(1, 3);
        ConsumerLoop<OfTelemetry> loop = fixture.start("a", this::judge);
        await().until(() -> times(2) >= 2);
        loop.close();
        assertThat(fixture.pending()).isEqualTo(1);
        assertThat(fixture.records("left")).isEqualTo(1);
        unjudgeable.clear();
        fixture.start("a", this::judge);
        await().untilAsserted(() -> assertThat(done).containsExactly(1L, 3L, 2L));
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
    }

    @Test
    void givesThemToAnotherConsumerOnceTheirsIsGone() {
        holdBack(2);
        fixture.write(1, 3);
        ConsumerLoop<OfTelemetry> loop = fixture.start("a", this::judge);
        await().until(() -> times(2) >= 2);
        loop.close();
        unjudgeable.clear();
        fixture.start("b", this::judge);
        await().untilAsserted(() -> assertThat(done).containsExactly(1L, 3L, 2L));
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
    }

    @Test
    void keepsThemFromOthersForLongerThanTheIdleTime() {
        List<Long> stolen = new CopyOnWriteArrayList<>();
        holdBack(1);
        fixture.write(1);
        fixture.start("a", this::judge, _ -> {}, LoopFixture.PATIENT);
        await().until(() -> times(1) >= 2);
        fixture.start(
                "b",
                batch -> batch.forEach(entry -> stolen.add(LoopFixture.n(entry))),
                _ -> {},
                LoopFixture.PATIENT);
        await().during(LoopFixture.PATIENT.idle().multipliedBy(2)).until(stolen::isEmpty);
        unjudgeable.clear();
        await().untilAsserted(() -> assertThat(done).containsExactly(1L));
        assertThat(stolen).isEmpty();
    }

    @Test
    void finishesThemAlthoughRedisForgotThem() {
        holdBack(1);
        fixture.write(1);
        fixture.start("a", this::judge);
        await().until(() -> times(1) >= 2);
        fixture.redis.flush();
        unjudgeable.clear();
        fixture.write(2);
        await().atMost(LONG).untilAsserted(() -> assertThat(done).contains(1L, 2L));
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
        await().untilAsserted(() -> assertThat(fixture.gauge("viw.stream.in_hand")).isZero());
    }

    @Test
    void holdsTheStreamWhenMoreThanABatchOfThemWait() {
        holdBackFrom(1, BATCH + 1);
        fixture.write(1, BATCH + 1);
        ConsumerLoop<OfTelemetry> loop = fixture.start("a", this::judge);
        await().until(() -> loop.waitingFor().isPresent());
        assertThat(loop.waitingFor()).contains(BATCH + 1 + " entries cannot be judged yet");
        fixture.write(100);
        await().during(Duration.ofMillis(500)).until(() -> !done.contains(100L));
        assertThat(fixture.deadLetters()).isEmpty();

        unjudgeable.clear();
        await().untilAsserted(() -> assertThat(done).contains(100L).hasSize(BATCH + 2));
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
        assertThat(done).doesNotHaveDuplicates();
        await().until(() -> loop.waitingFor().isEmpty());
    }

    /** Else two consumers could wait for each other for ever. */
    @Test
    void givesTheHeldOnesAgainAlsoWhileTheyHoldTheStream() {
        holdBackFrom(1, BATCH + 1);
        fixture.write(1, BATCH + 1);
        ConsumerLoop<OfTelemetry> loop = fixture.start("a", this::judge);
        await().until(() -> loop.waitingFor().isPresent());
        fixture.write(100);
        unjudgeable.remove(1L);
        await().untilAsserted(() -> assertThat(done).contains(1L, 100L));
        assertThat(done).doesNotContain(2L);
    }

    /** Else they could wait for it for ever. */
    @Test
    void takesOverWhatADeadConsumerLeftAlsoWhileTheyHoldTheStream() {
        ConsumerLoop<OfTelemetry> dead =
                fixture.start(
                        "dead",
                        _ -> {
                            throw new WorldAway("the database is away", null);
                        });
        fixture.write(1);
        await().until(() -> dead.waitingFor().isPresent());
        dead.close();
        holdBackFrom(2, 2 * BATCH);
        fixture.write(2, 1 + 2 * BATCH);
        fixture.start(
                "a",
                batch -> {
                    if (batch.stream().anyMatch(entry -> LoopFixture.n(entry) == 1)) {
                        unjudgeable.clear();
                    }
                    judge(batch);
                });
        await().untilAsserted(() -> assertThat(done).hasSize(1 + 2 * BATCH));
        assertThat(done).doesNotHaveDuplicates();
        assertThat(calls).allSatisfy(call -> assertThat(call).hasSizeLessThanOrEqualTo(BATCH));
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
    }

    /** They are the oldest pending, so a reading of what is pending begins with them. */
    @Test
    void seesWhatItTookOverBehindABatchOfHeldOnes() {
        holdBackFrom(1, BATCH);
        fixture.write(1, BATCH);
        fixture.start("a", this::judge, _ -> {}, LoopFixture.PATIENT);
        await().until(() -> times(1) >= 2);
        Set<Long> left = ConcurrentHashMap.newKeySet();
        ConsumerLoop<OfTelemetry> other =
                fixture.start(
                        "b",
                        batch -> {
                            batch.forEach(entry -> left.add(LoopFixture.n(entry)));
                            throw new WorldAway("the database is away", null);
                        },
                        _ -> {},
                        LoopFixture.PATIENT);
        for (long n = 100; left.isEmpty(); n++) {
            fixture.write(n);
        }
        other.close();
        await().untilAsserted(() -> assertThat(done).containsAll(left));
        await().untilAsserted(() -> assertThat(fixture.pending()).isEqualTo(BATCH));
    }
}
