package io.viworks.bench.load;

import java.util.UUID;

/**
 * A correlation id that says when it was made: its upper half is {@link System#nanoTime}, which on
 * Linux is the same clock in every process of a machine. So the agent that gets the command knows
 * how long it was on its way.
 */
public final class Stamped {
    /** The lower half begins so, that no other id is taken for one. */
    private static final long MARK = 0xbe9cL << 48;

    private static final long MARKED = 0xffffL << 48;

    private Stamped() {}

    /**
     * An id made now.
     *
     * @param number that tells apart those of one nanosecond, below 2^48
     */
    public static UUID now(long number) {
        return new UUID(System.nanoTime(), MARK | number);
    }

    static boolean is(UUID id) {
        return (id.getLeastSignificantBits() & MARKED) == MARK;
    }

    static long nanos(UUID id) {
        return id.getMostSignificantBits();
    }
}
