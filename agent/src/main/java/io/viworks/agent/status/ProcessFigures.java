package io.viworks.agent.status;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What this process takes of the host, from /proc.
 *
 * @param residentBytes of memory
 * @param threads of the operating system
 * @param descriptors open files and sockets
 */
record ProcessFigures(long residentBytes, long threads, long descriptors) {
    private static final Path SELF = Path.of("/proc/self");

    static ProcessFigures ofThisProcess() throws IOException {
        List<String> lines = Files.readAllLines(SELF.resolve("status"));
        try (Stream<Path> open = Files.list(SELF.resolve("fd"))) {
            return new ProcessFigures(
                    number(lines, "VmRSS:") * 1024, number(lines, "Threads:"), open.count());
        }
    }

    private static long number(List<String> lines, String name) throws IOException {
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.replaceAll("[^0-9]", ""))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElseThrow(() -> new IOException("/proc/self/status has no " + name));
    }
}
