package io.viworks.agent.run;

import static io.viworks.agent.run.Commands.command;
import static io.viworks.agent.run.TestVerbs.SLEEPERS;
import static io.viworks.agent.run.TestVerbs.SLEEPING;
import static io.viworks.agent.run.TestVerbs.place;
import static io.viworks.agent.run.TestVerbs.script;
import static io.viworks.agent.run.TestVerbs.sleeping;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.agent.run.CommandExecutor.Place;
import io.viworks.protocol.Limits;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.AgentFrame.OutputStreamName;
import io.viworks.protocol.frame.AgentFrame.ResultStatus;
import io.viworks.protocol.frame.EncodedText;
import io.viworks.protocol.frame.Envelope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every limit of one run, on real programs. */
@Timeout(300)
class VerbExecutorTest {
    @TempDir Path folder;
    private @Nullable VerbExecutor executor;

    @AfterEach
    void close() {
        if (executor != null) {
            executor.close();
        }
        SLEEPING.forEach(seconds -> assertThat(sleeping(seconds)).isEmpty());
    }

    @Test
    void tellsWhatTheProgramSaidAndHowItEnded() throws Exception {
        RunOutcome good = run(script("echo out; echo err >&2"));
        assertThat(good.status()).isEqualTo(ResultStatus.SUCCESS);
        assertThat(good.rc()).isZero();
        assertThat(good.stdout()).isEqualTo("out\n");
        assertThat(good.stderr()).isEqualTo("err\n");
        assertThat(good.error()).isNull();
        assertThat(good.finishedAt()).isAfterOrEqualTo(good.startedAt());

        RunOutcome bad = run(script("echo half; exit 3"));
        assertThat(bad.status()).isEqualTo(ResultStatus.ERROR);
        assertThat(bad.rc()).isEqualTo(3);
        assertThat(bad.stdout()).isEqualTo("half\n");
        assertThat(bad.error()).isEqualTo(new FrameError("ExecFailed", "the program ended with 3"));
    }

    @Test
    void endsTheWholeTreeOfARunThatTakesTooLong() throws Exception {
        RunOutcome outcome = run(script("echo begun; " + SLEEPERS, 3));
        assertThat(outcome.error())
                .isEqualTo(new FrameError("ExecTimeout", "it ran longer than 3 s"));
        assertThat(outcome.rc()).isNull();
        assertThat(outcome.stdout()).isEqualTo("begun\n");
        SLEEPING.forEach(seconds -> assertThat(sleeping(seconds)).isEmpty());
    }

    @Test
    void endsAVerbThatNeedsNoProgramTheSameWay() throws Exception {
        RunOutcome outcome = run(command("get_system_health", "{}", 1));
        assertThat(outcome.error())
                .isEqualTo(new FrameError("ExecTimeout", "it ran longer than 1 s"));
    }

    @Test
    void letsNoCommandRunLongerThanTheGatewayAllows() throws Exception {
        RunSettings brief =
                new RunSettings(
                        1, 1, true, Set.of(), Set.of(), Set.of(), false, null, folder, null, null);
        // echo's own time is 5 s, the gateway's 1 s: the longer of the two, not the command's hour
        try (VerbExecutor mine =
                TestVerbs.executor(brief, new RunLog(null, InstantSource.system()))) {
            CompletableFuture<RunOutcome> end = new CompletableFuture<>();
            place(mine).start(Warrant.unsigned(script("sleep 8704", 3600)), _ -> {}, end::complete);
            assertThat(end.get().error())
                    .isEqualTo(new FrameError("ExecTimeout", "it ran longer than 5 s"));
        }
    }

    @Test
    void cutsOutputsAtTheirSizeInAFrameAndCutsNoCharacterInTwo() throws Exception {
        // four bytes each in UTF-8, and one byte before them so that the limit falls within one
        String many = "for i in $(seq 600); do printf '%s' \"$line\"; done";
        String line = "line=$(printf '\\360\\237\\230\\200%.0s' $(seq 100)); printf x; ";
        RunOutcome outcome = run(script(line + many + "; printf z >&2"));
        assertThat(outcome.truncated()).isTrue();
        assertThat(EncodedText.length(outcome.stdout())).isEqualTo(Limits.MAX_OUTPUT_BYTES - 3);
        assertThat(outcome.stdout()).startsWith("x\uD83D\uDE00").endsWith("\uD83D\uDE00");
        assertThat(outcome.stderr()).isEqualTo("z");
        assertThat(outcome.status()).isEqualTo(ResultStatus.SUCCESS);
    }

    @Test
    void cutsWhatAVerbOfItsOwnSays() throws Exception {
        RunOutcome outcome = run(command("list_sessions", "{}"));
        assertThat(outcome.truncated()).isTrue();
        assertThat(outcome.stdout()).hasSize(Limits.MAX_OUTPUT_BYTES / 6); // \\u0001 takes six
    }

    @Test
    void masksSecretsInOutputsLiveOutputAndErrors() throws Exception {
        String args = "{'username':'root','password':'hunter22-secret'}";
        List<Output> live = new CopyOnWriteArrayList<>();
        RunOutcome outcome = run(command("create_panel_user", args), live);
        assertThat(outcome.stdout()).isEqualTo("***\n");
        assertThat(live).containsExactly(new Output(OutputStreamName.STDOUT, "***\n"));
        RunOutcome failing = run(command("create_openvpn_user", openvpn()));
        assertThat(failing.error()).isEqualTo(new FrameError("ExecFailed", "no *** here"));
        RunOutcome own =
                run(command("spawn_container", "{'image':'i','name':'n','env':{'A':'hunter44'}}"));
        assertThat(own.stdout()).isEqualTo("with ***");
    }

    @Test
    void tellsOutputWhileTheProgramRuns() throws Exception {
        List<Output> live = new CopyOnWriteArrayList<>();
        Path go = folder.resolve("go");
        CompletableFuture<RunOutcome> end = new CompletableFuture<>();
        place(executor())
                .start(
                        Warrant.unsigned(
                                script("echo one; while [ ! -e " + go + " ]; do sleep 0.02; done")),
                        live::add,
                        end::complete);
        await().until(() -> live.contains(new Output(OutputStreamName.STDOUT, "one\n")));
        assertThat(end).isNotDone();
        Files.createFile(go);
        assertThat(end.get().stdout()).isEqualTo("one\n");
    }

    @Test
    void writesALineBeforeAnythingStarts() throws Exception {
        Path file = folder.resolve("runs");
        RunLog log = new RunLog(file, InstantSource.system());
        executor = TestVerbs.executor(Commands.settings(), log);
        Envelope envelope = script("cat " + file);
        assertThat(run(envelope).stdout())
                .matches("[0-9TZ:.-]+ " + envelope.correlationId() + " echo\n");
        run(command("list_sessions", "{}"));
        assertThat(Files.readAllLines(file)).hasSize(2);
    }

    @Test
    void startsNothingThatCannotBeLogged() throws Exception {
        executor =
                TestVerbs.executor(Commands.settings(), new RunLog(folder, InstantSource.system()));
        Path trace = folder.resolve("trace");
        RunOutcome outcome = run(script("touch " + trace));
        assertThat(outcome.error()).extracting(FrameError::code).isEqualTo("ExecFailed");
        assertThat(trace).doesNotExist();
    }

    @Test
    void tellsAnEndWhenTheVerbItselfIsBroken() throws Exception {
        RunOutcome outcome = run(command("shutdown_agent", "{}"));
        assertThat(outcome.error())
                .isEqualTo(
                        new FrameError("ExecFailed", "the agent failed with StackOverflowError"));
        try (Place free = place(executor());
                Place also = place(executor())) {
            assertThat(List.of(free, also)).hasSize(2);
        }
    }

    private VerbExecutor executor() {
        VerbExecutor present = executor;
        if (present == null) {
            present = TestVerbs.executor();
            executor = present;
        }
        return present;
    }

    private static String openvpn() {
        return "{'username':'a','userpass':'hunter33-secret','source_ip':'192.0.2.1',"
                + "'key':'kkkkkkkkkkkkkkkk','hmac_key':'hhhhhhhhhhhhhhhh','timeout':60}";
    }

    private RunOutcome run(Envelope envelope) throws Exception {
        return run(envelope, new ArrayList<>());
    }

    private RunOutcome run(Envelope envelope, List<Output> live) throws Exception {
        CompletableFuture<RunOutcome> end = new CompletableFuture<>();
        place(executor()).start(Warrant.unsigned(envelope), live::add, end::complete);
        return end.get();
    }
}
