package io.viworks.admin.watch;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.service.HostPort;
import io.viworks.service.Pulse;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Knocks at the doors of agents each minute: whether they answer, and when the certificate they
 * show ends. What counts is what agents are shown, not what lies in a file. Thread-safe.
 */
@Component
final class Doors {
    private static final Duration LOOK_EVERY = Duration.ofMinutes(1);
    private static final Logger log = LoggerFactory.getLogger(Doors.class);

    private final InstantSource clock;
    private final List<Door> doors;
    private final @Nullable Pulse pulse;

    Doors(WatchSettings settings, InstantSource clock, MeterRegistry meters) {
        this.clock = clock;
        this.doors = settings.doors().stream().map(Door::new).toList();
        doors.forEach(door -> measure(door, meters));
        this.pulse = doors.isEmpty() ? null : Pulse.start("doors", LOOK_EVERY, this::look);
    }

    /** One door; null before it was looked at. */
    private record Door(HostPort at, AtomicReference<@Nullable Seen> seen) {
        Door(HostPort at) {
            this(at, new AtomicReference<>());
        }
    }

    /**
     * What was seen of one.
     *
     * @param open whether it answered the last time
     * @param ends when the certificate ends that it showed last; null when it never did
     */
    private record Seen(boolean open, @Nullable Instant ends) {}

    private void measure(Door door, MeterRegistry meters) {
        Gauge.builder("viw.door.open", door, Doors::open)
                .tag("door", door.at().toString())
                .register(meters);
        Gauge.builder("viw.door.certificate.ends.in", door, this::endsIn)
                .baseUnit("seconds")
                .tag("door", door.at().toString())
                .register(meters);
    }

    private static double open(Door door) {
        Seen seen = door.seen().get();
        return seen == null ? Double.NaN : seen.open() ? 1 : 0;
    }

    private double endsIn(Door door) {
        Seen seen = door.seen().get();
        return seen == null || seen.ends() == null
                ? Double.NaN
                : Duration.between(clock.instant(), seen.ends()).toMillis() / 1000.0;
    }

    /** Knocks at each once. */
    void look() {
        for (Door door : doors) {
            Seen before = door.seen().get();
            Knock.Answer answer = Knock.at(door.at());
            switch (answer) {
                case Knock.Shown shown -> door.seen().set(new Seen(true, shown.ends()));
                case Knock.Nothing nothing -> {
                    door.seen().set(new Seen(false, before == null ? null : before.ends()));
                    if (before == null || before.open()) {
                        log.atWarn()
                                .addKeyValue("event", "door_closed")
                                .addKeyValue("error", nothing.why())
                                .log("no TLS handshake with {}", door.at());
                    }
                }
            }
        }
    }

    @PreDestroy
    void close() {
        if (pulse != null) {
            pulse.close();
        }
    }
}
