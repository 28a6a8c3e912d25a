package io.viworks.agent.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.agent.helper.HelperProcess;
import io.viworks.agent.helper.HelperWire;
import io.viworks.agent.helper.client.HelperClient;
import io.viworks.agent.host.Host;
import io.viworks.agent.process.ProcessRunner;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.AgentFrame.ResultStatus;
import io.viworks.protocol.frame.Envelope;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** An agent that has its verbs done by a real helper, which comes, goes, hangs and dies. */
@Timeout(300)
class HelperActionTest {
    @TempDir Path folder;
    private final String nap = "7" + ThreadLocalRandom.current().nextInt(100_000, 999_999);
    private final List<Output> live = new CopyOnWriteArrayList<>();
    private HelperProcess helper;
    private CommandExecutor agent;

    @BeforeEach
    void prepare() throws Exception {
        helper =
                new HelperProcess(folder)
                        .verb(
                                "delete_panel_user",
                                "echo ran >> " + folder + "/trace; echo begun; exec sleep " + nap,
                                ", \"{username}\"",
                                "")
                        .verb(
                                "create_panel_user",
                                "read line; echo \"made $1 $line\"",
                                ", \"{username}\"",
                                "stdin = [\"password\"]")
                        .verb("list_sessions", "echo '{\"sessions\":[]}'", "", "")
                        .verb("echo", "exit 3", "", "");
        agent =
                VerbExecutor.create(
                        new RunSettings(
                                4,
                                45,
                                true,
                                Set.of(),
                                Set.of(),
                                Set.of(),
                                false,
                                null,
                                folder,
                                new HelperClient(helper.socket(), helper.secret()),
                                Set.of(
                                        "delete_panel_user",
                                        "create_panel_user",
                                        "list_sessions",
                                        "echo",
                                        "delete_openvpn_user")),
                        new Host(List.of(Path.of("/"))),
                        List.of(),
                        ProcessRunner.create(),
                        null,
                        InstantSource.system(),
                        _ -> {});
    }

    @AfterEach
    void end() {
        agent.close();
        helper.close();
        naps().forEach(ProcessHandle::destroyForcibly);
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

    private static Envelope command(String verb, String args, int timeoutS) {
        ObjectNode parsed = HelperProcess.json(args.replace('\'', '"'));
        Instant now = Instant.now();
        return new Envelope(
                new CorrelationId(UUID.randomUUID()),
                new AgentId(HelperProcess.AGENT),
                verb,
                parsed,
                now,
                now.plusSeconds(60),
                UUID.randomUUID(),
                timeoutS,
                "erika");
    }

    private static Envelope delete(int timeoutS) {
        return command("delete_panel_user", "{'username':'anna'}", timeoutS);
    }

    private CompletableFuture<RunOutcome> start(Envelope envelope) {
        assertThat(agent.check(envelope)).isEmpty();
        CompletableFuture<RunOutcome> end = new CompletableFuture<>();
        agent.reserve().orElseThrow().start(Warrant.unsigned(envelope), live::add, end::complete);
        return end;
    }

    private RunOutcome run(String verb, String args) throws Exception {
        return start(command(verb, args, 30)).get();
    }

    private static String code(RunOutcome outcome) {
        FrameError error = outcome.error();
        return error == null ? "none" : error.code();
    }

    private static String message(RunOutcome outcome) {
        FrameError error = outcome.error();
        return error == null ? "" : error.msg();
    }

    @Test
    void looksToTheBackendLikeAnAgentThatDoesItItself() throws Exception {
        helper.start();
        RunOutcome made =
                run("create_panel_user", "{'username':'anna','password':'hunter22-secret'}");
        assertThat(made.status()).isEqualTo(ResultStatus.SUCCESS);
        assertThat(made.rc()).isZero();
        assertThat(made.stdout()).isEqualTo("made anna {\"password\":\"***\"}\n");
        assertThat(live).isNotEmpty().allMatch(output -> !output.text().contains("hunter22"));
        ObjectNode data = made.data();
        assertThat(data).isNotNull();
        assertThat(String.valueOf(data)).contains("\"username\":\"anna\"");
        assertThat(String.valueOf(data))
                .contains("\"stdout_sha256\":\"" + HelperWire.digest(made.stdout()) + "\"");

        RunOutcome sessions = run("list_sessions", "{}");
        assertThat(String.valueOf(sessions.data())).startsWith("{\"sessions\":[]");

        RunOutcome failed = run("echo", "{'message':'x'}");
        assertThat(failed.rc()).isEqualTo(3);
        assertThat(code(failed)).isEqualTo("ExecFailed");
    }

    @Test
    void whatItsTableDoesNotHaveIsNotAllowed() throws Exception {
        helper.start();
        RunOutcome outcome = run("delete_openvpn_user", "{'username':'anna'}");
        assertThat(code(outcome)).isEqualTo("VerbNotAllowed");
        assertThat(outcome.rc()).isNull();
    }

    @Test
    void isUnavailableWithoutItAndRecoversWithIt() throws Exception {
        helper.configured();
        assertThat(code(run("list_sessions", "{}"))).isEqualTo("HelperUnavailable");
        helper.start();
        assertThat(code(run("list_sessions", "{}"))).isEqualTo("none");
        helper.kill();
        RunOutcome gone = run("list_sessions", "{}");
        assertThat(code(gone)).isEqualTo("HelperUnavailable");
        assertThat(message(gone)).contains(helper.socket().toString());
        helper.start();
        assertThat(code(run("list_sessions", "{}"))).isEqualTo("none");

        Files.delete(helper.secret());
        assertThat(code(run("list_sessions", "{}"))).isEqualTo("HelperUnavailable");
        HelperProcess.file(helper.secret(), "the secret of somebody else", "r--r-----");
        assertThat(code(run("list_sessions", "{}"))).isEqualTo("none"); // both read it anew
    }

    @Test
    void doesNotKnowWhatBecameOfItWhenTheHelperDies() throws Exception {
        helper.start();
        CompletableFuture<RunOutcome> end = start(delete(30));
        await().until(() -> naps().size() == 1);
        helper.kill();
        RunOutcome outcome = end.get();
        assertThat(code(outcome)).isEqualTo("Interrupted");
        assertThat(message(outcome)).contains("was asked");
        helper.start();
        assertThat(naps()).isEmpty();
        assertThat(Files.readAllLines(folder.resolve("trace"))).hasSize(1);
        assertThat(code(run("list_sessions", "{}"))).isEqualTo("none");
    }

    @Test
    void killsTheHelpersRunByCancellingByItsTimeAndByClosing() throws Exception {
        helper.start();
        Envelope cancelled = delete(30);
        CompletableFuture<RunOutcome> end = start(cancelled);
        await().until(() -> naps().size() == 1);
        assertThat(agent.cancel(cancelled.correlationId())).isTrue();
        assertThat(code(end.get())).isEqualTo("Cancelled");
        assertThat(end.get().stdout()).isEqualTo("begun\n");
        assertThat(naps()).isEmpty();

        RunOutcome late = start(delete(3)).get();
        assertThat(code(late)).isEqualTo("ExecTimeout");
        assertThat(late.stdout()).isEqualTo("begun\n");
        assertThat(naps()).isEmpty();

        CompletableFuture<RunOutcome> last = start(delete(30));
        await().until(() -> naps().size() == 1);
        agent.close();
        assertThat(code(last.get())).isEqualTo("Interrupted");
        assertThat(naps()).isEmpty();
    }

    /** Nothing answers, but the socket is there: the request lies in it, and nobody knows. */
    @Test
    void doesNotWaitForAHelperThatHangs() throws Exception {
        helper.configured();
        try (ServerSocketChannel mute = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            mute.bind(UnixDomainSocketAddress.of(helper.socket()));
            RunOutcome outcome = start(command("list_sessions", "{}", 1)).get();
            assertThat(code(outcome)).isEqualTo("ExecTimeout");
            assertThat(message(outcome)).contains("did not confirm that the run was killed");
        }
    }

    @Test
    void believesNoNonsense() throws Exception {
        helper.configured();
        for (String answer :
                List.of("", "nonsense\n", "{}\n", "{\"rc\":\"0\"}\n", "x".repeat(300_000))) {
            Files.deleteIfExists(helper.socket());
            try (ServerSocketChannel liar = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                liar.bind(UnixDomainSocketAddress.of(helper.socket()));
                CompletableFuture<RunOutcome> end = start(command("list_sessions", "{}", 20));
                try (SocketChannel asked = liar.accept()) {
                    int _ = asked.read(ByteBuffer.allocate(100_000));
                    HelperProcess.write(asked, answer.getBytes(StandardCharsets.UTF_8));
                }
                assertThat(code(end.get())).as(answer).isEqualTo("Interrupted");
            }
        }
    }
}
