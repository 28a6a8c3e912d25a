package io.viworks.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How a process ended and the last lines it said, for people. */
final class LastWords {
    private static final int LINES = 20;

    /** Exit codes above this one mean a signal, as a shell says it. */
    private static final int BY_SIGNAL = 128;

    private LastWords() {}

    static String of(String name, int exitCode, Path log) {
        String how =
                exitCode > BY_SIGNAL
                        ? "%d (signal %d)".formatted(exitCode, exitCode - BY_SIGNAL)
                        : String.valueOf(exitCode);
        return "%s ended with exit code %s; %s".formatted(name, how, tail(log));
    }

    private static String tail(Path log) {
        try {
            List<String> lines = Files.readAllLines(log);
            List<String> last = lines.subList(Math.max(0, lines.size() - LINES), lines.size());
            return "the end of %s:\n  %s".formatted(log, String.join("\n  ", last));
        } catch (IOException e) {
            return log + " cannot be read: " + e;
        }
    }
}
