package io.viworks.backplane.stream;

import io.viworks.backplane.stream.Closing.LoopStopped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How the lanes of a loop come to what is new. Where records may wait ({@link
 * BatchHandler#patience}) they read in turn, and who reads goes on for a moment while all that
 * comes may wait: so a command's dispatch, its ACK and its RESULT are one batch, where two lanes
 * would wait for each other's row three times. What may not wait is never waited with.
 *
 * <p>A Redis with nothing else to do looks at its clock ten times a second ({@code hz 10}) and ends
 * the moment that much later. Thread-safe.
 */
final class Gathering<R extends StreamRecord> {
    private final Subscription<R> subscription;
    private final BatchHandler<R> handler;
    private final LoopOptions options;
    private final Closing closing;

    /** Fair, so that no lane's other duties wait for long. */
    private final ReentrantLock turn = new ReentrantLock(true);

    Gathering(
            Subscription<R> subscription,
            BatchHandler<R> handler,
            LoopOptions options,
            Closing closing) {
        this.subscription = subscription;
        this.handler = handler;
        this.options = options;
        this.closing = closing;
    }

    /** What is new, for this lane; waits for it as long as a loop blocks. */
    List<RawEntry> read(GroupReader reader) {
        if (handler.patience().isZero()) {
            return reader.readNew(options.block(), options.batch());
        }
        if (!hasTurn()) {
            return List.of();
        }
        try {
            return closing.asked() ? List.of() : gather(reader);
        } finally {
            turn.unlock();
        }
    }

    private boolean hasTurn() {
        try {
            return turn.tryLock(options.block().toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LoopStopped();
        }
    }

    private List<RawEntry> gather(GroupReader reader) {
        List<RawEntry> last = reader.readNew(options.block(), options.batch());
        List<RawEntry> all = new ArrayList<>(last);
        long left = Math.min(handler.patience().toMillis(), options.block().toMillis());
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(left);
        while (left > 0
                && !last.isEmpty()
                && all.size() < options.batch()
                && last.stream().allMatch(this::mayWait)) {
            last = reader.readNew(Duration.ofMillis(left), options.batch() - all.size());
            all.addAll(last);
            left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        }
        return all;
    }

    private boolean mayWait(RawEntry entry) {
        try {
            return !entry.isTrimmed()
                    && handler.mayWait(
                            RecordFields.read(subscription.records(), entry.id(), entry.fields()));
        } catch (MalformedRecord malformed) {
            return false;
        }
    }
}
