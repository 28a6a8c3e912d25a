package io.viworks.agent.run;

import static io.viworks.agent.run.Commands.command;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.protocol.Limits;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.EncodedText;
import io.viworks.protocol.frame.Envelope;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a script may do to the agent that runs it, which somebody else has written: with the real
 * executor, real scripts and real processes.
 */
@Timeout(300)
class HostileScriptTest {
    private static final List<String> SECONDS = List.of("9101", "9102", "9103");

    @TempDir Path folder;
    private Target target;

    @BeforeEach
    void prepare() {
        target = new Target(folder);
    }

    @AfterEach
    void nothingIsLeft() {
        target.close();
        for (String seconds : SECONDS) {
            assertThat(sleeping(seconds)).isEmpty();
        }
    }

    @Test
    void givesAScriptNothingOfTheAgentsEnvironment() throws Exception {
        target.script("env | sort; echo --; cat /proc/$$/environ | tr '\\0' '\\n' | sort");
        RunOutcome outcome = target.run(delete());
        assertThat(System.getenv()).isNotEmpty();
        assertThat(outcome.stdout().lines())
                .extracting(line -> line.replaceAll("=.*", ""))
                .isSubsetOf(
                        "PATH",
                        "LC_ALL",
                        "TZ",
                        "VIW_CORRELATION_ID",
                        "PWD",
                        "OLDPWD",
                        "SHLVL",
                        "_",
                        "--");
        target.script("echo $PATH; pwd; nice");
        assertThat(target.run(delete()).stdout())
                .startsWith(
                        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n/\n"
                                + Math.min(19, niceness() + 5)
                                + "\n");
    }

    /** Of this process; a script's is 5 more (proc_pid_stat(5), field 19). */
    private static int niceness() throws IOException {
        String stat = Files.readString(Path.of("/proc/self/stat"));
        return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[16]);
    }

    @Test
    void isNotHurtByAFloodAtFullSpeed() throws Exception {
        target.script("yes 0123456789abcdef & yes fedcba9876543210 >&2 & wait");
        AtomicLong live = new AtomicLong();
        long before = heap();
        RunOutcome outcome = target.run(brief(2), live);
        assertThat(outcome.error()).extracting(FrameError::code).isEqualTo("ExecTimeout");
        assertThat(outcome.truncated()).isTrue();
        assertThat(EncodedText.length(outcome.stdout()))
                .isBetween(Limits.MAX_OUTPUT_BYTES - 2, Limits.MAX_OUTPUT_BYTES);
        assertThat(EncodedText.length(outcome.stderr()))
                .isBetween(Limits.MAX_OUTPUT_BYTES - 2, Limits.MAX_OUTPUT_BYTES);
        assertThat(live.get()).isLessThanOrEqualTo(2L * Limits.MAX_OUTPUT_BYTES);
        assertThat(heap() - before).isLessThan(64L << 20);
        stillWorks();
    }

    @Test
    void endsWhatForksMakesSessionsAndIgnoresTerm() throws Exception {
        target.script(
                """
                trap '' TERM HUP INT QUIT
                setsid sh -c 'trap "" TERM HUP; (setsid sleep 9101 &) ; sleep 9102' &
                while :; do sleep 9103; done
                """);
        RunOutcome outcome = target.run(brief(1));
        assertThat(outcome.error())
                .isEqualTo(new FrameError("ExecTimeout", "it ran longer than 1 s"));
        SECONDS.forEach(seconds -> assertThat(sleeping(seconds)).isEmpty());
        stillWorks();
    }

    @Test
    void doesNotWaitForChildrenThatHoldThePipe() throws Exception {
        target.script("(setsid sleep 9101 &); nohup sleep 9102 & echo done");
        RunOutcome outcome = target.run(delete());
        assertThat(outcome.error()).isNull();
        assertThat(outcome.stdout()).isEqualTo("done\n");
        assertThat(Duration.between(outcome.startedAt(), outcome.finishedAt()))
                .isLessThan(Duration.ofSeconds(60));
    }

    @Test
    void keepsNothingOfAChildThatFloodsAfterItsParentIsGone() throws Exception {
        target.script("trap '' TERM; yes 0123456789abcdef & sleep 1; exit 0");
        long before = heap();
        RunOutcome outcome = target.run(delete());
        assertThat(outcome.error()).isNull();
        assertThat(outcome.truncated()).isTrue();
        assertThat(heap() - before).isLessThan(16L << 20);
        stillWorks();
    }

    /** What cleans its environment, makes a session and gives up its parent is not found. */
    @Test
    void isNotHeldByAProcessThatGotAway() throws Exception {
        target.script("env -i setsid sh -c 'sleep 9101 & exit' ; sleep 0.1; echo done");
        target.run(delete());
        try {
            long files = files();
            int threads = ManagementFactory.getThreadMXBean().getThreadCount();
            for (int i = 0; i < 10; i++) {
                RunOutcome outcome = target.run(delete());
                assertThat(outcome.stdout()).isEqualTo("done\n");
                assertThat(Duration.between(outcome.startedAt(), outcome.finishedAt()))
                        .isLessThan(Duration.ofSeconds(30));
            }
            await().untilAsserted(() -> {
                assertThat(files()).isLessThanOrEqualTo(files + 3);
                assertThat(ManagementFactory.getThreadMXBean().getThreadCount())
                        .isLessThanOrEqualTo(threads + 3);
            });
        } finally {
            ProcessHandle.allProcesses()
                    .filter(handle -> handle.info().commandLine().orElse("").endsWith("sleep 9101"))
                    .forEach(ProcessHandle::destroyForcibly);
            await().until(() -> sleeping("9101").isEmpty());
        }
    }

    @Test
    void waitsForAScriptThatClosesItsOutput() throws Exception {
        Path go = folder.resolve("go");
        target.script("exec >&- 2>&- <&-; while [ ! -e " + go + " ]; do sleep 0.05; done; exit 7");
        CompletableFuture<RunOutcome> end = new CompletableFuture<>();
        target.executor()
                .reserve()
                .orElseThrow()
                .start(Warrant.unsigned(delete()), _ -> {}, end::complete);
        await().during(Duration.ofMillis(300)).until(() -> !end.isDone());
        Files.createFile(go);
        assertThat(end.get().rc()).isEqualTo(7);
    }

    @Test
    void survivesAForkBombThatItsTimeEnds() throws Exception {
        // each child makes two more until there are some hundred: enough to be more than a tree
        target.script(
                """
                f() { [ $1 -gt 6 ] && exec sleep 9101; f $(($1 + 1)) & f $(($1 + 1)) & wait; }
                f 0
                """);
        RunOutcome outcome = target.run(brief(3));
        assertThat(outcome.error()).extracting(FrameError::code).isEqualTo("ExecTimeout");
        assertThat(sleeping("9101")).isEmpty();
        stillWorks();
    }

    @Test
    void tellsTheSignalThatEndedAScript() throws Exception {
        target.script("kill -SEGV $$");
        RunOutcome outcome = target.run(delete());
        assertThat(outcome.rc()).isEqualTo(139);
        assertThat(outcome.error())
                .isEqualTo(new FrameError("ExecFailed", "the program ended with 139 (signal 11)"));
    }

    @Test
    void isNotHurtByBytesThatAreNoText() throws Exception {
        target.script("head -c 100000 /dev/urandom; printf '\\0\\033[2J\\377' >&2; exit 0");
        RunOutcome outcome = target.run(delete());
        assertThat(outcome.error()).isNull();
        assertThat(EncodedText.length(outcome.stdout()))
                .isLessThanOrEqualTo(Limits.MAX_OUTPUT_BYTES);
        stillWorks();
    }

    @Test
    void leavesNoThreadAndNoDescriptorBehind() throws Exception {
        target.script("cat; echo x; echo y >&2");
        for (int i = 0; i < 10; i++) {
            target.run(delete());
        }
        long files = files();
        int threads = ManagementFactory.getThreadMXBean().getThreadCount();
        for (int i = 0; i < 100; i++) {
            target.run(delete());
        }
        await().untilAsserted(() -> {
            assertThat(files()).isLessThanOrEqualTo(files + 3);
            assertThat(ManagementFactory.getThreadMXBean().getThreadCount())
                    .isLessThanOrEqualTo(threads + 3);
        });
    }

    private void stillWorks() throws Exception {
        assertThat(target.run(command("echo", "{'message':'here'}")).stdout()).isEqualTo("here");
        try (CommandExecutor.Place one = target.executor().reserve().orElseThrow();
                CommandExecutor.Place two = target.executor().reserve().orElseThrow()) {
            assertThat(List.of(one, two)).hasSize(2);
        }
    }

    private static Envelope delete() {
        return command("delete_panel_user", "{'username':'jo'}");
    }

    private static Envelope brief(int seconds) {
        return command("delete_panel_user", "{'username':'jo'}", seconds);
    }

    private static List<String> sleeping(String seconds) {
        return ProcessHandle.allProcesses()
                .flatMap(handle -> handle.info().commandLine().stream())
                .filter(line -> line.endsWith("sleep " + seconds))
                .toList();
    }

    private static long heap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static long files() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }
}
