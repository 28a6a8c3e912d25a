package io.viworks.backplane.stream;

import io.viworks.backplane.stream.StreamRecord.OfTelemetry;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A handler that begins what it is told to, and remembers what it was given. */
class Beginner implements BatchHandler<OfTelemetry> {
    final List<Begun> begun = new CopyOnWriteArrayList<>();
    final List<Long> handled = new CopyOnWriteArrayList<>();
    private final BooleanSupplier there;
    private final AtomicInteger most = new AtomicInteger();
    private final Predicate<List<Long>> refusing;

    /**
     * Begins all but some.
     *
     * @param there whether the present thread is where batches are begun
     * @param refusing asked for each batch; may throw
     */
    Beginner(BooleanSupplier there, Predicate<List<Long>> refusing) {
        this.there = there;
        this.refusing = refusing;
    }

    /** One whose batches end as soon as they are begun. */
    static Beginner ending(BooleanSupplier there) {
        return new Beginner(there, _ -> false) {
            @Override
            public @Nullable CompletionStage<?> begin(List<Entry<OfTelemetry>> batch) {
                CompletionStage<?> end = super.begin(batch);
                begun.getLast().ends();
                return end;
            }
        };
    }

    /** A batch that was begun, by the counts of its records, and what ends it. */
    record Begun(List<Long> ns, boolean there, CompletableFuture<Void> end) {
        void ends() {
            boolean _ = end.complete(null);
        }

        void fails() {
            boolean _ = end.completeExceptionally(new IllegalStateException("of the test"));
        }
    }

    @Override
    public @Nullable CompletionStage<?> begin(List<Entry<OfTelemetry>> batch) {
        List<Long> ns = batch.stream().map(LoopFixture::n).toList();
        if (refusing.test(ns)) {
            return null;
        }
        Begun one = new Begun(ns, there.getAsBoolean(), new CompletableFuture<>());
        begun.add(one);
        int _ = most.accumulateAndGet(underway(), Math::max);
        return one.end();
    }

    @Override
    public void handle(List<Entry<OfTelemetry>> batch) throws Exception {
        batch.forEach(entry -> handled.add(LoopFixture.n(entry)));
    }

    private int underway() {
        return begun.stream()
                .filter(one -> !one.end().isDone())
                .mapToInt(one -> one.ns().size())
                .sum();
    }

    /** The most records that were under way at once. */
    int most() {
        return most.get();
    }

    /** What was begun, in its order. */
    List<Long> ns() {
        return begun.stream().flatMap(one -> one.ns().stream()).toList();
    }
}
