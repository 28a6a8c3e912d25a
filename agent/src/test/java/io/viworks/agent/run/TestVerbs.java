package io.viworks.agent.run;

import static io.viworks.agent.run.Commands.command;

import io.viworks.agent.process.ProcessRunner;
import io.viworks.agent.run.CommandExecutor.Place;
import io.viworks.protocol.frame.Envelope;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * Verbs of tests on the real executor: {@code echo} runs its message as a script, others misbehave.
 */
final class TestVerbs {
    /** A tree of processes that nothing but a kill ends, and what each sleeps for. */
    static final String SLEEPERS =
            "(setsid sh -c 'sleep 8701 & exec sleep 8702' &); sleep 8703 & sleep 8704";

    static final List<String> SLEEPING = List.of("8701", "8702", "8703", "8704");

    private TestVerbs() {}

    static VerbExecutor executor() {
        return executor(Commands.settings(), new RunLog(null, InstantSource.system()));
    }

    static VerbExecutor executor(RunSettings settings, RunLog log) {
        ProcessRunner runner = ProcessRunner.create();
        Map<String, Action> actions =
                Map.of(
                        "echo",
                        TestVerbs::script,
                        "create_panel_user",
                        task -> shell(task, "echo hunter22-secret"),
                        "create_openvpn_user",
                        _ -> throwing("no hunter33-secret here"),
                        "list_sessions",
                        task -> said("\u0001".repeat(20_000), task),
                        "get_system_health",
                        TestVerbs::hang,
                        "spawn_container",
                        task -> said("with hunter44", task),
                        "shutdown_agent",
                        TestVerbs::overflow);
        return new VerbExecutor(settings, actions, runner, log, InstantSource.system());
    }

    private static Answer script(Task task) throws IOException, Stopped {
        return shell(task, task.args().required("message").stringValue());
    }

    static Envelope script(String text) {
        return script(text, 600);
    }

    static Envelope script(String text, int timeoutS) {
        Envelope envelope = command("echo", "{}", timeoutS);
        envelope.args().put("message", text);
        return envelope;
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

    private static Answer hang(Task task) throws InterruptedException {
        new CountDownLatch(1).await();
        return said("", task);
    }

    @SuppressWarnings("InfiniteRecursion") // what it is here for
    private static Answer overflow(Task task) {
        return overflow(task);
    }

    static Place place(CommandExecutor executor) {
        return executor.reserve().orElseThrow();
    }

    static List<String> sleeping(String seconds) {
        return ProcessHandle.allProcesses()
                .flatMap(handle -> handle.info().commandLine().stream())
                .filter(line -> line.matches("\\S*sleep " + seconds))
                .toList();
    }
}
