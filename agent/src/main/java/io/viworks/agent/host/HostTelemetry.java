package io.viworks.agent.host;

import io.viworks.agent.process.ProcessRunner;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Measures this machine for TELEMETRY. What the kernel knows is read at once; disks, services and
 * containers are measured beside it, so that {@link #metrics} returns within {@link #PATIENCE},
 * with the newest values there are. What fails is left out and named in {@code collector_errors}.
 */
public final class HostTelemetry implements Telemetry {
    /** How long one snapshot waits for the slower measurements. */
    static final Duration PATIENCE = Duration.ofMillis(5);

    /** Values older than this are no longer told: two of the longest usual intervals. */
    static final Duration MAX_AGE = Duration.ofMinutes(2);

    /** Longest time systemd may take. */
    static final Duration SYSTEMD_TIMEOUT = Duration.ofSeconds(5);

    /** Services named in one frame when none are configured. */
    static final int MAX_SERVICES = 64;

    /** Containers described in one frame; all running ones are counted. */
    static final int MAX_CONTAINERS = 200;

    /** Characters of a container's texts, whatever an image is called. */
    private static final int MAX_TEXT = 255;

    private final Host host;
    private final List<Probe> probes;
    private @Nullable CpuTimes before;

    /** Measures this machine with these services, container engines and file systems. */
    public static HostTelemetry create(
            Set<String> units, List<Path> engineSockets, List<Path> mounts, ProcessRunner runner) {
        List<String> sorted = units.stream().sorted().toList();
        Host host = new Host(mounts);
        return new HostTelemetry(
                host,
                List.of(
                        new Probe("disks", () -> disks(host)),
                        new Probe("services", () -> services(sorted, Systemd.find(runner))),
                        new Probe(
                                "containers",
                                () -> containers(ContainerEngine.find(engineSockets)))));
    }

    /** Takes a first measurement at once, so that the first frame says something. */
    HostTelemetry(Host host, List<Probe> probes) {
        this.host = host;
        this.probes = List.copyOf(probes);
        this.before = firstReading(host);
        probes.forEach(Probe::refresh);
    }

    @Override
    public Map<String, Object> metrics() {
        Map<String, Object> metrics = new LinkedHashMap<>();
        Map<String, String> errors = new TreeMap<>();
        probes.forEach(Probe::refresh);
        now("cpu", this::cpu, metrics, errors);
        now("memory", this::memory, metrics, errors);
        now("load", this::load, metrics, errors);
        now("system", this::system, metrics, errors);
        awaitProbes();
        for (Probe probe : probes) {
            metrics.putAll(probe.values(MAX_AGE));
            probe.failure(MAX_AGE).ifPresent(failure -> errors.put(probe.name(), failure));
        }
        if (!errors.isEmpty()) {
            metrics.put("collector_errors", errors);
        }
        return metrics;
    }

    private static void now(
            String name,
            Probe.Measurement measurement,
            Map<String, Object> metrics,
            Map<String, String> errors) {
        try {
            metrics.putAll(measurement.take());
        } catch (Exception e) {
            errors.put(name, String.valueOf(e.getMessage()));
        }
    }

    private void awaitProbes() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try {
            for (Probe probe : probes) {
                probe.await(Duration.ofNanos(deadline - System.nanoTime()));
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // older values will do
        }
    }

    private static @Nullable CpuTimes firstReading(Host host) {
        try {
            return host.cpuTimes();
        } catch (IOException | IllegalArgumentException _) {
            return null; // the first snapshot fails as well, and says why
        }
    }

    /** Since the last snapshot, the first one since this was made. */
    private synchronized Map<String, Object> cpu() throws IOException {
        CpuTimes earlier = before;
        CpuTimes now = host.cpuTimes();
        before = now;
        OptionalDouble busy = earlier == null ? OptionalDouble.empty() : now.busySince(earlier);
        return busy.isPresent() ? Map.of("cpu_pct", busy.getAsDouble()) : Map.of();
    }

    private Map<String, Object> memory() throws IOException {
        Memory memory = host.memory();
        return Map.of(
                "mem_pct", memory.usedPercent(),
                "mem_total_bytes", memory.total(),
                "mem_available_bytes", memory.available());
    }

    private Map<String, Object> load() throws IOException {
        Load load = host.load();
        return Map.of("load1", load.one(), "load5", load.five(), "load15", load.fifteen());
    }

    private Map<String, Object> system() throws IOException {
        return Map.of("uptime_s", host.uptime().toSeconds(), "kernel", host.kernel());
    }

    /** The fullest file system decides: it is the one that will stop the gateway. */
    private static Map<String, Object> disks(Host host) throws IOException {
        Map<String, Double> used = new LinkedHashMap<>();
        host.disks().forEach(disk -> used.put(disk.path(), disk.usedPercent()));
        OptionalDouble fullest = used.values().stream().mapToDouble(Double::doubleValue).max();
        return fullest.isEmpty()
                ? Map.of()
                : Map.of("disk_pct", fullest.getAsDouble(), "disks", used);
    }

    /**
     * The configured units, or without any those that systemd has: what an owner did not choose is
     * still worth seeing. Where systemd does not run nothing is known of a unit.
     */
    static Map<String, Object> services(List<String> units, Optional<Systemd> systemd)
            throws IOException, InterruptedException {
        Map<String, String> services = new LinkedHashMap<>();
        if (systemd.isEmpty()) {
            units.forEach(unit -> services.put(unit, "unknown"));
            return Map.of("service_manager", "none", "services", services);
        }
        if (units.isEmpty()) {
            services.putAll(systemd.get().services(MAX_SERVICES, SYSTEMD_TIMEOUT));
        } else {
            systemd.get()
                    .states(units, SYSTEMD_TIMEOUT)
                    .forEach((unit, state) -> services.put(unit, state.status()));
        }
        return Map.of("service_manager", "systemd", "services", services);
    }

    /** Without an engine nothing is said of containers; 0 means that an engine has none. */
    static Map<String, Object> containers(Optional<ContainerEngine> engine) throws IOException {
        if (engine.isEmpty()) {
            return Map.of();
        }
        List<Container> found = engine.get().containers(true);
        List<Map<String, Object>> described = new ArrayList<>();
        for (Container container : found.subList(0, Math.min(found.size(), MAX_CONTAINERS))) {
            described.add(
                    Map.of(
                            "id", container.id(),
                            "name", cut(container.name()),
                            "image", cut(container.image()),
                            "state", container.state()));
        }
        int running = (int) found.stream().filter(Container::running).count();
        return Map.of("containers_running", running, "containers", described);
    }

    private static String cut(String text) {
        return text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) : text;
    }
}
