package io.viworks.admin.health;

import com.fasterxml.jackson.annotation.JsonValue;
import io.viworks.service.Pulse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One thing the service needs, looked at again and again: how it is, and since when. Thread-safe.
 */
final class Watch implements AutoCloseable {
    /** Between two looks. */
    static final Duration EVERY = Duration.ofSeconds(1);

    private final String name;
    private final String effect;
    private final Supplier<Found> look;
    private final InstantSource clock;
    private final Pulse pulse;
    private volatile @Nullable Seen seen;

    /** How something is. */
    enum State {
        UP,
        AWAY,
        BEHIND,
        UNKNOWN;

        @JsonValue
        String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What a look found.
     *
     * @param count how many there are, or how many seconds it is behind; absent where neither says
     *     anything
     */
    record Found(State state, @Nullable Long count) {
        static Found there(boolean is) {
            return new Found(is ? State.UP : State.AWAY, null);
        }
    }

    private record Seen(Found found, Instant since) {}

    /**
     * Begins to look.
     *
     * @param effect what callers notice while it is not up
     */
    Watch(String name, String effect, Supplier<Found> look, InstantSource clock) {
        this.name = name;
        this.effect = effect;
        this.look = look;
        this.clock = clock;
        this.pulse = Pulse.start("watch-" + name, EVERY, this::look);
    }

    private void look() {
        try {
            note(look.get());
        } catch (RuntimeException e) {
            note(new Found(State.UNKNOWN, null));
            throw e; // The pulse logs it.
        }
    }

    private void note(Found found) {
        Seen before = seen;
        seen =
                before != null && before.found().state() == found.state()
                        ? new Seen(found, before.since())
                        : new Seen(found, clock.instant());
    }

    /** As it was at the last look; absent before the first. */
    Optional<Health.Part> part() {
        Seen last = seen;
        if (last == null) {
            return Optional.empty();
        }
        State state = last.found().state();
        Long count = last.found().count();
        boolean seconds = state == State.BEHIND;
        return Optional.of(
                new Health.Part(
                        name,
                        state,
                        last.since(),
                        state == State.UP || state == State.UNKNOWN ? null : effect,
                        seconds ? null : count,
                        seconds ? count : null));
    }

    boolean alive() {
        return pulse.alive();
    }

    @Override
    public void close() {
        pulse.close();
    }
}
