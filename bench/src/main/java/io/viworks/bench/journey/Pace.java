package io.viworks.bench.journey;

import java.util.concurrent.TimeUnit;

/** So many a second, evenly; what begins late is counted and not made up for. For one thread. */
final class Pace {
    private final long pauseNanos;
    private long due = System.nanoTime();
    private int late;

    /**
     * Begins now.
     *
     * @param perSecond 0 for no pause at all
     */
    Pace(int perSecond) {
        this.pauseNanos = perSecond == 0 ? 0 : TimeUnit.SECONDS.toNanos(1) / perSecond;
    }

    /** Waits for the next one's time. */
    void await() throws InterruptedException {
        long early = due - System.nanoTime();
        if (early > 0) {
            TimeUnit.NANOSECONDS.sleep(early);
            due += pauseNanos;
        } else {
            late += early < -pauseNanos && pauseNanos > 0 ? 1 : 0;
            due = System.nanoTime() + pauseNanos;
        }
    }

    /** How many could begin only when their successor was due already. */
    int late() {
        return late;
    }
}
