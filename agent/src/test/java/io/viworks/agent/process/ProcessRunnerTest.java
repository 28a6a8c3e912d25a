package io.viworks.agent.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.viworks.agent.process.ProgramEnd.Cause;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.Limits;
import io.viworks.protocol.frame.AgentFrame.OutputStreamName;
import io.viworks.protocol.frame.EncodedText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real programs on this machine; the scripts are the tests' own way to make processes. */
@Timeout(300)
class ProcessRunnerTest {
    private static final Path SHELL = Path.of("/bin/sh");
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir Path folder;
    private final CorrelationId run = new CorrelationId(UUID.randomUUID());
    private final ProcessRunner runner = ProcessRunner.create();

    @AfterEach
    void nothingIsLeft() {
        assertThat(tree().members()).isEmpty();
    }

    @Test
    void keepsOutputErrorsAndExitCodeApart() throws IOException {
        ProgramEnd end = runner.run(script("echo out; echo err >&2; exit 3", LONG));
        assertThat(end).isEqualTo(new ProgramEnd(Cause.EXITED, 3, "out\n", "err\n", false, 0));
    }

    @Test
    void passesArgumentsAsTheyAre() throws IOException {
        List<String> hostile = List.of("$(id)", "; ls", "`x`", "", "a b", "*", "--help");
        Path printf = Path.of("/usr/bin/printf");
        List<String> arguments = new CopyOnWriteArrayList<>(List.of("[%s]"));
        arguments.addAll(hostile);
        ProgramEnd end = runner.run(new Program(printf, arguments, Map.of(), LONG, run));
        assertThat(end.stdout()).isEqualTo("[$(id)][; ls][`x`][][a b][*][--help]");
    }

    @Test
    void givesTheProgramACleanEnvironmentItsMarkAndNoInput() throws IOException {
        Program program =
                new Program(
                        SHELL,
                        List.of("-c", "/usr/bin/env; read line || echo no input; pwd"),
                        Map.of("EXTRA", "1"),
                        LONG,
                        run);
        assertThat(runner.run(program).stdout().lines())
                .filteredOn(line -> !line.startsWith("PWD=") && !line.startsWith("_="))
                .filteredOn(line -> !line.startsWith("OLDPWD=") && !line.startsWith("SHLVL="))
                .containsExactlyInAnyOrder(
                        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                        "LC_ALL=C.UTF-8",
                        "TZ=UTC",
                        "EXTRA=1",
                        "VIW_CORRELATION_ID=" + run,
                        "no input",
                        "/");
    }

    @Test
    void startsEveryProgramInASessionOfItsOwn() throws IOException {
        assertThat(runner.setsid()).isPresent();
        ProgramEnd end = runner.run(script("cat /proc/$$/stat", LONG));
        ProcessEntry shell = ProcessEntry.parse(end.stdout());
        assertThat(shell.session()).isEqualTo(shell.pid());
        assertThat(shell.group()).isEqualTo(shell.pid());
    }

    @Test
    void cutsOutputAtItsSizeInAFrameAndReadsOn() throws IOException {
        // each newline takes two bytes in a frame
        ProgramEnd end = runner.run(script("yes '' | head -n 400000; echo done >&2", LONG));
        assertThat(end.truncated()).isTrue();
        assertThat(EncodedText.length(end.stdout())).isEqualTo(Limits.MAX_OUTPUT_BYTES);
        assertThat(end.stdout()).hasSize(Limits.MAX_OUTPUT_BYTES / 2);
        assertThat(end.stderr()).isEqualTo("done\n");
        assertThat(end.cause()).isEqualTo(Cause.EXITED);
    }

    @Test
    void keepsOutputOfExactlyTheLimitWhole() throws IOException {
        ProgramEnd end = runner.run(script("head -c 65536 /dev/zero | tr '\\0' x", LONG));
        assertThat(end.truncated()).isFalse();
        assertThat(end.stdout()).hasSize(Limits.MAX_OUTPUT_BYTES);
    }

    @Test
    void replacesBytesThatAreNoText() throws IOException {
        ProgramEnd end = runner.run(script("printf 'a\\377b\\303'", LONG));
        assertThat(end.stdout()).isEqualTo("a\uFFFDb\uFFFD");
    }

    @Test
    void tellsOutputWhileItComesWithSecretsMasked() throws Exception {
        List<String> live = new CopyOnWriteArrayList<>();
        Path go = folder.resolve("go");
        String text = "echo one; printf 'hunter'; while [ ! -e " + go + " ]; do sleep 0.02; done";
        Program program = script(text + "; echo 22 is it; echo hunter22 >&2", LONG);
        CompletableFuture<ProgramEnd> end = new CompletableFuture<>();
        Thread.ofVirtual()
                .start(() -> {
                    try {
                        Secrets secrets = Secrets.of(List.of("hunter22"));
                        end.complete(
                                runner.run(
                                        program,
                                        secrets,
                                        (stream, piece) -> live.add(stream + piece)));
                    } catch (IOException e) {
                        end.completeExceptionally(e);
                    }
                });
        await().until(() -> live.contains(OutputStreamName.STDOUT + "one\n"));
        Files.createFile(go);
        assertThat(end.get().stdout()).isEqualTo("one\n*** is it\n");
        assertThat(end.get().stderr()).isEqualTo("***\n");
        assertThat(String.join("", live)).doesNotContain("hunter");
    }

    @Test
    void survivesAWatcherThatThrows() throws IOException {
        ProgramEnd end =
                runner.run(
                        script("echo a; echo b", LONG),
                        Secrets.none(),
                        (_, _) -> {
                            throw new IllegalStateException("watcher");
                        });
        assertThat(end.stdout()).isEqualTo("a\nb\n");
    }

    @Test
    void endsAProgramThatRunsTooLong() throws IOException {
        ProgramEnd end = runner.run(script("echo begun; sleep 600", Duration.ofSeconds(2)));
        assertThat(end.cause()).isEqualTo(Cause.TIMED_OUT);
        assertThat(end.stdout()).isEqualTo("begun\n");
    }

    @Test
    void letsAProgramThatIsAskedToEndTidyUp() throws IOException {
        Program program = script("trap 'echo tidy; exit 9' TERM; echo on; " + FOREVER, SHORT);
        ProgramEnd end = runner.run(program);
        assertThat(end.cause()).isEqualTo(Cause.TIMED_OUT);
        assertThat(end.stdout()).isEqualTo("on\ntidy\n");
        assertThat(end.rc()).isEqualTo(9);
    }

    @Test
    void killsWhatDoesNotListen() throws IOException {
        ProgramEnd end = runner.run(script("trap '' TERM HUP INT; " + FOREVER, SHORT));
        assertThat(end.cause()).isEqualTo(Cause.TIMED_OUT);
        assertThat(end.rc()).isEqualTo(137);
        assertThat(end.left()).isZero();
    }

    @Test
    void killsGrandchildrenThatMadeSessionsOfTheirOwn() throws IOException {
        // one lost its parent and keeps the mark, the other keeps its parent and lost the mark
        String text =
                "(setsid sh -c 'sleep 601 & exec sleep 602' &); "
                        + "env -i setsid sh -c 'sleep 603 & sleep 604' & sleep 605";
        ProgramEnd end = runner.run(script(text, Duration.ofSeconds(2)));
        assertThat(end.cause()).isEqualTo(Cause.TIMED_OUT);
        assertThat(end.left()).isZero();
        for (String seconds : List.of("601", "602", "603", "604", "605")) {
            assertThat(sleeping(seconds)).isEmpty();
        }
    }

    @Test
    void leavesNothingBehindWhenTheProgramEndsBeforeItsChildren() throws IOException {
        long start = System.nanoTime();
        ProgramEnd end = runner.run(script("sleep 606 & setsid sleep 607 & echo gone", LONG));
        assertThat(end.cause()).isEqualTo(Cause.EXITED);
        assertThat(end.rc()).isZero();
        assertThat(end.stdout()).isEqualTo("gone\n");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(25));
    }

    @Test
    void endsTheTreeWhenTheWaitingThreadIsInterrupted() throws Exception {
        CompletableFuture<ProgramEnd> end = new CompletableFuture<>();
        CompletableFuture<Boolean> flag = new CompletableFuture<>();
        Path begun = folder.resolve("begun");
        Program program = script("touch " + begun + "; sleep 608 & sleep 609", LONG);
        Thread waiting =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                end.complete(runner.run(program));
                                flag.complete(Thread.currentThread().isInterrupted());
                            } catch (IOException e) {
                                end.completeExceptionally(e);
                            }
                        });
        await().until(() -> Files.exists(begun));
        waiting.interrupt();
        assertThat(end.get().cause()).isEqualTo(Cause.INTERRUPTED);
        assertThat(flag.get()).isTrue();
    }

    @Test
    void findsWhatAnEarlierLifeLeftByItsMarkAlone() throws Exception {
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", "sleep 610 & sleep 611");
        builder.environment().put(ProcessTree.MARK, run.toString());
        Process left = builder.start();
        await().until(() -> tree().members().size() == 3);
        assertThat(tree().end()).isEmpty();
        assertThat(left.waitFor()).isNotZero();
    }

    @Test
    void touchesNoProcessOfAnotherRun() throws Exception {
        ProcessBuilder builder = new ProcessBuilder("/bin/sleep", "612");
        builder.environment().put(ProcessTree.MARK, UUID.randomUUID().toString());
        builder.environment().put("X_" + ProcessTree.MARK, run.toString());
        Process other = builder.start();
        try {
            assertThat(tree().end()).isEmpty();
            assertThat(other.isAlive()).isTrue();
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void worksWithoutSetsid() throws IOException {
        ProcessRunner without = ProcessRunner.with(List.of(folder.resolve("setsid")));
        assertThat(without.setsid()).isEmpty();
        ProgramEnd end = without.run(script("sleep 613 & setsid sleep 614 & sleep 615", SHORT));
        assertThat(end.cause()).isEqualTo(Cause.TIMED_OUT);
        assertThat(end.left()).isZero();
    }

    @Test
    void saysWhichProgramIsMissing() {
        Path missing = folder.resolve("missing");
        assertThatThrownBy(() -> runner.run(new Program(missing, List.of(), Map.of(), LONG, run)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(missing.toString());
    }

    private static final Duration SHORT = Duration.ofSeconds(2);
    private static final String FOREVER = "while :; do sleep 0.05; done";

    private Program script(String text, Duration timeout) {
        return new Program(SHELL, List.of("-c", text), Map.of(), timeout, run);
    }

    private ProcessTree tree() {
        return new ProcessTree(new ProcessTable(Path.of("/proc")), run, 0);
    }

    private static List<String> sleeping(String seconds) {
        return ProcessHandle.allProcesses()
                .flatMap(handle -> handle.info().commandLine().stream())
                .filter(line -> line.endsWith("sleep " + seconds))
                .toList();
    }
}
