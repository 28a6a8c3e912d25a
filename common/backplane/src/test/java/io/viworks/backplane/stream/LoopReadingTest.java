package io.viworks.backplane.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.Consumer;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.viworks.backplane.WorldAway;
import io.viworks.backplane.stream.StreamRecord.OfTelemetry;
import io.viworks.patience.Patience;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoopReadingTest {
    private final LoopFixture fixture = LoopFixture.onShared();
    private final List<Long> seen = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        fixture.close();
    }

    private void record(List<Entry<OfTelemetry>> batch) {
        batch.forEach(entry -> seen.add(LoopFixture.n(entry)));
    }

    @Test
    void handsOverInOrderAndAcknowledges() {
        fixture.start("a", this::record);
        fixture.write(1, 30);
        await().untilAsserted(() -> assertThat(seen).hasSize(30).isSorted());
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
    }

    @Test
    void lanesHandleBatchesAtTheSameTimeAndAllOfThemOnce() {
        CountDownLatch both = new CountDownLatch(2);
        fixture.write(1, 60);
        fixture.start(
                "a",
                batch -> {
                    both.countDown();
                    assertThat(both.await(Patience.LONGEST.toSeconds(), TimeUnit.SECONDS)).isTrue();
                    record(batch);
                },
                _ -> {},
                LoopFixture.QUICK.withLanes(2));
        await().untilAsserted(() -> assertThat(seen).hasSize(60).doesNotHaveDuplicates());
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
        await().untilAsserted(() -> assertThat(fixture.records("handled")).isEqualTo(60));
    }

    @Test
    void readsWhatWasWrittenBeforeItsGroupExisted() {
        fixture.write(1, 3);
        fixture.start("a", this::record);
        await().untilAsserted(() -> assertThat(seen).containsExactly(1L, 2L, 3L));
    }

    @Test
    void readsWhatIsPendingForItselfFirst() {
        pendingFor("a", 1, 3);
        fixture.write(4);
        fixture.start("a", this::record);
        await().untilAsserted(() -> assertThat(seen).containsExactly(1L, 2L, 3L, 4L));
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
    }

    @Test
    void takesOverWhatADeadConsumerLeft() {
        pendingFor("dead", 1, 20);
        fixture.start("b", this::record);
        await().untilAsserted(() -> assertThat(seen).hasSize(20));
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
        assertThat(
                        fixture.meters
                                .counter(
                                        "viw.stream.taken_over",
                                        "stream",
                                        LoopFixture.STREAM,
                                        "group",
                                        LoopFixture.GROUP)
                                .count())
                .isEqualTo(20);
    }

    @Test
    void removesAConsumerThatIsGoneButNotOneWithSomethingPending() {
        pendingFor("gone", 1, 1);
        fixture.raw.xgroupCreateconsumer(
                LoopFixture.STREAM, Consumer.from(LoopFixture.GROUP, "empty"));
        fixture.start("a", this::record);
        await().untilAsserted(() -> assertThat(consumers()).containsExactly("a"));
        await().untilAsserted(() -> assertThat(seen).containsExactly(1L));
    }

    @Test
    void keepsWhatItHoldsForLongerThanTheIdleTime() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch entered = new CountDownLatch(1);
        fixture.start(
                "slow",
                batch -> {
                    record(batch);
                    entered.countDown();
                    release.await();
                },
                _ -> {},
                LoopFixture.PATIENT);
        fixture.write(1);
        entered.await();
        AtomicInteger stolen = new AtomicInteger();
        fixture.start(
                "other", batch -> stolen.addAndGet(batch.size()), _ -> {}, LoopFixture.PATIENT);
        await().during(LoopFixture.PATIENT.idle().multipliedBy(2)).until(() -> stolen.get() == 0);
        release.countDown();
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
        assertThat(seen).containsExactly(1L);
        assertThat(stolen).hasValue(0);
    }

    @Test
    void acknowledgesTrimmedPendingEntriesAndCountsThemAsLost() {
        pendingFor("dead", 1, 5);
        fixture.raw.xtrim(LoopFixture.STREAM, 2);
        fixture.start("a", this::record);
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
        assertThat(seen).containsExactly(4L, 5L);
        await().untilAsserted(() ->
                assertThat(fixture.records("lost") + fixture.records("handled"))
                        .isEqualTo(fixture.records("read")));
    }

    @Test
    void finishesTheBatchInHandWhenItIsClosed() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch entered = new CountDownLatch(1);
        ConsumerLoop<OfTelemetry> loop =
                fixture.start(
                        "a",
                        batch -> {
                            entered.countDown();
                            release.await();
                            record(batch);
                        });
        fixture.write(1);
        entered.await();
        Thread closer = Thread.ofVirtual().start(loop::close);
        release.countDown();
        closer.join();
        assertThat(seen).containsExactly(1L);
        assertThat(fixture.pending()).isZero();
        assertThat(loop.alive()).isFalse();
        assertThat(consumers()).isEmpty();
    }

    @Test
    void leavesAHeldBatchPendingWhenItIsClosed() {
        ConsumerLoop<OfTelemetry> loop =
                fixture.start(
                        "a",
                        _ -> {
                            throw new WorldAway("the database is away", null);
                        });
        fixture.write(1, 3);
        await().until(() -> loop.waitingFor().isPresent());
        loop.close();
        assertThat(fixture.pending()).isPositive();
        assertThat(fixture.records("read")).isEqualTo(fixture.records("left"));
        assertThat(fixture.deadLetters()).isEmpty();
        fixture.start("b", this::record);
        await().untilAsserted(() -> assertThat(seen).containsExactlyInAnyOrder(1L, 2L, 3L));
    }

    @Test
    void interruptsAHandlerThatDoesNotEnd() {
        CountDownLatch entered = new CountDownLatch(1);
        ConsumerLoop<OfTelemetry> loop =
                fixture.start(
                        "a",
                        _ -> {
                            entered.countDown();
                            new CountDownLatch(1).await();
                        });
        fixture.write(1);
        await().until(() -> entered.getCount() == 0);
        loop.close();
        assertThat(loop.alive()).isFalse();
        assertThat(fixture.pending()).isEqualTo(1);
        assertThat(fixture.deadLetters()).isEmpty();
    }

    @Test
    void isNotAliveOnceAnErrorHasEndedIt() {
        ConsumerLoop<OfTelemetry> loop =
                fixture.start(
                        "a",
                        _ -> {
                            throw new OutOfMemoryError("of the test");
                        });
        assertThat(loop.alive()).isTrue();
        assertThat(fixture.gauge("viw.stream.alive")).isEqualTo(1);
        fixture.write(1);
        await().until(() -> !loop.alive());
        assertThat(fixture.gauge("viw.stream.alive")).isZero();
        assertThat(fixture.pending()).isEqualTo(1);
    }

    private List<String> consumers() {
        return fixture.raw.xinfoConsumers(LoopFixture.STREAM, LoopFixture.GROUP).stream()
                .map(info -> ((List<?>) info).get(1))
                .map(name -> new String((byte[]) name, StandardCharsets.UTF_8))
                .toList();
    }

    /** Writes records and has another consumer read them, which then never comes back. */
    @SuppressWarnings("unchecked") // an array of one StreamOffset<String>, made by the varargs
    private void pendingFor(String consumer, long from, long to) {
        fixture.write(from, to);
        fixture.raw.xgroupCreate(
                StreamOffset.from(LoopFixture.STREAM, "0"),
                LoopFixture.GROUP,
                XGroupCreateArgs.Builder.mkstream());
        assertThat(
                        fixture.raw.xreadgroup(
                                Consumer.from(LoopFixture.GROUP, consumer),
                                XReadArgs.Builder.count(1000),
                                StreamOffset.lastConsumed(LoopFixture.STREAM)))
                .isNotEmpty();
    }
}
