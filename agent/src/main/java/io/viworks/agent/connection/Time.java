package io.viworks.agent.connection;

import java.time.Instant;

/** The gateway's two clocks: one that people set, one that only runs. */
public interface Time {
    Instant now();

    /** Nanoseconds from a fixed but unknown beginning. */
    long nanos();

    /** How many of {@link #nanos} pass in one of the machine's: timers run by this clock. */
    default double pace() {
        return 1;
    }

    /** The machine's own. */
    Time SYSTEM =
            new Time() {
                @Override
                public Instant now() {
                    return Instant.now();
                }

                @Override
                public long nanos() {
                    return System.nanoTime();
                }
            };
}
