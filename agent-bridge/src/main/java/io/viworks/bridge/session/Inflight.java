package io.viworks.bridge.session;

import io.viworks.protocol.CorrelationId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The commands out at one agent. One counts until its RESULT, an ACK that rejects it, or its time
 * is over. For the socket's own thread; time in nanoseconds of a clock that only runs forward.
 */
final class Inflight {
    /** How long past its timeout a command still counts, as the ledger counts it (spec 3.4). */
    static final Duration GRACE = Duration.ofSeconds(15);

    private final int max;
    private final Map<CorrelationId, Out> out = new LinkedHashMap<>();

    /**
     * None out.
     *
     * @param max commands out at once; 0 for an agent that takes none
     */
    Inflight(int max) {
        this.max = max;
    }

    private record Out(long sinceNanos, long countsUntilNanos) {}

    /** What asking for room came to. */
    enum Room {
        /** There is room, and it is taken. */
        TAKEN,
        /** The command counts already: a copy of it was sent before. */
        COUNTED,
        FULL
    }

    /** Takes room for a command. */
    Room take(CorrelationId command, Duration timeout, long now) {
        out.values().removeIf(one -> one.countsUntilNanos() - now <= 0);
        if (out.containsKey(command)) {
            return Room.COUNTED;
        }
        if (out.size() >= max) {
            return Room.FULL;
        }
        out.put(command, new Out(now, now + timeout.plus(GRACE).toNanos()));
        return Room.TAKEN;
    }

    /** Gives the room back. Answers how long it was taken, empty when it was not. */
    Optional<Duration> give(CorrelationId command, long now) {
        Out taken = out.remove(command);
        return Optional.ofNullable(taken).map(one -> Duration.ofNanos(now - one.sinceNanos()));
    }

    /** How long a command has been out. */
    Optional<Duration> age(CorrelationId command, long now) {
        return Optional.ofNullable(out.get(command))
                .map(one -> Duration.ofNanos(now - one.sinceNanos()));
    }

    int max() {
        return max;
    }
}
