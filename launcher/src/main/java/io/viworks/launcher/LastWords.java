package io.viworks.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** How a process ended and what it said last, for people. */
final class LastWords {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Set<String> GRAVE = Set.of("WARN", "ERROR");
    private static final int LINES = 10;

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
            List<Line> lines = Files.readAllLines(log).stream().map(Line::of).toList();
            List<Line> grave = lines.stream().filter(Line::grave).toList();
            List<String> last =
                    (grave.isEmpty() ? lines : grave)
                            .reversed().stream().limit(LINES).map(Line::text).toList().reversed();
            return "the end of %s:\n  %s".formatted(log, String.join("\n  ", last));
        } catch (IOException e) {
            return log + " cannot be read: " + e;
        }
    }

    /**
     * A line of a log.
     *
     * @param grave whether it, rather than what is around it, tells why a process ended: a warning,
     *     an error, or what is no line of a log
     */
    private record Line(String text, boolean grave) {
        static Line of(String line) {
            try {
                JsonNode node = JSON.readTree(line);
                if (node.path("msg").isString() && node.path("level").isString()) {
                    String level = node.path("level").asString();
                    return new Line(
                            level + " " + node.path("msg").asString(), GRAVE.contains(level));
                }
            } catch (JacksonException e) {
                // Redis, Postgres, or a Java machine that could not go on.
            }
            return new Line(line, !line.isBlank());
        }
    }
}
