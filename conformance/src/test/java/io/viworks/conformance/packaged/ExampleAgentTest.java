package io.viworks.conformance.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.viworks.conformance.Checkout;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * {@code docs/protocol.md} is enough to write an agent from: the one of {@code docs/examples}, in
 * another language and without any of our code, is seen and commanded by the real services.
 */
class ExampleAgentTest {
    private static final Path SCRIPT = Checkout.root().resolve("docs/examples/agent.mjs");
    private static final Duration PATIENCE = RunningStack.PATIENCE;

    private static RunningStack stack;

    @TempDir static Path folder;

    @BeforeAll
    static void start() throws Exception {
        boolean found = node().isPresent();
        if (System.getenv("VIW_REQUIRE_NODE") != null) {
            assertThat(found).as("VIW_REQUIRE_NODE is set: node must be on the PATH").isTrue();
        }
        assumeTrue(found, "node is not on the PATH: the example agent is not tried");
        stack = RunningStack.start(folder);
    }

    @AfterAll
    static void stop() {
        if (stack != null) {
            stack.close();
        }
    }

    @Test
    void isSeenAndAnswersEcho() throws Exception {
        try (Example agent = Example.start("node-gateway", stack.told("shared_secret"))) {
            known("node-gateway", agent);
            String message = "from another language: ü \u2028 \"quoted\" \uD83D\uDE80";
            JsonNode command =
                    stack.ended(
                            "node-gateway",
                            stack.command("node-gateway", "echo", Map.of("message", message)));
            assertThat(command.path("state").asString()).isEqualTo("SUCCEEDED");
            JsonNode result = command.path("results").path(0);
            assertThat(result.path("data").path("message").asString()).isEqualTo(message);
            await().atMost(PATIENCE)
                    .untilAsserted(() ->
                            assertThat(
                                            stack.get("/gateways/node-gateway/telemetry/latest")
                                                    .path("metrics")
                                                    .path("mem_pct")
                                                    .asDouble())
                                    .isBetween(0.1, 100.0));
        }
    }

    @Test
    void aLongMessageComesWhole() throws Exception {
        try (Example agent = Example.start("node-long", stack.told("shared_secret"))) {
            known("node-long", agent);
            String message = "0123456789abcdef".repeat(256);
            JsonNode command =
                    stack.ended(
                            "node-long",
                            stack.command("node-long", "echo", Map.of("message", message)));
            assertThat(command.path("results").path(0).path("stdout").asString())
                    .isEqualTo(message);
        }
    }

    @Test
    void isToldWhyItMayNotComeIn() throws Exception {
        try (Example agent = Example.start("node-stranger", "not the secret")) {
            await().atMost(PATIENCE).until(() -> agent.output().contains("\"bad_signature\""));
            assertThat(agent.output()).contains("\"refused\":401").doesNotContain("\"connected\"");
        }
    }

    /** WELCOME comes from the bridge alone; commands are taken once Postgres knows the gateway. */
    private static void known(String id, Example agent) {
        await().atMost(PATIENCE).until(() -> agent.output().contains("\"connected\""));
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(AssertionError.class)
                .untilAsserted(() -> stack.get("/gateways/" + id));
    }

    private static Optional<Path> node() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .map(part -> Path.of(part, "node"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** One process of the example. */
    private record Example(Process process, Path log) implements AutoCloseable {
        static Example start(String id, String secret) throws IOException {
            Path file = Files.writeString(folder.resolve(id + ".secret"), secret);
            Path log = folder.resolve(id + ".log");
            ProcessBuilder builder =
                    new ProcessBuilder(node().orElseThrow().toString(), SCRIPT.toString())
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile());
            builder.environment()
                    .putAll(
                            Map.of(
                                    "BRIDGE",
                                    stack.told("bridge_ws"),
                                    "AGENT_ID",
                                    id,
                                    "SECRET_FILE",
                                    file.toString(),
                                    "COLLECT_MS",
                                    "500"));
            return new Example(builder.start(), log);
        }

        String output() throws IOException {
            return Files.readString(log);
        }

        @Override
        public void close() {
            process.destroy();
            process.onExit().join();
        }
    }
}
