package io.viworks.conformance.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.conformance.Checkout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code agent simulate}: many agents of one process, on all the real services. */
class SimulationTest {
    private static final Path AGENT = Checkout.root().resolve("agent/target/agent-0.1.0.jar");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final JsonMapper JSON = new JsonMapper();

    private static RunningStack stack;

    @TempDir static Path folder;

    @BeforeAll
    static void start() throws Exception {
        stack = RunningStack.start(folder);
    }

    @AfterAll
    static void stop() {
        stack.close();
    }

    @Test
    void twoHundredAgentsConnectReportAndAnswer() throws Exception {
        try (Run simulator = simulate("good", "--count", "200", "--ramp", "2s", "--think", "5ms")) {
            await().atMost(PATIENCE).until(() -> last(simulator).path("connected").asInt() == 200);
            List<String> commands = new ArrayList<>();
            for (int i = 1; i <= 200; i += 20) {
                commands.add(stack.command(name("good", i), "echo", Map.of("message", "to " + i)));
            }
            for (int i = 0; i < commands.size(); i++) {
                JsonNode command = stack.ended(name("good", 1 + i * 20), commands.get(i));
                assertThat(command.path("state").asString()).isEqualTo("SUCCEEDED");
                assertThat(command.path("results").path(0).path("stdout").asString())
                        .isEqualTo("to " + (1 + i * 20));
            }
            await().atMost(PATIENCE)
                    .untilAsserted(() ->
                            assertThat(
                                            stack.get(
                                                            "/gateways/"
                                                                    + name("good", 137)
                                                                    + "/telemetry/latest")
                                                    .path("metrics")
                                                    .path("cpu_pct")
                                                    .asDouble())
                                    .isBetween(0.5, 99.5));
            await().atMost(PATIENCE)
                    .until(() -> last(simulator).path("confirmed").asLong() == commands.size());

            simulator.signal("TERM");
            assertThat(simulator.exitWithin(PATIENCE)).isZero();
            JsonNode end = last(simulator);
            assertThat(end.path("connected").asInt()).isZero();
            assertThat(end.path("commands").asLong()).isEqualTo(commands.size());
            assertThat(end.path("confirmed").asLong()).isEqualTo(commands.size());
        }
    }

    @Test
    void thoseThatMisbehaveHurtNobodyElse() throws Exception {
        try (Run simulator =
                simulate(
                        "bad",
                        "--count",
                        "30",
                        "--ramp",
                        "1s",
                        "--slow-readers",
                        "2",
                        "--half-open",
                        "2",
                        "--flapping",
                        "2",
                        "--wrong-clock",
                        "2",
                        "--floods",
                        "2")) {
            await().atMost(PATIENCE)
                    .untilAsserted(() -> {
                        JsonNode seen = last(simulator);
                        // wrong clocks are refused, floods are put out, flappers come again
                        assertThat(seen.path("refused_clock_skew").asInt()).isGreaterThan(1);
                        assertThat(seen.path("losses").asInt()).isGreaterThan(3);
                        assertThat(seen.path("sessions").asInt()).isGreaterThan(30);
                    });
            Map<String, String> asked = new HashMap<>();
            // the twenty good ones, as soon as they are known, whatever becomes of the others
            await().atMost(PATIENCE.multipliedBy(2))
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> {
                        askTheConnected(asked);
                        return succeeded(asked) >= 20;
                    });
        }
    }

    private static void askTheConnected(Map<String, String> asked) throws Exception {
        for (JsonNode gateway :
                stack.get("/gateways?status=connected&q=bad-&limit=100").path("items")) {
            String name = gateway.path("agent_id").asString();
            if (!asked.containsKey(name)) {
                asked.put(name, stack.command(name, "echo", Map.of("message", "still")));
            }
        }
    }

    private static int succeeded(Map<String, String> commands) throws Exception {
        int count = 0;
        for (Map.Entry<String, String> command : commands.entrySet()) {
            JsonNode row =
                    stack.get("/gateways/" + command.getKey() + "/commands/" + command.getValue());
            count += row.path("state").asString().equals("SUCCEEDED") ? 1 : 0;
        }
        return count;
    }

    private static String name(String prefix, int number) {
        return "%s-%05d".formatted(prefix, number);
    }

    private static Run simulate(String prefix, String... options) throws Exception {
        Path secret =
                Files.writeString(folder.resolve(prefix + ".secret"), stack.told("shared_secret"));
        List<String> arguments = new ArrayList<>(List.of("simulate", "--report", "200ms"));
        arguments.addAll(List.of(options));
        return Run.of(
                AGENT,
                arguments,
                Map.of(
                        "VIW_AGENT_BACKEND_URL", stack.told("bridge_ws"),
                        "VIW_AGENT_AGENT_ID", prefix,
                        "VIW_AGENT_DATA_DIR", folder.resolve(prefix).toString(),
                        "VIW_AGENT_COLLECT_INTERVAL", "2",
                        "VIW_AGENT_SHARED_SECRET_FILE", secret.toString()),
                folder);
    }

    /** The newest line of figures. */
    private static JsonNode last(Run simulator) {
        return simulator
                .output()
                .lines()
                .filter(line -> line.contains("\"event\":\"simulation\"") && line.endsWith("}"))
                .reduce((_, newer) -> newer)
                .<JsonNode>map(JSON::readTree)
                .orElse(JSON.createObjectNode());
    }
}
