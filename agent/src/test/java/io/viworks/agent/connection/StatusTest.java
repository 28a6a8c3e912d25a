package io.viworks.agent.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.agent.Main;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.FrameCodec;
import java.io.ByteArrayOutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** {@code agent status}, asked of the program as it is started on a gateway. */
class StatusTest {
    @TempDir Path folder;
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final List<Process> agents = new ArrayList<>();
    private FakeBridge bridge;

    @BeforeEach
    void prepare() throws Exception {
        bridge = new FakeBridge();
        environment.put("VIW_AGENT_AGENT_ID", "gateway-1");
        environment.put("VIW_AGENT_BACKEND_URL", bridge.url().toString());
        environment.put(
                "VIW_AGENT_SHARED_SECRET_FILE",
                Files.writeString(folder.resolve("secret"), Rig.SECRET).toString());
        environment.put("VIW_AGENT_DATA_DIR", folder.resolve("data").toString());
        environment.put("VIW_AGENT_HELPER_SOCKET", folder.resolve("helper.sock").toString());
        environment.put("VIW_AGENT_HELPER_SECRET_FILE", folder.resolve("secret").toString());
    }

    @AfterEach
    void end() throws Exception {
        for (Process agent : agents) {
            agent.destroyForcibly().waitFor();
        }
        bridge.close();
    }

    private Process program(String... words) throws Exception {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx64m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Main.class.getName()));
        command.addAll(List.of(words));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        return words[0].equals("run")
                ? builder.redirectOutput(folder.resolve("log").toFile()).start()
                : builder.start();
    }

    private Process run() throws Exception {
        Process agent = program("run");
        agents.add(agent);
        return agent;
    }

    private record Said(int code, String text) {
        ObjectNode json() throws Exception {
            return new FrameCodec().decodeObject(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private Said status(String... options) throws Exception {
        List<String> words = new ArrayList<>(List.of("status"));
        words.addAll(List.of(options));
        Process asked = program(words.toArray(String[]::new));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        asked.getInputStream().transferTo(out);
        assertThat(asked.waitFor(60, TimeUnit.SECONDS)).isTrue();
        String text = out.toString(StandardCharsets.UTF_8).strip();
        assertThat(text).doesNotContain(Rig.SECRET);
        return new Said(asked.exitValue(), text);
    }

    @Test
    void tellsWhetherItRunsIsConnectedAndWhatItHolds() throws Exception {
        assertThat(status()).isEqualTo(new Said(3, "no agent runs on " + folder.resolve("data")));

        bridge.refuse(FakeAdmin.problem(503, "overloaded"));
        run();
        await().until(() -> bridge.attempts() > 0);
        await().untilAsserted(() -> {
            Said waiting = status("--json");
            assertThat(waiting.code()).isEqualTo(1);
            ObjectNode connection = (ObjectNode) waiting.json().get("connection");
            assertThat(connection.path("state").asString("")).isEqualTo("waiting");
            assertThat(connection.path("problem").asString("")).contains("503 overloaded");
            assertThat(Instant.parse(connection.path("next_attempt_at").asString("")))
                    .isAfter(Instant.now().minusSeconds(60));
        });
        Path socket = folder.resolve("data/status.sock");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-------");

        bridge.refuse(null);
        FakeBridge.Peer peer = bridge.nextWelcomed();
        CorrelationId id = Rig.id();
        peer.send(Rig.command(id, "echo"));
        peer.expect("RESULT");
        ObjectNode told = status("--json").json();
        assertThat(told.path("connection").path("backend_url").asString(""))
                .isEqualTo(bridge.url().toString());
        assertThat(told.path("connection").path("sessions").asInt(0)).isEqualTo(1);
        assertThat(told.path("identity").path("proved_by").asString("")).isEqualTo("shared_secret");
        assertThat(told.path("telemetry").path("sent").asInt(0)).isPositive();
        assertThat(told.path("telemetry").path("age_s").isInt()).isTrue();
        assertThat(told.path("journal").path("finished").asInt(0)).isEqualTo(1);
        assertThat(told.path("outbox").path("waiting").asInt(0)).isEqualTo(1);
        assertThat(told.path("outbox").path("bytes").asInt(0)).isPositive();
        assertThat(told.path("helper").path("problem").asString("")).contains("no socket");
        assertThat(told.path("process").path("resident_bytes").asLong(0)).isPositive();

        peer.send(Rig.confirm(id));
        await().until(() -> status("--json").json().path("outbox").path("waiting").asInt(-1) == 0);
    }

    @Test
    void saysItToPeopleAndSurvivesACrashAndASocketLeftBehind() throws Exception {
        Process first = run();
        bridge.nextWelcomed();
        first.destroyForcibly().waitFor();
        assertThat(folder.resolve("data/status.sock")).exists();
        assertThat(status().code()).isEqualTo(3);
        try (ServerSocketChannel helper = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            helper.bind(UnixDomainSocketAddress.of(folder.resolve("helper.sock")));
            run();
            bridge.nextWelcomed().expect("TELEMETRY");
            Said said = status();
            assertThat(said.code()).isZero();
            assertThat(said.text())
                    .containsPattern("(?m)^agent +gateway-1, version 0.*, pid \\d+, up ")
                    .containsPattern("(?m)^connection +connected to " + bridge.url() + " since 20")
                    .containsPattern("(?m)^identity +the shared secret$")
                    .containsPattern("(?m)^telemetry +last sent .* every 30 s; 1 sent, 0 dropped")
                    .containsPattern("(?m)^journal +0 accepted, .* of 64.0 MiB")
                    .containsPattern("(?m)^outbox +0 results wait")
                    .containsPattern("(?m)^helper +reachable at ")
                    .containsPattern("(?m)^process +[0-9.]+ MiB resident, \\d+ threads");
        }
        environment.put("VIW_AGENT_MAX_CONCURRENCY", "0");
        assertThat(status().code()).isEqualTo(78);
    }
}
