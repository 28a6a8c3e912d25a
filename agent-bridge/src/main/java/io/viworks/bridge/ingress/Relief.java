package io.viworks.bridge.ingress;

import io.viworks.backplane.Pressure;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Whether Redis needs relief: above 80 % of its memory, or too many results unread, no RESULT is
 * confirmed and TELEMETRY is dropped (spec 3.1). Looked at every {@link #LOOK_EVERY_S} seconds by
 * who holds it. Thread-safe.
 */
public final class Relief {
    /** Between two looks, in seconds. */
    public static final int LOOK_EVERY_S = 2;

    private final AtomicReference<Pressure> latest = new AtomicReference<>(new Pressure(0, 0, 0));

    /** What was measured just now. */
    public void measured(Pressure pressure) {
        latest.set(pressure);
    }

    /** The memory Redis uses, in bytes. */
    public long usedBytes() {
        return latest.get().usedBytes();
    }

    /** The memory Redis may use, in bytes; 0 when nothing limits it, or before it was asked. */
    public long limitBytes() {
        return latest.get().maxBytes();
    }

    /** Whether nothing that can wait may be written now. */
    public boolean needed() {
        return latest.get().high();
    }
}
