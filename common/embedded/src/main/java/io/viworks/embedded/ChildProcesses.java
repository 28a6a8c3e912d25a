package io.viworks.embedded;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Starts processes that end with this one. Each gets a session of its own ({@code setsid}), so that
 * a Ctrl-C in the terminal reaches only the parent and the end has an order, and a SIGTERM from the
 * kernel when the parent dies without a word ({@code setpriv --pdeathsig}). Where such a tool is
 * missing the child starts without it. Thread-safe.
 */
public final class ChildProcesses {
    /**
     * The kernel sends the death signal when the <em>thread</em> ends that started the child
     * (prctl(2), PR_SET_PDEATHSIG), so all of them are started by one that never does.
     */
    private static final ExecutorService PARENT =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("child-processes").factory());

    private ChildProcesses() {}

    /**
     * Starts what the builder describes.
     *
     * @throws IOException when the program cannot be started
     */
    public static Process start(ProcessBuilder builder) throws IOException {
        return start(builder, List.of());
    }

    /** {@code around} stands directly around the command, inside the session. */
    static Process start(ProcessBuilder builder, List<String> around) throws IOException {
        List<String> command = new ArrayList<>();
        find("setsid").ifPresent(tool -> command.add(tool.toString()));
        command.addAll(around);
        find("setpriv")
                .ifPresent(tool -> command.addAll(List.of(tool.toString(), "--pdeathsig", "TERM")));
        command.addAll(builder.command());
        builder.command(command);
        try {
            return PARENT.submit(builder::start).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while starting " + command, e);
        }
    }

    /** The program of this name on the PATH. */
    static Optional<Path> find(String tool) {
        String path = System.getenv().getOrDefault("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        for (String folder : path.split(File.pathSeparator, -1)) {
            Path candidate = Path.of(folder.isEmpty() ? "." : folder, tool);
            if (Files.isExecutable(candidate) && !Files.isDirectory(candidate)) {
                return Optional.of(candidate.toAbsolutePath());
            }
        }
        return Optional.empty();
    }
}
