package io.viworks.launcher;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** What agents report, as people read it. */
final class Seen {
    private static final double GIB = 1L << 30;

    /** Names of failed services or running containers that are said. */
    private static final int NAMES = 5;

    private Seen() {}

    /** A telemetry frame's metrics, a line each: figures, services, containers. */
    static List<String> telemetry(JsonNode metrics) {
        List<String> figures = new ArrayList<>();
        percent(figures, "CPU", metrics.path("cpu_pct"));
        percent(figures, "memory", metrics.path("mem_pct"));
        percent(figures, "disk", metrics.path("disk_pct"));
        if (metrics.path("load1").isNumber()) {
            figures.add("load %.2f".formatted(metrics.path("load1").asDouble()));
        }
        if (metrics.path("uptime_s").isNumber()) {
            figures.add("up " + duration(metrics.path("uptime_s").asLong()));
        }
        return List.of(
                String.join(", ", figures),
                "services: " + services(metrics),
                "containers: " + containers(metrics));
    }

    private static void percent(List<String> figures, String name, JsonNode value) {
        if (value.isNumber()) {
            figures.add("%s %.1f %%".formatted(name, value.asDouble()));
        }
    }

    private static String services(JsonNode metrics) {
        Map<String, Integer> counts = new TreeMap<>();
        List<String> failed = new ArrayList<>();
        metrics.path("services")
                .properties()
                .forEach(service -> {
                    String status = service.getValue().asString("unknown");
                    counts.merge(status, 1, Integer::sum);
                    if (status.equals("failed")) {
                        failed.add(service.getKey());
                    }
                });
        if (counts.isEmpty()) {
            return metrics.path("service_manager").asString("none").equals("none")
                    ? "no service manager (systemd) runs here"
                    : "none";
        }
        List<String> parts = new ArrayList<>();
        counts.forEach((status, count) -> parts.add(count + " " + status));
        return String.join(", ", parts) + (failed.isEmpty() ? "" : " (" + names(failed) + ")");
    }

    private static String containers(JsonNode metrics) {
        if (!metrics.path("containers_running").isNumber()) {
            return "no engine runs here";
        }
        List<String> running = new ArrayList<>();
        for (JsonNode container : metrics.path("containers")) {
            if (container.path("state").asString("").equals("running")) {
                running.add(container.path("name").asString(""));
            }
        }
        int count = metrics.path("containers_running").asInt();
        return count == 0 ? "none running" : "%d running (%s)".formatted(count, names(running));
    }

    private static String names(List<String> all) {
        String some = String.join(", ", all.subList(0, Math.min(NAMES, all.size())));
        return all.size() > NAMES ? some + ", …" : some;
    }

    /** The data of {@code get_system_health}, a line for each subject. */
    static List<String> health(JsonNode data) {
        List<String> lines = new ArrayList<>();
        lines.add(
                "kernel %s, up %s, %d processors at %.1f %%"
                        .formatted(
                                data.path("kernel").asString("?"),
                                duration(data.path("uptime").asLong()),
                                data.at("/cpu/processors").asInt(),
                                data.at("/cpu/used_pct").asDouble()));
        lines.add(
                "memory %s free of %s"
                        .formatted(
                                gibibytes(data.at("/memory/available_bytes")),
                                gibibytes(data.at("/memory/total_bytes"))));
        for (JsonNode disk : data.path("disks")) {
            lines.add(
                    "disk %s (%s) %s free of %s"
                            .formatted(
                                    disk.path("path").asString("?"),
                                    disk.path("type").asString("?"),
                                    gibibytes(disk.path("available_bytes")),
                                    gibibytes(disk.path("total_bytes"))));
        }
        return lines;
    }

    private static String gibibytes(JsonNode bytes) {
        return String.format(Locale.ROOT, "%.1f GiB", bytes.asDouble() / GIB);
    }

    private static String duration(long seconds) {
        Duration time = Duration.ofSeconds(seconds);
        return time.toDays() > 0
                ? "%d d %d h".formatted(time.toDays(), time.toHoursPart())
                : "%d h %d min".formatted(time.toHours(), time.toMinutesPart());
    }
}
