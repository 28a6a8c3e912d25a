package io.viworks.embedded;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One server as a child, with the switches of the real world: stopped, killed, paused, started
 * again. Thread-safe.
 */
final class ServerProcess {
    private static final Duration START_PATIENCE = Duration.ofSeconds(60);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(20);
    private static final long POLL_MS = 10;

    /**
     * What Postgres says at its start while sessions of a server that was killed still end: they
     * see that it is gone, but not at once.
     */
    private static final String LEFT_BEHIND = "pre-existing shared memory block";

    private final String name;
    private final List<String> around;
    private final List<String> command;
    private final Path log;
    private final Probe probe;
    private final String stopSignal;
    private @Nullable Process process;

    /** Whether the server answers. */
    @FunctionalInterface
    interface Probe {
        boolean answers() throws IOException;
    }

    ServerProcess(
            String name,
            List<String> around,
            List<String> command,
            Path log,
            String stopSignal,
            Probe probe) {
        this.name = name;
        this.around = around;
        this.command = command;
        this.log = log;
        this.stopSignal = stopSignal;
        this.probe = probe;
    }

    synchronized Process process() {
        if (process == null) {
            throw new IllegalStateException(name + " was never started");
        }
        return process;
    }

    /** Starts it and returns when it answers. */
    synchronized void start() throws IOException {
        long deadline = System.nanoTime() + START_PATIENCE.toNanos();
        while (!startedBy(deadline)) {
            pause();
        }
    }

    /** Whether it answers; not while something of an earlier life of it is in its way. */
    private boolean startedBy(long deadline) throws IOException {
        Files.deleteIfExists(log);
        process =
                ChildProcesses.start(
                        new ProcessBuilder(command)
                                .directory(new File("/"))
                                .redirectErrorStream(true)
                                .redirectInput(new File("/dev/null"))
                                .redirectOutput(log.toFile()),
                        around);
        while (!answers()) {
            if (!process.isAlive()) {
                if (System.nanoTime() < deadline && tail().contains(LEFT_BEHIND)) {
                    return false;
                }
                throw new IOException(
                        name
                                + " ended at its start with exit code "
                                + process.exitValue()
                                + tail());
            }
            if (System.nanoTime() > deadline) {
                process.destroyForcibly();
                throw new IOException(
                        name
                                + " did not answer within "
                                + START_PATIENCE.toSeconds()
                                + " s"
                                + tail());
            }
            pause();
        }
        return true;
    }

    private boolean answers() {
        try {
            return probe.answers();
        } catch (IOException e) {
            return false;
        }
    }

    /** Asks it to end, and makes it end when it takes longer than 20 s. */
    synchronized void stop() {
        if (process == null || !process.isAlive()) {
            return;
        }
        signal("CONT");
        signal(stopSignal);
        try {
            if (!process.waitFor(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /** Ends it without a word, and what it had started, which sees that and ends by itself. */
    synchronized void kill() {
        List<ProcessHandle> started = process().descendants().toList();
        process().destroyForcibly();
        try {
            process().waitFor();
            for (ProcessHandle one : started) {
                one.onExit().get(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException(name + " was killed, and a part of it lives on", e);
        }
    }

    void signal(String signal) {
        try {
            // The shell's own kill: small systems have no program of that name.
            new ProcessBuilder("sh", "-c", "kill -" + signal + " " + process().pid())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private String tail() {
        try {
            List<String> lines = Files.readAllLines(log);
            return "; the end of "
                    + log
                    + ":\n  "
                    + String.join(
                            "\n  ", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
        } catch (IOException e) {
            return "; its log " + log + " cannot be read";
        }
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(POLL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for a server", e);
        }
    }
}
