package io.viworks.launcher;

import io.viworks.embedded.ChildProcesses;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** One process that the launcher started, and how to start it again. Thread-safe. */
public final class Child {
    private final Program program;
    private final Process process;

    private Child(Program program, Process process) {
        this.program = program;
        this.process = process;
    }

    /**
     * What is started, and can be started again after its end.
     *
     * @param kind what it is, as {@code run.json} groups it
     * @param name which of its kind it is
     * @param log where its output goes, appended
     * @param environment added to this process's own, which loses every {@code VIW_} and {@code
     *     AGENT_} name: what runs here is said here
     */
    public record Program(
            String kind,
            String name,
            Path log,
            List<String> command,
            Map<String, String> environment) {
        public Program {
            command = List.copyOf(command);
            environment = Map.copyOf(environment);
        }

        /** Only the names: the environment holds secrets. */
        @Override
        public String toString() {
            return kind + " " + name;
        }
    }

    static Child start(Program program) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(new ArrayList<>(program.command()))
                        .redirectErrorStream(true)
                        .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(program.log().toFile()));
        builder.environment()
                .keySet()
                .removeIf(key -> key.startsWith("VIW_") || key.startsWith("AGENT_"));
        builder.environment().putAll(program.environment());
        return new Child(program, ChildProcesses.start(builder));
    }

    Program program() {
        return program;
    }

    public String kind() {
        return program.kind();
    }

    public String name() {
        return program.name();
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    CompletableFuture<Process> onExit() {
        return process.onExit();
    }

    /** Asks it to end (SIGTERM). */
    public void terminate() {
        process.destroy();
    }

    /** Ends it without a word (SIGKILL) and waits until it is gone. */
    public void kill() {
        process.destroyForcibly();
        awaitEnd(Duration.ofSeconds(10));
    }

    /** Waits for its end, and ends it by force (SIGKILL) when that takes too long. */
    public void awaitEnd(Duration patience) {
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
