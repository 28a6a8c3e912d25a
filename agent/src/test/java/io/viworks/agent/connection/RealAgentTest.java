package io.viworks.agent.connection;

import static io.viworks.agent.connection.Rig.command;
import static io.viworks.agent.connection.Rig.confirm;
import static io.viworks.agent.connection.Rig.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.agent.Main;
import io.viworks.agent.connection.FakeBridge.Peer;
import io.viworks.protocol.CorrelationId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** The program as it is started on a gateway, configured by its environment alone. */
class RealAgentTest {
    @TempDir Path folder;

    private Process run(FakeBridge bridge) throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "run");
        builder.environment()
                .putAll(
                        Map.of(
                                "VIW_AGENT_AGENT_ID", "gateway-1",
                                "VIW_AGENT_BACKEND_URL", bridge.url().toString(),
                                "VIW_AGENT_SHARED_SECRET_FILE", folder.resolve("secret").toString(),
                                "VIW_AGENT_DATA_DIR", folder.resolve("data").toString(),
                                "VIW_AGENT_RUN_LOG", folder.resolve("runs").toString()));
        return builder.redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
    }

    @Test
    void saysHelloMeasuresRunsAndLeavesWithByeOnSigterm() throws Exception {
        Files.writeString(folder.resolve("secret"), Rig.SECRET);
        try (FakeBridge bridge = new FakeBridge()) {
            Process agent = run(bridge);
            try {
                Peer peer = bridge.next();
                assertThat(peer.expect("HELLO").path("supported_verbs").toString())
                        .contains("echo", "get_system_health", "list_containers");
                peer.welcome(20, 262_144);
                assertThat(peer.expect("TELEMETRY").path("metrics").has("mem_pct")).isTrue();

                CorrelationId id = id();
                String echo = command(id, "echo");
                peer.send(echo);
                assertThat(peer.answer().path("status").asString("")).isEqualTo("accepted");
                ObjectNode result = peer.answer();
                assertThat(result.path("data").path("message").asString("")).isEqualTo("hi");
                peer.send(echo);
                assertThat(peer.answer()).isEqualTo(result);
                assertThat(Files.readAllLines(folder.resolve("runs")))
                        .singleElement()
                        .asString()
                        .contains(id.toString());
                peer.send(confirm(id));

                agent.destroy();
                assertThat(peer.answer().path("type").asString("")).isEqualTo("BYE");
                assertThat(peer.hasEnded(FakeBridge.PATIENCE)).isTrue();
                assertThat(agent.waitFor(60, TimeUnit.SECONDS)).isTrue();
                assertThat(agent.exitValue()).isZero();
            } finally {
                agent.destroyForcibly().waitFor();
            }
        }
        String log = Files.readString(folder.resolve("log"), StandardCharsets.UTF_8);
        assertThat(log).contains("\"event\":\"stopped\"").doesNotContain(Rig.SECRET, "\"fault\"");
        assertThat(log.lines()).allMatch(line -> line.startsWith("{\"ts\":"));
    }

    @Test
    void endsWithZeroWhenToldToAndTellsTheEndInItsNextLife() throws Exception {
        Files.writeString(folder.resolve("secret"), Rig.SECRET);
        try (FakeBridge bridge = new FakeBridge()) {
            CorrelationId id = id();
            Process agent = run(bridge);
            try {
                Peer peer = bridge.next();
                peer.expect("HELLO");
                peer.welcome(20, 262_144);
                peer.send(
                        command(id, "shutdown_agent")
                                .replace("\"message\":\"hi\"", "\"reason\":\"moving house\""));
                assertThat(peer.answer().path("status").asString("")).isEqualTo("accepted");
                ObjectNode result = peer.answer();
                assertThat(result.path("type").asString("")).isEqualTo("RESULT");
                assertThat(result.path("status").asString("")).isEqualTo("success");
                // nobody confirms it
                ObjectNode bye = peer.answer();
                assertThat(bye.path("type").asString("")).isEqualTo("BYE");
                assertThat(bye.path("reason").asString(""))
                        .isEqualTo("shutdown_agent: moving house");
                assertThat(agent.waitFor(60, TimeUnit.SECONDS)).isTrue();
                assertThat(agent.exitValue()).isZero();
            } finally {
                agent.destroyForcibly().waitFor();
            }
            Process again = run(bridge);
            try {
                Peer peer = bridge.next();
                peer.expect("HELLO");
                peer.welcome(20, 262_144);
                ObjectNode told = peer.expect("RESULT");
                assertThat(told.path("correlation_id").asString("")).isEqualTo(id.toString());
                assertThat(told.path("status").asString("")).isEqualTo("success");
            } finally {
                again.destroyForcibly().waitFor();
            }
        }
    }
}
