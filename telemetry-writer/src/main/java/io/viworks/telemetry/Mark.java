package io.viworks.telemetry;

import java.util.Comparator;

/** The order of what an agent said: {@code (epoch, n)} (spec 3.1). */
record Mark(long epoch, long n) implements Comparable<Mark> {
    /** Before anything. */
    static final Mark NONE = new Mark(0, -1);

    private static final Comparator<Mark> ORDER =
            Comparator.comparingLong(Mark::epoch).thenComparingLong(Mark::n);

    /** Four bytes by which a minute knows this mark again among the few it counts. */
    int tag() {
        // The finalizer of SplitMix64: every bit of both numbers moves every bit of the tag.
        long z = epoch * 0x9E3779B97F4A7C15L + n;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return (int) (z ^ (z >>> 31));
    }

    @Override
    public int compareTo(Mark other) {
        return ORDER.compare(this, other);
    }
}
