package io.viworks.conformance.secrecy;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Looks at the command line and the environment of every process, again and again, until closed.
 */
final class ProcessTap implements AutoCloseable {
    private static final Path PROC = Path.of("/proc");

    /** Between two looks; the others want the processor, too. */
    private static final Duration PAUSE = Duration.ofMillis(10);

    private final Markers markers;
    private final Set<String> found = ConcurrentHashMap.newKeySet();
    private final Thread thread;
    private volatile boolean closed;
    private volatile long looks;

    ProcessTap(Markers markers) {
        this.markers = markers;
        this.thread = Thread.ofPlatform().daemon().name("proc").start(this::watch);
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes it
    private void watch() {
        while (!closed) {
            try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
                for (Path process : processes) {
                    look(process, "cmdline");
                    look(process, "environ");
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            looks++;
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    private void look(Path process, String file) {
        try {
            for (String marker : markers.in(Files.readAllBytes(process.resolve(file)))) {
                found.add(marker + " in " + file);
            }
        } catch (IOException e) {
            // It has ended, or is another user's.
        }
    }

    /** What was seen so far, each as {@code marker in cmdline}. */
    Set<String> found() {
        return new TreeSet<>(found);
    }

    /** How often it has looked at all processes. */
    long looks() {
        return looks;
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
