package io.viworks.agent.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.agent.process.ProcessRunner;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class HostTelemetryTest {
    private static final Path ROOT = Path.of("/");

    @TempDir Path folder;

    @Test
    void measuresThisMachine() throws Exception {
        Path socket = folder.resolve("engine.sock");
        String stopped = "{\"Id\":\"b\",\"Names\":[\"/b\"],\"Image\":\"i\",\"State\":\"exited\"}";
        String running = "{\"Id\":\"a\",\"Names\":[\"/a\"],\"Image\":\"i\",\"State\":\"running\"}";
        try (UnixServer _ = UnixServer.engine(socket, running, stopped)) {
            Telemetry telemetry =
                    HostTelemetry.create(
                            Set.of(), List.of(socket), List.of(ROOT), ProcessRunner.create());
            await().until(() ->
                    telemetry
                            .metrics()
                            .keySet()
                            .containsAll(Set.of("disk_pct", "cpu_pct", "containers", "services")));
            Map<String, Object> metrics = telemetry.metrics();
            assertThat(percent(metrics, "mem_pct")).isGreaterThan(0);
            assertThat(percent(metrics, "disk_pct")).isGreaterThan(0);
            assertThat(number(metrics, "load1"))
                    .isCloseTo(
                            ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                            org.assertj.core.data.Offset.offset(2.0));
            assertThat(metrics).containsEntry("kernel", System.getProperty("os.version"));
            assertThat(number(metrics, "uptime_s")).isPositive();
            assertThat(metrics).containsEntry("containers_running", 1);
            assertThat(metrics.get("containers"))
                    .asInstanceOf(InstanceOfAssertFactories.LIST)
                    .contains(Map.of("id", "b", "name", "b", "image", "i", "state", "exited"));
            assertThat(metrics)
                    .doesNotContainKey("collector_errors")
                    .containsKey("service_manager");
        }
    }

    @Test
    void seesWorkOfTheProcessors() throws Exception {
        Host host = new Host(List.of(ROOT));
        Thread busy = Thread.ofPlatform().daemon().start(HostTelemetryTest::spin);
        try {
            assertThat(host.cpuPercent(Duration.ofMillis(300))).isBetween(1.0, 100.0);
        } finally {
            busy.interrupt();
        }
        assertThat(host.processors()).isPositive();
    }

    @Test
    void saysNothingOfContainersWithoutAnEngine() {
        Telemetry telemetry =
                HostTelemetry.create(
                        Set.of("ssh.service"),
                        List.of(folder.resolve("none")),
                        List.of(ROOT, folder),
                        ProcessRunner.create());
        await().until(() -> telemetry.metrics().containsKey("disk_pct"));
        assertThat(telemetry.metrics())
                .doesNotContainKeys("containers", "containers_running", "collector_errors");
    }

    @Test
    void keepsTheRestWhenOneMeasurementFails() {
        Probe failing =
                new Probe(
                        "containers",
                        () -> {
                            throw new IOException("the container engine answered with status 500");
                        });
        Probe fine = new Probe("disks", () -> Map.of("disk_pct", 12.5));
        HostTelemetry telemetry = new HostTelemetry(new Host(List.of()), List.of(failing, fine));
        await().until(() ->
                telemetry.metrics().keySet().containsAll(Set.of("collector_errors", "disk_pct")));
        assertThat(telemetry.metrics())
                .containsEntry("disk_pct", 12.5)
                .containsKey("mem_pct")
                .containsEntry(
                        "collector_errors",
                        Map.of("containers", "the container engine answered with status 500"));
    }

    @Test
    void keepsTheRestWhenTheKernelFilesAreNotThere() {
        Host host = new Host(folder, List.of());
        HostTelemetry telemetry =
                new HostTelemetry(host, List.of(new Probe("disks", () -> Map.of("disk_pct", 1.0))));
        await().until(() -> telemetry.metrics().containsKey("disk_pct"));
        assertThat(telemetry.metrics().get("collector_errors"))
                .asInstanceOf(InstanceOfAssertFactories.MAP)
                .containsOnlyKeys("cpu", "memory", "load", "system");
    }

    @Test
    void neverWaitsForAMeasurementThatHangsNorTakesItTwice() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        AtomicInteger taken = new AtomicInteger();
        Probe hanging =
                new Probe(
                        "disks",
                        () -> {
                            taken.incrementAndGet();
                            never.await();
                            return Map.of();
                        });
        HostTelemetry telemetry = new HostTelemetry(new Host(List.of()), List.of(hanging));
        await().until(() -> taken.get() == 1);
        telemetry.metrics();
        long start = System.nanoTime();
        for (int i = 0; i < 20; i++) {
            assertThat(telemetry.metrics()).containsKey("mem_pct");
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
        assertThat(taken).hasValue(1);
        never.countDown();
    }

    @Test
    void forgetsWhatIsOld() throws Exception {
        AtomicInteger taken = new AtomicInteger();
        Probe probe = new Probe("p", () -> Map.of("n", taken.incrementAndGet()));
        assertThat(probe.values(Duration.ofDays(1))).isEmpty();
        probe.refresh();
        await().until(() -> probe.values(Duration.ofDays(1)).equals(Map.of("n", 1)));
        assertThat(probe.values(Duration.ofNanos(1))).isEmpty();
        assertThat(probe.failure(Duration.ofDays(1))).isEqualTo(Optional.empty());
    }

    private static double percent(Map<String, Object> metrics, String name) {
        double value = number(metrics, name);
        assertThat(value).isBetween(0.0, 100.0);
        return value;
    }

    private static double number(Map<String, Object> metrics, String name) {
        return metrics.get(name) instanceof Number value ? value.doubleValue() : Double.NaN;
    }

    private static void spin() {
        long sum = 0;
        while (!Thread.currentThread().isInterrupted()) {
            sum++;
        }
        assertThat(sum).isPositive();
    }
}
