package io.viworks.backplane.stream;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Whether a loop is to end, first politely, then by force. Thread-safe. */
final class Closing {
    private final CountDownLatch asked = new CountDownLatch(1);
    private volatile boolean forced;

    void ask() {
        asked.countDown();
    }

    void force() {
        forced = true;
        ask();
    }

    boolean asked() {
        return asked.getCount() == 0;
    }

    /**
     * The batch in hand is not waited for any more: whatever its handler throws now is our doing.
     */
    boolean forced() {
        return forced;
    }

    /**
     * Waits so long, or less when the loop is to end.
     *
     * @throws LoopStopped when it is to end
     */
    void pause(Duration pause) {
        try {
            if (asked.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new LoopStopped();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LoopStopped();
        }
    }

    /** Leaves a loop from within: what is in hand stays pending and is taken over. */
    static final class LoopStopped extends RuntimeException {
        LoopStopped() {
            super("the loop was closed with a batch in hand", null, false, false);
        }
    }
}
