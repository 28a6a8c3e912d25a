package io.viworks.bench;

import java.util.concurrent.TimeUnit;

/** The end of a process that was measured. */
public final class Ending {
    private static final int GRACE_S = 15;

    private Ending() {}

    /** Asks it to end, and kills it when it has not within 15 s. */
    public static void of(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(GRACE_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
