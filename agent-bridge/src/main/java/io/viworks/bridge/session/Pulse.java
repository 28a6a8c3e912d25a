package io.viworks.bridge.session;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The signs of life of one socket (spec 2.2): HELLO in time, pings out, and something in within
 * twice the heartbeat. For the socket's own thread.
 */
final class Pulse {
    private final Wire wire;
    private final SessionLimits limits;
    private final Intake intake;
    private final LongSupplier nanos;
    private final Runnable tooLate;
    private long heardAt;
    private boolean stopped;
    private Wire.@Nullable Timer hello;
    private Wire.@Nullable Timer ping;
    private Wire.@Nullable Timer silence;

    /**
     * Still without any deadline.
     *
     * @param tooLate told when a deadline has passed
     */
    Pulse(Wire wire, SessionLimits limits, Intake intake, LongSupplier nanos, Runnable tooLate) {
        this.wire = wire;
        this.limits = limits;
        this.intake = intake;
        this.nanos = nanos;
        this.tooLate = tooLate;
        this.heardAt = nanos.getAsLong();
    }

    /** From now on HELLO has so long. */
    void awaitHello() {
        hello = wire.after(limits.helloTimeout(), tooLate);
    }

    /** HELLO has come. */
    void helloCame() {
        cancel(hello);
        hello = null;
    }

    /** The session is live: pings go out, and silence ends it. */
    void beat() {
        heard();
        ping = wire.after(limits.heartbeat(), this::pingAgain);
        silence = wire.after(limits.silence(), this::listen);
    }

    private void pingAgain() {
        if (!stopped) {
            wire.ping();
            ping = wire.after(limits.heartbeat(), this::pingAgain);
        }
    }

    private void listen() {
        if (stopped) {
            return;
        }
        if (intake.paused()) {
            // It is we who do not listen.
            heard();
        }
        long left = limits.silence().toNanos() - (nanos.getAsLong() - heardAt);
        if (left <= 0) {
            tooLate.run();
        } else {
            silence = wire.after(Duration.ofNanos(left), this::listen);
        }
    }

    /** Something came in. */
    void heard() {
        heardAt = nanos.getAsLong();
    }

    void stop() {
        stopped = true;
        cancel(hello);
        cancel(ping);
        cancel(silence);
    }

    private static void cancel(Wire.@Nullable Timer timer) {
        if (timer != null) {
            timer.cancel();
        }
    }
}
