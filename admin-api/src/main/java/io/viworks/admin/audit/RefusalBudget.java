package io.viworks.admin.audit;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How many refusals of one caller the audit log takes a minute; what is more is counted, and the
 * count becomes one row when the minute is over. Strangers count as one together. Thread-safe.
 */
final class RefusalBudget {
    /** Callers whose counts are remembered; that of the one seen least lately is given up. */
    static final int REMEMBERED = 1_000;

    private final int perMinute;
    private final Map<String, Window> windows =
            new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Window> eldest) {
                    return size() > REMEMBERED;
                }
            };

    RefusalBudget(int perMinute) {
        this.perMinute = perMinute;
    }

    /** What to do with one more refusal. */
    sealed interface Verdict {
        /** Write it, and before it a row that counts what was left out earlier, unless 0. */
        record Write(long suppressedBefore) implements Verdict {}

        /** Leave it out. */
        record LeaveOut() implements Verdict {}
    }

    synchronized Verdict take(String who, Instant now) {
        return windows.computeIfAbsent(who, _ -> new Window()).take(now, perMinute);
    }

    /** One caller's minute. */
    private static final class Window {
        private Instant ends = Instant.EPOCH;
        private int taken;
        private long suppressed;

        Verdict take(Instant now, int perMinute) {
            long before = 0;
            if (!now.isBefore(ends)) {
                ends = now.plus(Duration.ofMinutes(1));
                taken = 0;
                before = suppressed;
                suppressed = 0;
            }
            if (taken == perMinute) {
                suppressed++;
                return new Verdict.LeaveOut();
            }
            taken++;
            return new Verdict.Write(before);
        }
    }
}
