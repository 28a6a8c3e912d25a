package io.viworks.conformance.packaged.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.testkit.ScriptedAgent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Connections that say a byte now and then, to hold places and threads. */
abstract class SlowKnocks {
    /** The first request has 10 s, and this machine may be slow. */
    private static final Duration FIRST = Duration.ofSeconds(40);

    private static AttackedStack stack() {
        return HostileWorldTest.stack();
    }

    @Test
    void whoDripsIsEndedAndOthersAreServedMeanwhile() throws Exception {
        try (ExecutorService slow = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Duration>> ended = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                ended.add(slow.submit(drip("GET /agent/ws HTTP/1.1\r\nX-Slow: ", "a", FIRST)));
            }
            ended.add(slow.submit(drip("", "\r\n", FIRST)));
            ended.add(slow.submit(drip("G", "a", FIRST)));
            for (int i = 0; i < 20; i++) {
                try (ScriptedAgent quick = stack().shared("quick-" + i).open()) {
                    quick.join();
                }
            }
            stack().stands();
            for (Future<Duration> each : ended) {
                assertThat(each.get()).isGreaterThan(Duration.ZERO);
            }
        }
    }

    private static Callable<Duration> drip(String first, String endlessly, Duration patience) {
        return () -> Bytewise.drip(stack().bridgePort(), first, endlessly, patience);
    }

    @Test
    void whoDripsAtTheApiKeepsNobodyElseWaiting() throws Exception {
        String enrol =
                "POST /agent/enroll HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 4000\r\n\r\n{\"token\":\"";
        try (ExecutorService slow = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> drips = new ArrayList<>();
            for (int i = 0; i < 250; i++) {
                String first = i % 2 == 0 ? enrol : "GET /admin/api/gateways HTTP/1.1\r\nX-Slow: ";
                drips.add(
                        slow.submit(() -> {
                            try {
                                var _ =
                                        Bytewise.drip(
                                                stack().apiPort(),
                                                first,
                                                "a",
                                                Duration.ofSeconds(8));
                            } catch (AssertionError e) {
                                // Let to drip: what is asked here is what others notice of it.
                            }
                            return "";
                        }));
            }
            for (int i = 0; i < 10; i++) {
                long asked = System.nanoTime();
                stack().stands();
                assertThat(Duration.ofNanos(System.nanoTime() - asked))
                        .isLessThan(Duration.ofSeconds(60));
            }
            for (Future<?> each : drips) {
                var _ = each.get();
            }
        }
    }
}
