package io.viworks.agent.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The processes of this machine as /proc shows them. Stateless. */
final class ProcessTable {
    /** As much of an environment as is looked at; the kernel passes on a quarter of the stack. */
    private static final int MAX_ENVIRONMENT_BYTES = 2 * 1024 * 1024;

    private final Path proc;

    ProcessTable(Path proc) {
        this.proc = proc;
    }

    /** All processes; those that end while the table is read are left out. */
    List<ProcessEntry> read() {
        List<ProcessEntry> entries = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(proc, "[1-9]*")) {
            for (Path process : found) {
                try {
                    String stat =
                            Files.readString(process.resolve("stat"), StandardCharsets.ISO_8859_1);
                    entries.add(ProcessEntry.parse(stat));
                } catch (IOException | IllegalArgumentException _) {
                    // it ended meanwhile, or is no process
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the process table cannot be read", e);
        }
        return entries;
    }

    /** Whether a process was started with this variable; false when that cannot be seen. */
    boolean startedWith(long pid, String name, String value) {
        Path environment = proc.resolve(Long.toString(pid)).resolve("environ");
        try (InputStream in = Files.newInputStream(environment)) {
            byte[] bytes = in.readNBytes(MAX_ENVIRONMENT_BYTES);
            // between two zeros: neither a longer name nor a longer value counts
            String text = "\0" + new String(bytes, StandardCharsets.ISO_8859_1) + "\0";
            return text.contains("\0" + name + "=" + value + "\0");
        } catch (IOException _) {
            return false;
        }
    }
}
