package io.viworks.agent.connection;

import io.viworks.protocol.CloseCode;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * When to come back (spec 2.5). Nothing stops an agent for ever: every answer is a pause of an hour
 * at most. Not thread-safe.
 */
final class Backoff {
    /** No answer makes an agent wait longer, in milliseconds. */
    static final long LONGEST_MS = 3_600_000;

    private static final Duration LONGEST = Duration.ofMillis(LONGEST_MS);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration STABLE = Duration.ofSeconds(60);

    /** After a session of this length its bridge is known to work: one attempt soon is fair. */
    private static final Duration SETTLED = Duration.ofSeconds(10);

    private static final Duration SPREAD = Duration.ofSeconds(5);

    private final RandomGenerator random;
    private final double scale;
    private int attempts;
    private int refusals;

    /**
     * Begins anew.
     *
     * @param scale 1 in real life; tests make all pauses shorter
     */
    Backoff(RandomGenerator random, double scale) {
        this.random = random;
        this.scale = scale;
    }

    /**
     * The pause before the next attempt.
     *
     * @param live how long the session had been welcome; null when it never was
     */
    Duration after(End end, @Nullable Duration live) {
        if (live != null && live.compareTo(STABLE) >= 0) {
            attempts = 0;
            refusals = 0;
        }
        boolean soon = live != null && (attempts == 0 || live.compareTo(SETTLED) >= 0);
        Duration pause =
                switch (end) {
                    case End.Refused refused -> refused(refused.status(), refused.retryAfter());
                    case End.NotEnrolled none -> notEnrolled(none);
                    case End.Closed closed -> closed(closed, soon);
                    case End.Lost _ -> soon ? spread() : jittered();
                };
        Duration bounded = pause.compareTo(LONGEST) > 0 ? LONGEST : pause;
        return Duration.ofNanos((long) (bounded.toNanos() * scale));
    }

    private Duration refused(int status, @Nullable Duration retryAfter) {
        // A proxy counts wrong passwords, too, and some lock the account.
        boolean unwanted = status == 401 || status == 403 || status == 407;
        return longer(unwanted ? growing() : jittered(), retryAfter);
    }

    /** A token that is no good, or none at all, is for people to change; a server away is not. */
    private Duration notEnrolled(End.NotEnrolled none) {
        boolean unwanted = none.status() / 100 == 4 && none.status() != 408 && none.status() != 429;
        return longer(unwanted ? growing() : jittered(), none.retryAfter());
    }

    private Duration closed(End.Closed closed, boolean soon) {
        int code = closed.code();
        if (code == CloseCode.GOING_AWAY.code()) {
            // At once, but bridges that send everybody away are not asked in a tight loop.
            attempts = Math.max(attempts, 1);
            return soon ? Duration.ZERO : jittered();
        }
        if (code == CloseCode.IDENTITY_MISMATCH.code()
                || code == CloseCode.REVOKED.code()
                || code == CloseCode.VERSION.code()) {
            return between(Duration.ofMinutes(15), LONGEST);
        }
        if (code == CloseCode.DISPLACED.code()) {
            return growing();
        }
        if (code == CloseCode.RATE_LIMITED.code()) {
            return longer(jittered(), closed.retryAfter());
        }
        boolean asked =
                code == CloseCode.BACKPLANE_DOWN.code()
                        || code == CloseCode.BAD_FRAMES.code()
                        || code == CloseCode.TOO_LATE.code()
                        || code == CloseCode.SLOW_READER.code();
        return soon && !asked ? spread() : jittered();
    }

    /** The first attempt after a loss: spread wider, for the others that lost it too. */
    private Duration spread() {
        attempts = Math.max(attempts, 1);
        return between(Duration.ZERO, SPREAD);
    }

    private Duration jittered() {
        Duration top = MINUTE;
        if (attempts < 6) {
            top = Duration.ofSeconds(1L << attempts);
        }
        attempts++;
        return between(Duration.ZERO, top);
    }

    /** From a minute, doubling to an hour, with a quarter of jitter. */
    private Duration growing() {
        Duration base = MINUTE.multipliedBy(1L << Math.min(refusals, 6));
        refusals++;
        return between(base, base.plus(base.dividedBy(4)));
    }

    private Duration between(Duration from, Duration to) {
        return from.plus(Duration.ofNanos(random.nextLong(to.minus(from).toNanos() + 1)));
    }

    private static Duration longer(Duration own, @Nullable Duration asked) {
        return asked != null && asked.compareTo(own) > 0 ? asked : own;
    }
}
