package io.viworks.conformance.failure;

import java.time.Duration;

/** Lets time pass while something is broken: here the passing of time is the fault itself. */
final class Pauses {
    private Pauses() {}

    static void sleep(long ms) throws InterruptedException {
        Thread.currentThread().join(Duration.ofMillis(ms));
    }

    static void sleep(Duration time) throws InterruptedException {
        sleep(time.toMillis());
    }
}
