package io.viworks.conformance.monitoring;

import io.viworks.conformance.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The files below {@code deploy/monitoring}. */
final class Monitoring {
    private static final JsonMapper JSON = new JsonMapper();

    private Monitoring() {}

    static Path folder() {
        return Checkout.root().resolve("deploy/monitoring");
    }

    /** All rules, alerts and recordings, of all files. */
    static List<JsonNode> rules() {
        return files("rules", ".yml").stream()
                .flatMap(file -> yaml(file).path("groups").valueStream())
                .flatMap(group -> group.path("rules").valueStream())
                .toList();
    }

    static List<JsonNode> alerts() {
        return rules().stream().filter(rule -> rule.has("alert")).toList();
    }

    static List<Path> files(String below, String end) {
        try (Stream<Path> files = Files.list(folder().resolve(below))) {
            return files.filter(file -> file.toString().endsWith(end)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode yaml(Path file) {
        return JSON.valueToTree(
                new Yaml(new SafeConstructor(new LoaderOptions())).<Object>load(text(file)));
    }

    static JsonNode json(Path file) {
        return JSON.readTree(text(file));
    }

    static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
