package io.viworks.agent.connection;

import java.time.Duration;
import java.time.Instant;

/**
 * Clocks that run faster than the machine's, for lives of days in a test of seconds. Two processes
 * that are given the same beginning have the same time.
 */
final class HastyTime implements Time {
    private final Instant beginning;
    private final long pace;
    private final long origin = System.nanoTime();

    HastyTime(Instant beginning, long pace) {
        this.beginning = beginning;
        this.pace = pace;
    }

    Instant beginning() {
        return beginning;
    }

    @Override
    public Instant now() {
        return beginning.plus(Duration.between(beginning, Instant.now()).multipliedBy(pace));
    }

    @Override
    public long nanos() {
        return (System.nanoTime() - origin) * pace;
    }

    @Override
    public double pace() {
        return pace;
    }
}
