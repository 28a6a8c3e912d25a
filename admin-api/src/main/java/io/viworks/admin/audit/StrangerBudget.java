package io.viworks.admin.audit;

import java.time.Duration;
import java.time.Instant;

/**
 * How many refusals of strangers the audit log takes: {@value #PER_MINUTE} a minute; what is more
 * is counted, and the count becomes one row when the minute is over. Thread-safe.
 */
final class StrangerBudget {
    /** Rows a minute. */
    static final int PER_MINUTE = 60;

    private Instant windowEnds = Instant.EPOCH;
    private int taken;
    private long suppressed;

    /** What to do with one more refusal. */
    sealed interface Verdict {
        /** Write it, and before it a row that counts what was left out earlier, unless 0. */
        record Write(long suppressedBefore) implements Verdict {}

        /** Leave it out. */
        record LeaveOut() implements Verdict {}
    }

    synchronized Verdict take(Instant now) {
        long before = 0;
        if (!now.isBefore(windowEnds)) {
            windowEnds = now.plus(Duration.ofMinutes(1));
            taken = 0;
            before = suppressed;
            suppressed = 0;
        }
        if (taken == PER_MINUTE) {
            suppressed++;
            return new Verdict.LeaveOut();
        }
        taken++;
        return new Verdict.Write(before);
    }
}
