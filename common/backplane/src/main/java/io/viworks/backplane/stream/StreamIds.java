package io.viworks.backplane.stream;

import java.time.Instant;
import java.util.Comparator;

/** Stream ids of the form {@code ms-seq}. */
public final class StreamIds {
    /** Before every id. */
    public static final String FIRST = "0-0";

    /** By time, then by count within the millisecond. */
    public static final Comparator<String> ORDER =
            Comparator.comparingLong(StreamIds::millis).thenComparingLong(StreamIds::count);

    private StreamIds() {}

    /** When Redis took the entry in, by its clock. */
    public static Instant time(String id) {
        return Instant.ofEpochMilli(millis(id));
    }

    private static long millis(String id) {
        int dash = id.indexOf('-');
        return Long.parseUnsignedLong(dash < 0 ? id : id.substring(0, dash));
    }

    private static long count(String id) {
        int dash = id.indexOf('-');
        return dash < 0 ? 0 : Long.parseUnsignedLong(id.substring(dash + 1));
    }
}
