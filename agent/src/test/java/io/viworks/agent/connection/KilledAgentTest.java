package io.viworks.agent.connection;

import static io.viworks.agent.connection.Rig.command;
import static io.viworks.agent.connection.Rig.confirm;
import static io.viworks.agent.connection.Rig.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.agent.connection.FakeBridge.Peer;
import io.viworks.agent.connection.MortalAgent.Point;
import io.viworks.protocol.CorrelationId;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** A real agent is killed (SIGKILL) at each point of a command; the next life tells the truth. */
class KilledAgentTest {
    @TempDir Path folder;
    private final List<Process> lives = new ArrayList<>();
    private final String nap = "6" + ThreadLocalRandom.current().nextInt(100_000, 999_999);
    private FakeBridge bridge;
    private Path runs;

    @BeforeEach
    void prepare() throws Exception {
        bridge = new FakeBridge();
        runs = folder.resolve("runs");
        Files.writeString(folder.resolve("secret"), Rig.SECRET);
    }

    @AfterEach
    void end() throws Exception {
        for (Process life : lives) {
            life.destroyForcibly().waitFor();
        }
        bridge.close();
        naps().forEach(ProcessHandle::destroyForcibly);
    }

    private Process live(Point until) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        MortalAgent.class.getName(),
                        until.name(),
                        runs.toString(),
                        nap);
        builder.environment()
                .putAll(
                        Map.of(
                                "VIW_AGENT_AGENT_ID", "gateway-1",
                                "VIW_AGENT_BACKEND_URL", bridge.url().toString(),
                                "VIW_AGENT_SHARED_SECRET_FILE", folder.resolve("secret").toString(),
                                "VIW_AGENT_DATA_DIR", folder.resolve("data").toString()));
        Process life = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        lives.add(life);
        return life;
    }

    /** The agent's life up to the point, with this command, and its sudden end there. */
    private void dieAt(Point point, String command) throws Exception {
        Process life = live(point);
        bridge.nextWelcomed().send(command);
        try (BufferedReader said = life.inputReader(StandardCharsets.UTF_8)) {
            assertThat(said.readLine()).isEqualTo(point.name());
        }
        kill(life);
    }

    private static void kill(Process life) throws InterruptedException {
        assertThat(life.destroyForcibly().waitFor()).isEqualTo(137);
    }

    private List<ProcessHandle> naps() {
        return ProcessHandle.allProcesses()
                .filter(process ->
                        process.info()
                                .arguments()
                                .filter(arguments -> List.of(arguments).contains(nap))
                                .isPresent())
                .filter(process -> process.info().command().orElse("").endsWith("sleep"))
                .toList();
    }

    private long runs() throws IOException {
        return Files.exists(runs) ? Files.readAllLines(runs).size() : 0;
    }

    @Test
    void beforeItWasAcceptedItRunsWhenItComesAgain() throws Exception {
        CorrelationId id = id();
        String echo = command(id, "echo");
        dieAt(Point.BEFORE_ACCEPTED, echo);
        live(Point.NEVER);
        Peer peer = bridge.nextWelcomed();
        peer.send(echo);
        assertThat(peer.answer().path("status").asString("")).isEqualTo("accepted");
        assertThat(peer.answer().path("stdout").asString("")).isEqualTo("slept");
        assertThat(runs()).isEqualTo(1);
    }

    @Test
    void onceItMayHaveBegunItsEndIsNotKnown() throws Exception {
        CorrelationId id = id();
        String echo = command(id, "echo");
        dieAt(Point.BEFORE_THE_PROGRAM, echo);
        live(Point.NEVER);
        Peer peer = bridge.nextWelcomed();
        ObjectNode result = peer.answer();
        assertThat(result.path("error").path("code").asString("")).isEqualTo("Interrupted");
        peer.send(echo);
        assertThat(peer.answer()).isEqualTo(result);
        assertThat(runs()).isZero();
    }

    @Test
    void whatRanIsKilledAndNeverRunsAgain() throws Exception {
        CorrelationId id = id();
        String echo = command(id, "echo");
        Process life = live(Point.WHILE_IT_RUNS);
        bridge.nextWelcomed().send(echo);
        await().until(() -> naps().size() == 1);
        kill(life);
        assertThat(naps()).as("the program outlives its agent").hasSize(1);

        Process next = live(Point.NEVER);
        Peer peer = bridge.nextWelcomed();
        assertThat(naps()).as("and is gone before the next one says HELLO").isEmpty();
        ObjectNode result = peer.answer();
        assertThat(result.path("error").path("code").asString("")).isEqualTo("Interrupted");
        peer.send(echo);
        assertThat(peer.answer()).isEqualTo(result);

        kill(next);
        live(Point.NEVER);
        Peer last = bridge.nextWelcomed();
        assertThat(last.answer()).as("the same end, of the same run").isEqualTo(result);
        assertThat(runs()).isEqualTo(1);
    }

    @Test
    void anEndThatNobodyConfirmedIsSentByTheNextLife() throws Exception {
        CorrelationId id = id();
        Process life = live(Point.NEVER);
        Peer peer = bridge.nextWelcomed();
        peer.send(command(id, "echo"));
        ObjectNode result = peer.expect("RESULT");
        kill(life);
        Process next = live(Point.NEVER);
        Peer second = bridge.nextWelcomed();
        assertThat(second.answer()).isEqualTo(result);
        second.send(confirm(id));
        kill(next);
        assertThat(runs()).isEqualTo(1);
    }
}
