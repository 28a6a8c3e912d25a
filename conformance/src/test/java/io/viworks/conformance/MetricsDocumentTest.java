package io.viworks.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds docs/metrics.md against the meters that the sources make. */
class MetricsDocumentTest {
    private static final Pattern METER =
            Pattern.compile(
                    "\\b(?:counter|timer|gauge|gaugeMapSize|summary|builder)\\(\\s*\"viw\\.([a-z._]+[a-z])\"");

    /** As {@code BridgeMeters} names them: without the beginning they share. */
    private static final Pattern OF_BRIDGE =
            Pattern.compile(
                    "\\b(?:count|counter|timer|gauge|computeIfAbsent)\\(\\s*\"([a-z._]+)\"");

    @Test
    void everyMeterOfTheSourcesIsInATableAndTheOtherWayRound() throws Exception {
        Set<String> made = new TreeSet<>();
        for (Path source : sources()) {
            String text = Files.readString(source);
            METER.matcher(text).results().forEach(found -> made.add(plain(found.group(1))));
            if (source.toString().contains("agent-bridge")) {
                OF_BRIDGE
                        .matcher(text)
                        .results()
                        .forEach(found -> made.add(plain("bridge." + found.group(1))));
            }
        }
        assertThat(made).hasSizeGreaterThan(50);
        Set<String> documented =
                MetricsDocument.types().keySet().stream()
                        .map(name -> plain(name.substring("viw_".length())))
                        .collect(Collectors.toCollection(TreeSet::new));
        assertThat(documented).containsExactlyInAnyOrderElementsOf(made);
    }

    /** Without what a registry adds to say the unit. */
    private static String plain(String name) {
        UnaryOperator<String> off = text -> text.replaceAll("_(total|seconds)$", "");
        return off.apply(name.replace('.', '_'));
    }

    private static List<Path> sources() throws IOException {
        List<String> services =
                List.of(
                        "common/backplane",
                        "common/service",
                        "common/ledger",
                        "agent-bridge",
                        "telemetry-writer",
                        "results-writer",
                        "admin-api");
        return services.stream()
                .map(module -> Checkout.root().resolve(module).resolve("src/main/java"))
                .flatMap(MetricsDocumentTest::javaBelow)
                .toList();
    }

    private static Stream<Path> javaBelow(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
