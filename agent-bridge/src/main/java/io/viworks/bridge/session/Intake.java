package io.viworks.bridge.session;

import io.viworks.bridge.metrics.BridgeMeters;
import io.viworks.service.limit.TokenBucket;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * How fast one socket is read: frames a second, bytes of RESULTs a second, RESULTs not yet
 * confirmed. Over a limit reading pauses, so that what the agent sends waits with it. For the
 * socket's own thread.
 */
final class Intake {
    /** Shortest pause: a shorter one costs more than it saves. */
    private static final Duration SHORTEST = Duration.ofMillis(10);

    private final Wire wire;
    private final SessionLimits limits;
    private final LongSupplier nanos;
    private final BridgeMeters meters;
    private final TokenBucket frames;
    private final TokenBucket resultBytes;
    private final Set<Reason> reasons = EnumSet.noneOf(Reason.class);
    private int unconfirmed;
    private long overSince;
    private boolean over;

    /** Why reading is paused. */
    enum Reason {
        /** The claim is not answered yet. */
        CLAIM,
        FRAME_RATE,
        RESULT_RATE,
        UNCONFIRMED,
        /** Something the agent said waits for Redis. */
        AWAY
    }

    Intake(Wire wire, SessionLimits limits, LongSupplier nanos, BridgeMeters meters) {
        this.wire = wire;
        this.limits = limits;
        this.nanos = nanos;
        this.meters = meters;
        long now = nanos.getAsLong();
        this.frames = new TokenBucket(limits.frameRate(), limits.frameBurst(), now);
        this.resultBytes =
                new TokenBucket(limits.resultBytesPerSecond(), limits.resultBytesPerSecond(), now);
    }

    /**
     * Counts a frame.
     *
     * @return false when the agent has been over the rate for longer than the patience lasts
     */
    boolean frame() {
        long now = nanos.getAsLong();
        frames.take(1, now);
        long wait = frames.nanosUntilOne(now);
        if (wait == 0) {
            over = over && !frames.halfFull(now);
            return true;
        }
        if (!over) {
            over = true;
            overSince = now;
        }
        if (now - overSince > limits.ratePatience().toNanos()) {
            return false;
        }
        pauseFor(Reason.FRAME_RATE, wait);
        return true;
    }

    /** Counts a RESULT on its way to Redis; {@link #confirmed} must follow. */
    void result(int bytes) {
        long now = nanos.getAsLong();
        resultBytes.take(bytes, now);
        long wait = resultBytes.nanosUntilOne(now);
        if (wait > 0) {
            pauseFor(Reason.RESULT_RATE, wait);
        }
        unconfirmed++;
        if (unconfirmed >= limits.maxUnconfirmed()) {
            pause(Reason.UNCONFIRMED);
        }
    }

    /** The RESULT's fate is known, whatever it is. */
    void confirmed() {
        unconfirmed--;
        if (unconfirmed < limits.maxUnconfirmed()) {
            resume(Reason.UNCONFIRMED);
        }
    }

    private void pauseFor(Reason reason, long waitNanos) {
        if (reasons.contains(reason)) {
            return;
        }
        pause(reason);
        Duration wait = Duration.ofNanos(Math.max(waitNanos, SHORTEST.toNanos()));
        var _ = wire.after(wait, () -> resume(reason));
    }

    void pause(Reason reason) {
        if (reasons.isEmpty()) {
            wire.pauseReading();
        }
        if (reasons.add(reason)) {
            meters.readingPaused(reason.name().toLowerCase(java.util.Locale.ROOT));
        }
    }

    /** Reads on when nothing else is in the way; frames may be heard before this returns. */
    void resume(Reason reason) {
        if (reasons.remove(reason) && reasons.isEmpty()) {
            wire.resumeReading();
        }
    }

    /** Whether reading is paused: then silence says nothing about the agent. */
    boolean paused() {
        return !reasons.isEmpty();
    }
}
