package io.viworks.backplane.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.stream.StreamRecord.OfTelemetry;
import io.viworks.patience.Patience;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A loop that begins batches on the event loop that reads them. */
class LoopPromptTest {
    private static final int BATCH = LoopFixture.PATIENT.batch();

    private final LoopFixture fixture = LoopFixture.onShared();
    private final Beginner all = beginner(_ -> false);

    @AfterEach
    void close() {
        all.begun.forEach(Beginner.Begun::ends);
        fixture.close();
    }

    private Beginner beginner(Predicate<List<Long>> refusing) {
        return new Beginner(fixture.eventLoop()::inEventLoop, refusing);
    }

    private void awaitBegun(Beginner handler, int batches) {
        await().until(() -> handler.begun.size() >= batches);
        assertThat(handler.begun).hasSize(batches);
    }

    private void awaitAllEnded() {
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
        await().untilAsserted(() -> assertThat(fixture.gauge("viw.stream.in_hand")).isZero());
    }

    @Test
    void beginsWhatItReadsOnTheEventLoopAndAcknowledgesWhatHasEnded() {
        Beginner handler = Beginner.ending(fixture.eventLoop()::inEventLoop);
        fixture.startOnEventLoop(handler);

        fixture.write(1, BATCH);

        await().untilAsserted(() ->
                assertThat(handler.ns()).containsExactlyElementsOf(numbers(1, BATCH)));
        awaitAllEnded();
        assertThat(handler.begun).allMatch(Beginner.Begun::there);
        assertThat(handler.handled).isEmpty();
        assertThat(fixture.records("read")).isEqualTo(BATCH);
        assertThat(fixture.records("handled")).isEqualTo(BATCH);
    }

    private static List<Long> numbers(long from, long to) {
        return LongStream.rangeClosed(from, to).boxed().toList();
    }

    @Test
    void beginsTheNextWhileTheOneBeforeHasNotEnded() {
        fixture.startOnEventLoop(all);
        fixture.write(1);
        awaitBegun(all, 1);
        fixture.write(2);
        awaitBegun(all, 2);
        assertThat(fixture.pending()).isEqualTo(2);

        all.begun.get(1).ends();
        await().untilAsserted(() -> assertThat(fixture.pending()).isEqualTo(1));
        all.begun.get(0).ends();

        awaitAllEnded();
        assertThat(all.handled).isEmpty();
        assertThat(fixture.records("handled")).isEqualTo(2);
    }

    @Test
    void givesAFailedBatchToHandleOnceAndGoesOnBeginning() {
        fixture.startOnEventLoop(all);
        fixture.write(1);
        awaitBegun(all, 1);

        all.begun.getFirst().fails();

        await().untilAsserted(() -> assertThat(all.handled).containsExactly(1L));
        awaitAllEnded();
        fixture.write(2);
        awaitBegun(all, 2);
        all.begun.getLast().ends();
        awaitAllEnded();
        assertThat(all.ns()).containsExactly(1L, 2L);
        assertThat(all.handled).containsExactly(1L);
        assertThat(fixture.records("handled")).isEqualTo(2);
        assertThat(fixture.records("read")).isEqualTo(2);
    }

    @Test
    void handlesWhatFailsInTheOrderItWasReadWhicheverFailedFirst() {
        fixture.startOnEventLoop(all);
        fixture.write(1);
        awaitBegun(all, 1);
        fixture.write(2);
        awaitBegun(all, 2);

        all.begun.get(1).fails();
        await().during(LoopFixture.PATIENT.block().multipliedBy(3)).until(all.handled::isEmpty);
        all.begun.get(0).fails();

        await().untilAsserted(() -> assertThat(all.handled).containsExactly(1L, 2L));
        awaitAllEnded();
        assertThat(fixture.records("handled")).isEqualTo(2);
    }

    @Test
    void handlesWhatIsNotBegunAfterAllThatWasBegunBefore() {
        Beginner handler = beginner(ns -> ns.contains(3L));
        fixture.startOnEventLoop(handler);
        fixture.write(1);
        awaitBegun(handler, 1);
        fixture.write(2);
        awaitBegun(handler, 2);

        fixture.write(3);
        await().untilAsserted(() -> assertThat(fixture.pending()).isEqualTo(3));
        handler.begun.get(1).ends();
        await().untilAsserted(() -> assertThat(fixture.pending()).isEqualTo(2));
        assertThat(handler.handled).isEmpty();
        handler.begun.get(0).ends();

        await().untilAsserted(() -> assertThat(handler.handled).containsExactly(3L));
        awaitAllEnded();
        assertThat(fixture.records("read")).isEqualTo(3);
        assertThat(fixture.records("handled")).isEqualTo(3);
    }

    @Test
    void setsAsideTheRecordThatBeginningThrowsForAndHandlesItsNeighbours() {
        long poison = 4;
        Predicate<List<Long>> throwing =
                ns -> {
                    if (ns.contains(poison)) {
                        throw new IllegalArgumentException("of the test");
                    }
                    return false;
                };
        Beginner handler =
                new Beginner(fixture.eventLoop()::inEventLoop, throwing) {
                    @Override
                    public void handle(List<Entry<OfTelemetry>> batch) throws Exception {
                        var _ = throwing.test(batch.stream().map(LoopFixture::n).toList());
                        super.handle(batch);
                    }
                };
        fixture.write(1, BATCH);
        fixture.startOnEventLoop(handler);

        await().untilAsserted(() -> assertThat(fixture.deadLetters()).hasSize(1));
        awaitAllEnded();
        assertThat(fixture.deadLetters().getFirst())
                .containsEntry("reason", "fault")
                .containsEntry("n", "4");
        assertThat(handler.handled)
                .containsExactlyElementsOf(
                        numbers(1, BATCH).stream().filter(n -> n != poison).toList());
        assertThat(handler.begun).isEmpty();
        assertThat(fixture.records("read")).isEqualTo(BATCH);
        assertThat(fixture.records("handled")).isEqualTo(BATCH - 1);
        assertThat(fixture.records("set_aside")).isEqualTo(1);
    }

    @Test
    void setsAsideWhatCannotBeReadAndHandlesItsNeighbours() {
        fixture.write(1);
        fixture.raw.xadd(LoopFixture.STREAM, Map.of("x", new byte[] {1}));
        fixture.write(2);
        fixture.startOnEventLoop(all);

        await().untilAsserted(() -> assertThat(all.handled).containsExactly(1L, 2L));
        awaitAllEnded();
        assertThat(fixture.deadLetters())
                .singleElement()
                .satisfies(letter -> assertThat(letter).containsEntry("reason", "malformed"));
        assertThat(all.begun).isEmpty();
        assertThat(fixture.records("read")).isEqualTo(3);
        assertThat(fixture.records("set_aside")).isEqualTo(1);
    }

    @Test
    void hasNoMoreThanABatchUnderWay() {
        fixture.startOnEventLoop(all);
        fixture.write(1);
        awaitBegun(all, 1);

        fixture.write(2, 3L * BATCH);
        await().untilAsserted(() -> assertThat(fixture.pending()).isGreaterThan(all.ns().size()));
        assertThat(all.handled).isEmpty();

        await().until(() -> {
            all.begun.forEach(Beginner.Begun::ends);
            return fixture.records("handled") == 3 * BATCH;
        });
        assertThat(all.most()).isBetween(2, BATCH);
        assertThat(all.handled).isNotEmpty();
        assertThat(all.ns().size() + all.handled.size()).isEqualTo(3 * BATCH);
        awaitAllEnded();
    }

    @Test
    void finishesWhatIsUnderWayWhenItIsClosed() {
        ConsumerLoop<OfTelemetry> loop = fixture.startOnEventLoop(all);
        fixture.write(1);
        awaitBegun(all, 1);
        Thread closer = Thread.ofVirtual().start(loop::close);
        all.begun.getFirst().ends();

        assertThat(joined(closer)).isTrue();
        assertThat(loop.alive()).isFalse();
        assertThat(fixture.pending()).isZero();
        assertThat(fixture.records("handled")).isEqualTo(1);
        assertThat(fixture.records("left")).isZero();
    }

    private static boolean joined(Thread thread) {
        try {
            return thread.join(Patience.LONGEST);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void leavesWhatDoesNotEndPendingWhenItIsClosedByForce() {
        ConsumerLoop<OfTelemetry> loop = fixture.startOnEventLoop(all);
        fixture.write(1);
        awaitBegun(all, 1);
        fixture.write(2);
        awaitBegun(all, 2);
        all.begun.get(1).ends();
        await().untilAsserted(() -> assertThat(fixture.records("handled")).isEqualTo(1));

        loop.close();

        assertThat(loop.alive()).isFalse();
        assertThat(fixture.pending()).isEqualTo(1);
        assertThat(fixture.records("read")).isEqualTo(2);
        assertThat(fixture.records("left")).isEqualTo(1);
        all.begun.getFirst().ends(); // late, and durable all the same
        await().untilAsserted(() -> assertThat(fixture.pending()).isZero());
        assertThat(fixture.records("handled")).isEqualTo(1);
    }
}
