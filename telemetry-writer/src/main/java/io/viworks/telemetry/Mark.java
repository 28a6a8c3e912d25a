package io.viworks.telemetry;

import java.util.Comparator;

/** The order of what an agent said: {@code (epoch, n)} (spec 3.1). */
record Mark(long epoch, long n) implements Comparable<Mark> {
    /** Before anything. */
    static final Mark NONE = new Mark(0, -1);

    private static final Comparator<Mark> ORDER =
            Comparator.comparingLong(Mark::epoch).thenComparingLong(Mark::n);

    @Override
    public int compareTo(Mark other) {
        return ORDER.compare(this, other);
    }
}
