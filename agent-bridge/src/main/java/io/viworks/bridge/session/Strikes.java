package io.viworks.bridge.session;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/** An agent's mistakes: so many ERRORs within a minute, or other ids in all, end its session. */
final class Strikes {
    /** This ERROR within {@link #WINDOW} is followed by 4400. */
    static final int ERRORS = 10;

    static final Duration WINDOW = Duration.ofMinutes(1);

    /** This frame of another agent's is followed by 4401. */
    static final int MISMATCHES = 3;

    private final Deque<Long> errors = new ArrayDeque<>();
    private int mismatches;

    /** Counts an ERROR; whether it was one too many. */
    boolean error(long nowNanos) {
        errors.addLast(nowNanos);
        while (nowNanos - errors.getFirst() > WINDOW.toNanos()) {
            errors.removeFirst();
        }
        return errors.size() >= ERRORS;
    }

    /** Counts a frame that named another agent; whether it was one too many. */
    boolean mismatch() {
        mismatches++;
        return mismatches >= MISMATCHES;
    }
}
