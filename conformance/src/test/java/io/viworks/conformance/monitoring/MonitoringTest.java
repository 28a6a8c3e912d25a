package io.viworks.conformance.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.viworks.conformance.Checkout;
import io.viworks.conformance.MetricsDocument;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Holds rules and their tests against each other and against what the services measure. */
class MonitoringTest {
    /** What Prometheus, Spring Boot and Micrometer bring and we build on. */
    private static final Set<String> OF_OTHERS =
            Set.of(
                    "disk_free_bytes",
                    "disk_total_bytes",
                    "hikaricp_connections_active",
                    "hikaricp_connections_pending",
                    "http_server_requests_seconds_count",
                    "http_server_requests_seconds_sum",
                    "jvm_buffer_memory_used_bytes",
                    "jvm_gc_pause_seconds_max",
                    "jvm_gc_pause_seconds_sum",
                    "jvm_memory_usage_after_gc",
                    "jvm_memory_used_bytes",
                    "jvm_threads_live_threads",
                    "logback_events_total",
                    "process_cpu_usage",
                    "process_files_max_files",
                    "process_files_open_files",
                    "process_start_time_seconds",
                    "process_uptime_seconds",
                    "system_load_average_1m",
                    "up");

    /** What a meter of this type has for series. */
    private static final Map<String, Set<String>> ENDINGS =
            Map.of(
                    "counter", Set.of(""),
                    "gauge", Set.of(""),
                    "summary", Set.of("_count", "_sum", "_max"),
                    "histogram", Set.of("_bucket", "_count", "_sum", "_max"));

    private static final Pattern RUNBOOK = Pattern.compile("Runbook:? ([A-Za-z]+)");

    private static final Pattern FIRES =
            Pattern.compile("exp_samples: \\[\\{ labels: '\\{alertname=\"([A-Za-z]+)\"}'");

    @Test
    void everyMetricOfARuleIsOneThatAServiceHas() throws Exception {
        Set<String> known = knownSeries();
        for (JsonNode rule : Monitoring.rules()) {
            Set<String> used = Promql.metrics(rule.path("expr").asString());
            assertThat(used).as(rule.toString()).isNotEmpty().isSubsetOf(known);
        }
    }

    @Test
    void everyAlertSaysHowBadItIsAndWhatItSaw() {
        assertThat(Monitoring.alerts()).hasSizeGreaterThan(40);
        assertThat(Monitoring.alerts())
                .allSatisfy(alert -> {
                    assertThat(alert.at("/labels/severity").asString()).isIn("warning", "critical");
                    assertThat(alert.at("/annotations/summary").asString()).isNotBlank();
                    assertThat(alert.at("/annotations/description").asString()).endsWith(".");
                    assertThat(alert.at("/annotations/runbook_url").asString())
                            .startsWith("RUNBOOK.md#");
                });
    }

    @Test
    void everyAlertHasATestInWhichItFires() {
        Set<String> fired =
                Monitoring.files("tests", ".yml").stream()
                        .flatMap(file -> FIRES.matcher(Monitoring.text(file)).results())
                        .map(found -> found.group(1))
                        .collect(Collectors.toCollection(TreeSet::new));
        assertThat(fired)
                .containsExactlyInAnyOrderElementsOf(
                        Monitoring.alerts().stream()
                                .map(alert -> alert.path("alert").asString())
                                .toList());
    }

    @Test
    void everyAlertHasItsPlaceInTheRunbook() {
        Set<String> places = RunbookPlaces.of(Checkout.root().resolve("RUNBOOK.md"));
        assertThat(Monitoring.alerts())
                .allSatisfy(alert ->
                        assertThat(alert.at("/annotations/runbook_url").asString()).isIn(places));
    }

    @Test
    void everyPanelSaysWhatItShowsInWhichUnitOfMetricsThatThereAre() throws Exception {
        Set<String> known = knownSeries();
        Set<String> alerts =
                Monitoring.alerts().stream()
                        .map(alert -> alert.path("alert").asString())
                        .collect(Collectors.toCollection(TreeSet::new));
        List<Path> boards = Monitoring.files("grafana/dashboards", ".json");
        assertThat(boards).hasSize(4);
        for (Path file : boards) {
            JsonNode board = Monitoring.json(file);
            assertThat(board.path("uid").asString())
                    .isEqualTo("viw-" + file.getFileName().toString().replace(".json", ""));
            assertThat(board.path("panels").valueStream().map(panel -> panel.path("id").asInt()))
                    .doesNotHaveDuplicates();
            assertThat(board.path("panels").valueStream().map(panel -> panel.path("gridPos")))
                    .doesNotHaveDuplicates();
            assertThat(board.path("panels").valueStream().toList())
                    .allSatisfy(panel -> {
                        assertThat(panel.path("title").asString()).isNotBlank();
                        assertThat(panel.path("description").asString()).endsWith(".");
                        assertThat(panel.at("/fieldConfig/defaults/unit").asString()).isNotBlank();
                        assertThat(panel.path("targets")).isNotEmpty();
                        RUNBOOK.matcher(panel.path("description").asString())
                                .results()
                                .forEach(named -> assertThat(named.group(1)).isIn(alerts));
                        assertThat(panel.path("targets").valueStream().toList())
                                .allSatisfy(target ->
                                        assertThat(Promql.metrics(target.path("expr").asString()))
                                                .isNotEmpty()
                                                .isSubsetOf(known));
                    });
        }
    }

    /** Everything that promtool can hold against each other, where there is a promtool. */
    @Test
    void rulesAndTheirTestsHoldForPromtool() throws Exception {
        assumeTrue(hasPromtool(), "promtool is not on the PATH");
        Process check =
                new ProcessBuilder(Monitoring.folder().resolve("check").toString())
                        .redirectErrorStream(true)
                        .start();
        String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(check.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(check.exitValue()).as(said).isZero();
    }

    private static Set<String> knownSeries() throws IOException {
        Set<String> known = new TreeSet<>(OF_OTHERS);
        MetricsDocument.types()
                .forEach((name, type) ->
                        ENDINGS.getOrDefault(type, Set.of())
                                .forEach(ending -> known.add(name + ending)));
        Monitoring.rules().stream()
                .filter(rule -> rule.has("record"))
                .forEach(rule -> known.add(rule.path("record").asString()));
        return known;
    }

    private static boolean hasPromtool() {
        String path = System.getenv().getOrDefault("PATH", "");
        return Stream.of(path.split(File.pathSeparator, -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "promtool")));
    }
}
