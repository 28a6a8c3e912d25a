package io.viworks.conformance.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How {@code ./viw up} ends: whatever ends it, nothing of it stays. */
class LifeOfTheStackTest {
    @TempDir private Path folder;

    @Test
    void aCheckMakesTheJourneyAndEndsWell() throws Exception {
        try (Run check = RunningStack.launch(folder.resolve("home"), folder, "--check")) {
            assertThat(check.exitWithin(RunningStack.START.plus(RunningStack.STOP)))
                    .as(check::output)
                    .isZero();
            assertThat(check.output())
                    .contains(
                            "is connected and reports",
                            "SUCCEEDED",
                            "the journey was made",
                            "stopped;");
        }
        assertThat(folder.resolve("home/run.json")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    void aSignalStopsEverythingInOrder(String signal) throws Exception {
        try (RunningStack stack = RunningStack.start(folder, "--agents", "1")) {
            List<ProcessHandle> processes = stack.processes();
            stack.launcher().signal(signal);
            stack.launcher().exitWithin(RunningStack.STOP);
            assertThat(processes).noneMatch(ProcessHandle::isAlive);
            assertThat(stack.launcher().output())
                    .contains("told to stop: stopping", "stopped; data and logs stay in");
            assertThat(stack.home().resolve("run.json")).doesNotExist();
        }
    }

    @Test
    void noProcessOutlivesALauncherThatWasKilled() throws Exception {
        try (RunningStack stack = RunningStack.start(folder, "--agents", "1")) {
            List<ProcessHandle> processes = stack.processes();
            stack.launcher().signal("KILL");
            await().atMost(RunningStack.STOP)
                    .until(() -> processes.stream().noneMatch(ProcessHandle::isAlive));
        }
    }

    @Test
    void theDeathOfAProcessIsToldAndStopsTheRest() throws Exception {
        try (RunningStack stack = RunningStack.start(folder, "--agents", "1")) {
            List<ProcessHandle> processes = stack.processes();
            Signals.send("KILL", stack.pids("results-writer").getFirst());
            assertThat(stack.launcher().exitWithin(RunningStack.STOP)).isEqualTo(1);
            assertThat(stack.launcher().output())
                    .contains("results-writer ended with exit code 137 (signal 9)");
            assertThat(processes).noneMatch(ProcessHandle::isAlive);
        }
    }
}
