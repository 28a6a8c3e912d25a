package io.viworks.backplane.stream;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Growing pauses with jitter, so that many waiting together do not come back together. */
final class Pauses {
    private final Closing closing;
    private final LoopOptions options;
    private final RandomGenerator random;
    private Duration next;

    Pauses(Closing closing, LoopOptions options, RandomGenerator random) {
        this.closing = closing;
        this.options = options;
        this.random = random;
        this.next = options.firstPause();
    }

    /** Waits between half of the present pause and all of it, and doubles it for the next time. */
    void pause() {
        long most = next.toNanos();
        Duration doubled = next.multipliedBy(2);
        next = doubled.compareTo(options.longestPause()) < 0 ? doubled : options.longestPause();
        closing.pause(Duration.ofNanos(most / 2 + random.nextLong(most / 2 + 1)));
    }

    void reset() {
        next = options.firstPause();
    }
}
