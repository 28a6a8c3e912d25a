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

    /** Whether nothing that can wait may be written now. */
    public boolean needed() {
        return latest.get().high();
    }
}
