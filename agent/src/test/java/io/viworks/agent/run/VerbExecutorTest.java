package io.viworks.agent.run;

import static io.viworks.agent.run.Commands.command;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.viworks.agent.process.ProcessRunner;
import io.viworks.agent.run.CommandExecutor.Place;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.Limits;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.AgentFrame.OutputStreamName;
import io.viworks.protocol.frame.AgentFrame.ResultStatus;
import io.viworks.protocol.frame.EncodedText;
import io.viworks.protocol.frame.Envelope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every limit of a run, on real programs: the tests' own verb runs its message as a script. */
@Timeout(60)
class VerbExecutorTest {
    private static final String SLEEPERS =
            "(setsid sh -c 'sleep 8701 & exec sleep 8702' &); sleep 8703 & sleep 8704";
    private static final List<String> SLEEPING = List.of("8701", "8702", "8703", "8704");

    @TempDir Path folder;
    private final CountDownLatch never = new CountDownLatch(1);
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
        RunOutcome outcome = run(script("echo begun; " + SLEEPERS, 1));
        assertThat(outcome.error())
                .isEqualTo(new FrameError("ExecTimeout", "it ran longer than 1 s"));
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
        try (VerbExecutor mine = executor(brief, new RunLog(null, InstantSource.system()))) {
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
    void hasNoMorePlacesThanItSays() throws Exception {
        CommandExecutor mine = executor();
        Place first = place(mine);
        Place second = place(mine);
        assertThat(mine.reserve()).isEmpty();
        first.close();
        first.close(); // gives back once
        Place third = place(mine);
        assertThat(mine.reserve()).isEmpty();

        CompletableFuture<Boolean> freeAtTheEnd = new CompletableFuture<>();
        third.start(
                Warrant.unsigned(script("true")),
                _ -> {},
                _ -> {
                    Optional<Place> again = mine.reserve();
                    again.ifPresent(Place::close);
                    freeAtTheEnd.complete(again.isPresent());
                });
        assertThat(freeAtTheEnd.get()).isTrue();
        third.close(); // does nothing once started
        assertThatThrownBy(() -> third.start(Warrant.unsigned(script("true")), _ -> {}, _ -> {}))
                .isInstanceOf(IllegalStateException.class);
        Place fourth = place(mine);
        assertThat(mine.reserve()).isEmpty();
        fourth.close();
        second.close();
    }

    @Test
    void runsAsManyAtATimeAsItHasPlaces() throws Exception {
        Path both = folder.resolve("both");
        String meet = "echo x >>" + both + "; while [ $(wc -l <" + both + ") -lt 2 ]; ";
        Envelope one = script(meet + "do sleep 0.02; done");
        Envelope two = script(meet + "do sleep 0.02; done");
        CompletableFuture<RunOutcome> first = new CompletableFuture<>();
        CompletableFuture<RunOutcome> second = new CompletableFuture<>();
        place(executor()).start(Warrant.unsigned(one), _ -> {}, first::complete);
        place(executor()).start(Warrant.unsigned(two), _ -> {}, second::complete);
        assertThat(first.get().rc()).isZero();
        assertThat(second.get().rc()).isZero();
    }

    @Test
    void cancelsARunWithAllItsProcesses() throws Exception {
        Path begun = folder.resolve("begun");
        Envelope envelope = script("echo a; touch " + begun + "; " + SLEEPERS);
        CompletableFuture<RunOutcome> end = new CompletableFuture<>();
        place(executor()).start(Warrant.unsigned(envelope), _ -> {}, end::complete);
        await().until(() -> Files.exists(begun));
        assertThat(executor().cancel(new CorrelationId(UUID.randomUUID()))).isFalse();
        assertThat(executor().cancel(envelope.correlationId())).isTrue();
        assertThat(end.get().error())
                .isEqualTo(new FrameError("Cancelled", "it was cancelled while it ran"));
        assertThat(end.get().stdout()).isEqualTo("a\n");
        assertThat(executor().cancel(envelope.correlationId())).isFalse();
    }

    @Test
    void interruptsRunsWhenItIsClosedAndWaitsForThem() throws Exception {
        Path begun = folder.resolve("begun");
        CompletableFuture<RunOutcome> end = new CompletableFuture<>();
        CommandExecutor mine = executor();
        place(mine)
                .start(
                        Warrant.unsigned(script("touch " + begun + "; " + SLEEPERS)),
                        _ -> {},
                        end::complete);
        Place late = place(mine);
        await().until(() -> Files.exists(begun));
        mine.close();
        assertThat(end).isDone();
        assertThat(end.get().error())
                .isEqualTo(new FrameError("Interrupted", "the agent ended while it ran"));
        assertThat(mine.reserve()).isEmpty();
        // a place from before is of no use any more, and says so
        CompletableFuture<RunOutcome> never = new CompletableFuture<>();
        late.start(
                Warrant.unsigned(script("touch " + folder + "/late; sleep 8704")),
                _ -> {},
                never::complete);
        assertThat(never.get().error()).extracting(FrameError::code).isEqualTo("Interrupted");
    }

    @Test
    void tellsTheEndOnAThreadThatNothingInterrupts() throws Exception {
        for (int i = 0; i < 20; i++) {
            Envelope envelope = script("true");
            CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
            place(executor())
                    .start(
                            Warrant.unsigned(envelope),
                            _ -> {},
                            _ -> interrupted.complete(Thread.currentThread().isInterrupted()));
            while (!interrupted.isDone()) {
                executor().cancel(envelope.correlationId());
            }
            assertThat(interrupted.get()).isFalse();
        }
    }

    @Test
    void endsWhatAnEarlierLifeLeft() throws Exception {
        CorrelationId id = new CorrelationId(UUID.randomUUID());
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", SLEEPERS);
        builder.environment().put("VIW_CORRELATION_ID", id.toString());
        Process left = builder.start();
        await().until(() -> SLEEPING.stream().allMatch(s -> sleeping(s).size() == 1));
        executor().killLeftovers(new CorrelationId(UUID.randomUUID()));
        assertThat(left.isAlive()).isTrue();
        executor().killLeftovers(id);
        SLEEPING.forEach(seconds -> assertThat(sleeping(seconds)).isEmpty());
        assertThat(left.waitFor()).isNotZero();
    }

    @Test
    void writesALineBeforeAnythingStarts() throws Exception {
        Path file = folder.resolve("runs");
        RunLog log = new RunLog(file, InstantSource.system());
        executor = executor(Commands.settings(), log);
        Envelope envelope = script("cat " + file);
        assertThat(run(envelope).stdout())
                .matches("[0-9TZ:.-]+ " + envelope.correlationId() + " echo\n");
        run(command("list_sessions", "{}"));
        assertThat(Files.readAllLines(file)).hasSize(2);
    }

    @Test
    void startsNothingThatCannotBeLogged() throws Exception {
        executor = executor(Commands.settings(), new RunLog(folder, InstantSource.system()));
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

    @Test
    void refusesToRunACommandTwiceAtATime() throws Exception {
        Envelope envelope = script("sleep 8704");
        CompletableFuture<RunOutcome> end = new CompletableFuture<>();
        place(executor()).start(Warrant.unsigned(envelope), _ -> {}, end::complete);
        Place second = place(executor());
        assertThatThrownBy(() -> second.start(Warrant.unsigned(envelope), _ -> {}, _ -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("runs already");
        place(executor()).close(); // the refused one's is free again
        executor().cancel(envelope.correlationId());
        assertThat(end.get().error()).extracting(FrameError::code).isEqualTo("Cancelled");
    }

    private VerbExecutor executor() {
        VerbExecutor present = executor;
        if (present == null) {
            present = executor(Commands.settings(), new RunLog(null, InstantSource.system()));
            executor = present;
        }
        return present;
    }

    private VerbExecutor executor(RunSettings settings, RunLog log) {
        ProcessRunner runner = ProcessRunner.create();
        Map<String, Action> actions =
                Map.of(
                        "echo",
                        VerbExecutorTest::script,
                        "create_panel_user",
                        task -> shell(task, "echo hunter22-secret"),
                        "create_openvpn_user",
                        _ -> throwing("no hunter33-secret here"),
                        "list_sessions",
                        task -> said("\u0001".repeat(20_000), task),
                        "get_system_health",
                        this::hang,
                        "spawn_container",
                        task -> said("with hunter44", task),
                        "shutdown_agent",
                        VerbExecutorTest::overflow);
        return new VerbExecutor(settings, actions, runner, log, InstantSource.system());
    }

    private static Answer script(Task task) throws IOException, Stopped {
        return shell(task, task.args().required("message").stringValue());
    }

    private static Answer shell(Task task, String text) throws IOException, Stopped {
        Path shell = Path.of("/bin/sh");
        return Answer.of(task.run(task.program(shell, List.of("-c", text))), null);
    }

    private static Answer throwing(String message) throws IOException {
        throw new IOException(message);
    }

    private static Answer said(String text, Task task) {
        return Answer.of(text, task.args());
    }

    private Answer hang(Task task) throws InterruptedException {
        never.await();
        return said("", task);
    }

    @SuppressWarnings("InfiniteRecursion") // what it is here for
    private static Answer overflow(Task task) {
        return overflow(task);
    }

    private static Envelope script(String text) {
        return script(text, 600);
    }

    private static Envelope script(String text, int timeoutS) {
        Envelope envelope = command("echo", "{}", timeoutS);
        envelope.args().put("message", text);
        return envelope;
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

    private static Place place(CommandExecutor executor) {
        return executor.reserve().orElseThrow();
    }

    private static List<String> sleeping(String seconds) {
        return ProcessHandle.allProcesses()
                .flatMap(handle -> handle.info().commandLine().stream())
                .filter(line -> line.matches("\\S*sleep " + seconds))
                .toList();
    }
}
