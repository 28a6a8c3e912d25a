package io.viworks.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What a figure was measured on. */
final class Machine {
    private Machine() {}

    /** Processor, cores, memory, kernel and JDK, in one line. */
    static String describe() {
        return "%s, %d cores, %d GiB, Linux %s, JDK %s"
                .formatted(
                        line("/proc/cpuinfo", "model name").orElse("an unknown processor"),
                        Runtime.getRuntime().availableProcessors(),
                        line("/proc/meminfo", "MemTotal")
                                .map(text -> Long.parseLong(text.replaceAll("\\D", "")) >> 20)
                                .orElse(0L),
                        System.getProperty("os.version"),
                        System.getProperty("java.version"));
    }

    private static Optional<String> line(String file, String name) {
        try {
            return Files.readAllLines(Path.of(file)).stream()
                    .filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
