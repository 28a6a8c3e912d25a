package io.viworks.agent.run;

import io.viworks.protocol.CorrelationId;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * A file with one line for each run that began, {@code <instant> <correlation id> <verb>}, appended
 * before anything is started: two lines with one id are a command run twice. Kept beside the
 * journal, so that it can testify for it. Thread-safe.
 */
final class RunLog {
    private final @Nullable Path file;
    private final InstantSource clock;

    /** Appends to this file; null keeps no log. */
    RunLog(@Nullable Path file, InstantSource clock) {
        this.file = file;
        this.clock = clock;
    }

    /**
     * Writes the line. What has been written survives the end of the process.
     *
     * @throws IOException when it cannot; the run must not begin then
     */
    void begun(CorrelationId id, String verb) throws IOException {
        if (file == null) {
            return;
        }
        String line = clock.instant() + " " + id + " " + verb + "\n";
        // not a channel: an interrupt would close it before the line is there
        try (OutputStream out = new FileOutputStream(file.toFile(), true)) {
            out.write(line.getBytes(StandardCharsets.US_ASCII));
        }
    }
}
