package io.viworks.backplane.stream;

import io.viworks.backplane.stream.Closing.LoopStopped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The batches of a lane that its handler has begun where they were read ({@link
 * BatchHandler#begin}). They end by themselves: each is acknowledged by whoever ends it. What goes
 * wrong waits for the lane. Thread-safe.
 */
final class Prompt<R extends StreamRecord> {
    private final Group group;
    private final Subscription<R> subscription;
    private final BatchHandler<R> handler;
    private final LoopMeters meters;
    private final InHand inHand;
    private final int most;
    private final Duration longest;
    private final Set<Begun<R>> underway = new LinkedHashSet<>();
    private final List<Item<R>> failed = new ArrayList<>();
    private final List<String> unacknowledged = new ArrayList<>();
    private int records;

    /**
     * Nothing has been begun.
     *
     * @param most records under way at once
     * @param longest time a batch may take to end by itself
     */
    Prompt(
            Group group,
            Subscription<R> subscription,
            BatchHandler<R> handler,
            LoopMeters meters,
            InHand inHand,
            int most,
            Duration longest) {
        this.group = group;
        this.subscription = subscription;
        this.handler = handler;
        this.meters = meters;
        this.inHand = inHand;
        this.most = most;
        this.longest = longest;
    }

    /** One batch under way. */
    private record Begun<R extends StreamRecord>(
            List<Item<R>> items, List<String> ids, long atNanos) {

        // One is not another, whatever they hold.
        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /**
     * Begins what was just read, on the thread that read it.
     *
     * @return false when that is for the lane: nothing of it has been begun
     */
    boolean takesOn(List<RawEntry> read) {
        List<Item<R>> items = fits(read.size()) ? decoded(read) : List.of();
        if (items.isEmpty()) {
            return false;
        }
        List<String> ids = new ArrayList<>(items.size());
        List<Entry<R>> entries = new ArrayList<>(items.size());
        for (Item<R> item : items) {
            ids.add(item.id());
            entries.add(item.entry());
        }
        Begun<R> batch = new Begun<>(items, ids, System.nanoTime());
        CompletionStage<?> end = begun(entries);
        if (end == null) {
            return false;
        }
        inHand.take(ids);
        meters.read.increment(items.size());
        meters.batchSize.record(items.size());
        synchronized (this) {
            underway.add(batch);
            records += items.size();
        }
        var _ = end.whenComplete((_, fault) -> ended(batch, fault));
        return true;
    }

    private synchronized boolean fits(int more) {
        return !hasGoneWrong() && records + more <= most;
    }

    /** None when one of them is for the lane: trimmed, or malformed. */
    private List<Item<R>> decoded(List<RawEntry> read) {
        List<Item<R>> items = new ArrayList<>(read.size());
        try {
            for (RawEntry entry : read) {
                if (entry.isTrimmed()) {
                    return List.of();
                }
                R record = RecordFields.read(subscription.records(), entry.id(), entry.fields());
                items.add(new Item<>(new Entry<>(entry.id(), record), entry.fields()));
            }
            return items;
        } catch (MalformedRecord malformed) {
            return List.of();
        }
    }

    private @Nullable CompletionStage<?> begun(List<Entry<R>> entries) {
        try {
            return handler.begin(entries);
        } catch (RuntimeException | StackOverflowError fault) {
            // The lane finds the record at fault.
            return null;
        }
    }

    private void ended(Begun<R> batch, @Nullable Throwable fault) {
        meters.handling.record(System.nanoTime() - batch.atNanos(), TimeUnit.NANOSECONDS);
        if (fault != null) {
            leave(batch, () -> failed.addAll(batch.items()));
            return;
        }
        List<String> ids = batch.ids();
        var _ =
                group.acknowledging(ids)
                        .whenComplete((_, refused) ->
                                leave(
                                        batch,
                                        refused == null
                                                ? () -> done(ids)
                                                : () -> unacknowledged.addAll(ids)));
    }

    private void done(List<String> ids) {
        inHand.finish(ids);
        meters.handled.increment(ids.size());
    }

    /**
     * Does what follows for a batch that is under way until then, and for no other: one that was
     * given up is somebody else's. Who sees it under way no more sees that as well.
     */
    private synchronized void leave(Begun<R> batch, Runnable then) {
        if (underway.remove(batch)) {
            records -= batch.items().size();
            then.run();
            notifyAll();
        }
    }

    /**
     * Waits until nothing is under way; what takes too long has gone wrong.
     *
     * @throws LoopStopped when the thread is interrupted
     */
    synchronized void settle() {
        giveUp();
        while (!underway.isEmpty()) {
            await(left(underway.iterator().next()));
            giveUp();
        }
    }

    private synchronized void giveUp() {
        while (!underway.isEmpty()) {
            Begun<R> oldest = underway.iterator().next();
            if (left(oldest) > 0) {
                return;
            }
            leave(oldest, () -> failed.addAll(oldest.items()));
        }
    }

    /** How many nanoseconds of its time. */
    private long left(Begun<R> batch) {
        return longest.toNanos() - (System.nanoTime() - batch.atNanos());
    }

    private synchronized void await(long nanos) {
        try {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(1_000_000, nanos));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LoopStopped();
        }
    }

    /** Nobody waits for what is under way any more. */
    synchronized void abandon() {
        underway.clear();
    }

    /**
     * Whether something has gone wrong, or takes too long: then nothing is begun until the lane has
     * seen to it.
     */
    synchronized boolean hasGoneWrong() {
        giveUp();
        return !failed.isEmpty() || !unacknowledged.isEmpty();
    }

    /** What was begun and went wrong, for the lane to handle now, as it was read: once. */
    synchronized List<Item<R>> failed() {
        failed.sort(Comparator.comparing(Item::id, StreamIds.ORDER));
        return drained(failed);
    }

    /** What is done and not acknowledged, for the lane to acknowledge now: once. */
    synchronized List<String> unacknowledged() {
        return drained(unacknowledged);
    }

    private static <T> List<T> drained(List<T> from) {
        List<T> all = List.copyOf(from);
        from.clear();
        return all;
    }
}
