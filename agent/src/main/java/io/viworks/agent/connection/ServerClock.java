package io.viworks.agent.connection;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The bridge's time as this gateway knows it: WELCOME's {@code server_time} and what has passed
 * since, so that neither a wrong clock nor a step of it changes when a command expires. Before the
 * first WELCOME it is the gateway's own.
 */
final class ServerClock {
    private final Time time;
    private @Nullable Instant anchor;
    private long anchorNanos;

    ServerClock(Time time) {
        this.time = time;
    }

    /** Sets it by what a bridge said just now. */
    void set(Instant serverTime) {
        anchor = serverTime;
        anchorNanos = time.nanos();
    }

    Instant now() {
        return anchor == null
                ? time.now()
                : anchor.plus(Duration.ofNanos(time.nanos() - anchorNanos));
    }

    /** How far the gateway's clock is ahead. */
    Duration skew() {
        return Duration.between(now(), time.now());
    }
}
