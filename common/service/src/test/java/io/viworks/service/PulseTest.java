package io.viworks.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class PulseTest {
    private static final Duration NEVER = Duration.ofDays(1);

    private final AtomicInteger runs = new AtomicInteger();

    @Test
    void runsAtOnceWhenSomebodyKnowsOfWork() {
        try (Pulse pulse = Pulse.start("test", NEVER, runs::incrementAndGet)) {
            await().until(() -> runs.get() == 1);

            pulse.nudge();

            await().until(() -> runs.get() == 2);
        }
    }

    /** What was known only after the run had begun may not wait for the pause. */
    @Test
    void runsOnceMoreForAllWhoCameDuringARun() {
        CountDownLatch goOn = new CountDownLatch(1);
        try (Pulse pulse =
                Pulse.start(
                        "test",
                        NEVER,
                        () -> {
                            if (runs.incrementAndGet() == 1) {
                                pass(goOn);
                            }
                        })) {
            await().until(() -> runs.get() == 1);
            pulse.nudge();
            pulse.nudge();
            pulse.nudge();

            goOn.countDown();

            await().until(() -> runs.get() == 2);
            await().during(Duration.ofMillis(200)).until(() -> runs.get() == 2);
        }
    }

    @Test
    void endsAtOnceInThePause() {
        Pulse pulse = Pulse.start("test", NEVER, runs::incrementAndGet);
        await().until(() -> runs.get() == 1);

        pulse.close();

        assertThat(pulse.alive()).isFalse();
        assertThat(runs).hasValue(1);
    }

    private static void pass(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
