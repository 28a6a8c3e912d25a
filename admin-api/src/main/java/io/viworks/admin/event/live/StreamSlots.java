package io.viworks.admin.event.live;

import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/**
 * How many event streams are open: at most so many of this process, so that calls of the other kind
 * always find a connection, and so many of one caller. Thread-safe.
 */
@Component
final class StreamSlots {
    private static final Duration PAUSE = Duration.ofSeconds(5);

    /** Most seconds that are added to a pause by chance, so that not all come back at once. */
    private static final int SPREAD_S = 10;

    private final EventSettings settings;
    private final RandomGenerator random;
    private final Map<String, Integer> perCaller = new HashMap<>();
    private int open;

    @Autowired
    StreamSlots(EventSettings settings, MeterRegistry meters) {
        this(settings, meters, RandomGenerator.getDefault());
    }

    StreamSlots(EventSettings settings, MeterRegistry meters, RandomGenerator random) {
        this.settings = settings;
        this.random = random;
        meters.gauge("viw.api.events.streams", this, StreamSlots::open);
    }

    /** A stream that is open until it is closed. */
    interface Slot extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Opens one.
     *
     * @throws Refusal {@link ProblemCode#STREAMS_FULL}, {@link ProblemCode#TOO_MANY_STREAMS}
     */
    synchronized Slot take(String caller) {
        if (open >= settings.most()) {
            throw refusal(
                    ProblemCode.STREAMS_FULL,
                    settings.most()
                            + " event streams are open here; another replica may have room");
        }
        if (perCaller.getOrDefault(caller, 0) >= settings.mostPerCaller()) {
            throw refusal(
                    ProblemCode.TOO_MANY_STREAMS,
                    "\"" + caller + "\" has " + settings.mostPerCaller() + " open: close some");
        }
        open++;
        perCaller.merge(caller, 1, Integer::sum);
        return () -> release(caller);
    }

    private Refusal refusal(ProblemCode code, String detail) {
        return Refusal.of(code, detail).retryAfter(PAUSE.plusSeconds(random.nextInt(SPREAD_S)));
    }

    private synchronized void release(String caller) {
        open--;
        perCaller.computeIfPresent(caller, (_, count) -> count == 1 ? null : count - 1);
    }

    private synchronized int open() {
        return open;
    }
}
