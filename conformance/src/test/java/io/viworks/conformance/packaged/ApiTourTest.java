package io.viworks.conformance.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.viworks.conformance.Checkout;
import java.io.File;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code docs/api-tour.md} is run as it stands, shows what is printed, and leaves no call out. */
class ApiTourTest {
    private static final Path DOCUMENT = Checkout.root().resolve("docs/api-tour.md");
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir Path folder;

    @Test
    void runsAsItStandsAndMakesEveryCall() throws Exception {
        List<String> missing =
                Stream.of("bash", "curl", "jq", "openssl").filter(this::lacks).toList();
        if (System.getenv("VIW_REQUIRE_NODE") != null) {
            assertThat(missing).as("VIW_REQUIRE_NODE is set: this machine has all tools").isEmpty();
        }
        assumeTrue(missing.isEmpty(), () -> "not on the PATH: " + missing);
        try (RunningStack stack = RunningStack.start(folder)) {
            URI api = URI.create(stack.told("admin_api"));
            try (Listening listening = Listening.before(api.getPort())) {
                runFile(stack, api, listening.port());
                List<String> wrong = new ArrayList<>();
                for (Tour.Printed printed : Tour.of(DOCUMENT).walk(folder, Map.of())) {
                    Tour.Step step = printed.step();
                    if (!step.language().isEmpty()) {
                        Shape.differences(step.language(), step.shown(), printed.text())
                                .forEach(difference ->
                                        wrong.add("line " + step.line() + ": " + difference));
                    }
                }
                assertThat(wrong).isEmpty();
                assertThat(notMade(document(api), listening.requests())).isEmpty();
            }
        }
    }

    private boolean lacks(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .noneMatch(part -> Files.isExecutable(Path.of(part, program)));
    }

    /** As {@code ./viw up} leaves it in the repository, but for the port that is listened at. */
    private void runFile(RunningStack stack, URI api, int port) throws Exception {
        ObjectNode run =
                (ObjectNode) JSON.readTree(Files.readString(stack.home().resolve("run.json")));
        run.put("admin_api", api.toString().replace(":" + api.getPort() + "/", ":" + port + "/"));
        Path home = Files.createDirectories(folder.resolve(".viw"));
        Files.writeString(home.resolve("run.json"), JSON.writeValueAsString(run));
    }

    private static JsonNode document(URI api) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return JSON.readTree(
                    http.send(
                                    HttpRequest.newBuilder(api.resolve("/v3/api-docs")).build(),
                                    HttpResponse.BodyHandlers.ofString())
                            .body());
        }
    }

    /** The calls of the document that no request was of. */
    private static Set<String> notMade(JsonNode document, List<String> requests) {
        TreeSet<String> missing = new TreeSet<>();
        TreeSet<String> made = new TreeSet<>();
        for (var path : document.path("paths").properties()) {
            for (var method : path.getValue().properties()) {
                missing.add(method.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey());
            }
        }
        for (String request : requests) {
            missing.stream()
                    .filter(call -> request.replaceFirst("\\?.*", "").matches(pattern(call)))
                    // /gateways/register is no gateway.
                    .min((a, b) -> Long.compare(variables(a), variables(b)))
                    .ifPresent(made::add);
        }
        missing.removeAll(made);
        return missing;
    }

    private static long variables(String call) {
        return call.chars().filter(c -> c == '{').count();
    }

    private static String pattern(String call) {
        return call.replaceAll("\\{[^}]+}", "[^/]+");
    }
}
