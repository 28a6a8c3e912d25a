package io.viworks.conformance.failure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What the suite saw, as rows of a table, printed and kept in a file. */
final class Report {
    private final Path file;
    private final List<String> rows = new ArrayList<>();

    Report(Path file) {
        this.file = file;
    }

    /**
     * Adds one row and writes the file anew, so that a run that is cut short leaves what it saw.
     */
    synchronized void add(String scenario, long openAtFault, Verdict verdict, String notes) {
        String row =
                "| %s | %d | %d | %s | %.0f s | %s | %s |"
                        .formatted(
                                scenario,
                                openAtFault,
                                verdict.commands(),
                                states(verdict),
                                verdict.settled().toMillis() / 1000.0,
                                verdict.violations().isEmpty()
                                        ? "all true"
                                        : verdict.violations().size() + " violations",
                                notes);
        rows.add(row);
        System.out.println("failure: " + row);
        verdict.violations().stream()
                .limit(20)
                .forEach(violation -> System.out.println("failure:   " + violation));
        write();
    }

    private static String states(Verdict verdict) {
        return String.join(
                ", ",
                verdict.states().entrySet().stream()
                        .map(state -> state.getValue() + " " + state.getKey())
                        .toList());
    }

    private void write() {
        List<String> lines = new ArrayList<>();
        lines.add(
                "| scenario | not ended when it broke | commands in all | ended as"
                        + " | settled after | verdict | seen besides |");
        lines.add("|---|---|---|---|---|---|---|");
        lines.addAll(rows);
        try {
            Path parent = file.toAbsolutePath().getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            Files.write(file, lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
