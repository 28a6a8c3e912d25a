package io.viworks.agent.host;

import io.viworks.agent.process.Program;
import io.viworks.agent.process.ProgramEnd;
import io.viworks.protocol.CorrelationId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The journal of this machine, read through {@code journalctl}. Immutable. */
public final class Journald {
    private static final List<Path> JOURNALCTL =
            List.of(Path.of("/usr/bin/journalctl"), Path.of("/bin/journalctl"));

    /** All that a line is made of; the cursor and the time come anyway. */
    private static final String FIELDS = "MESSAGE,SYSLOG_IDENTIFIER,_PID";

    private final Path journalctl;
    private final @Nullable Path folder;

    /**
     * A journal.
     *
     * @param folder where its files are; null for those of this machine
     */
    public Journald(Path journalctl, @Nullable Path folder) {
        this.journalctl = journalctl;
        this.folder = folder;
    }

    /** The journal of this machine, if there is a program that reads it. */
    public static Optional<Journald> find() {
        return JOURNALCTL.stream()
                .filter(Files::isExecutable)
                .map(path -> new Journald(path, null))
                .findFirst();
    }

    /** The program that tells the newest lines of a unit, the newest first. */
    public Program newest(String unit, int lines, Duration timeout, CorrelationId run) {
        return program(unit, List.of("--reverse", "--lines=" + lines), timeout, run);
    }

    /**
     * The program that tells all lines of a unit after one of them, the oldest first: it is to be
     * stopped when enough have come. How many {@code --lines} would give there, and which, is not
     * the same in all versions.
     */
    public Program after(String cursor, String unit, Duration timeout, CorrelationId run) {
        return program(unit, List.of("--after-cursor=" + cursor), timeout, run);
    }

    private Program program(String unit, List<String> which, Duration timeout, CorrelationId run) {
        List<String> arguments = new ArrayList<>();
        if (folder != null) {
            arguments.add("--directory=" + folder);
        }
        // the value stands in the option's own word, so that it cannot become another
        arguments.addAll(List.of("--unit=" + unit, "--output=json", "--output-fields=" + FIELDS));
        arguments.add("--no-pager");
        arguments.addAll(which);
        return new Program(journalctl, arguments, Map.of(), timeout, run);
    }

    /**
     * The lines such a program told.
     *
     * @throws IOException when it could not; saying what is missing
     */
    public static List<JournalLine> lines(ProgramEnd end) throws IOException {
        List<JournalLine> lines = new ArrayList<>();
        String text = end.stdout();
        int whole = end.truncated() ? text.lastIndexOf('\n') + 1 : text.length();
        for (String line : text.substring(0, whole).lines().toList()) {
            if (line.startsWith("{")) {
                lines.add(JournalLine.parse(line));
            }
        }
        if (lines.isEmpty()) {
            findOutWhy(end);
        }
        return lines;
    }

    private static void findOutWhy(ProgramEnd end) throws IOException {
        String said = end.stderr();
        if (said.contains("insufficient permissions")
                || said.contains("not seeing messages from other users")) {
            throw new IOException(
                    "this agent's user may not read the journal: add it to the group"
                            + " systemd-journal");
        }
        if (said.contains("Failed to seek to cursor")) {
            throw new IOException("since_cursor is no cursor of this journal");
        }
        if (said.contains("No journal files were found")) {
            throw new IOException(
                    "there is no journal on this gateway: systemd-journald does not run");
        }
        if (end.rc() != 0) {
            throw new IOException("journalctl ended with " + end.rc() + ": " + said.strip());
        }
    }
}
