package io.viworks.conformance.failure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the gateways really ran: the site's script itself appends to a file that the product knows
 * nothing of. A line is one {@code write} to a file opened for appending, so lines of many
 * processes never mix.
 */
final class Witness {
    /** The verb whose script it is. */
    static final String VERB = "delete_panel_user";

    private final Path log;

    private Witness(Path log) {
        this.log = log;
    }

    /**
     * Writes the script. The user's name says what it does: {@code s<milliseconds>…} sleeps so
     * long, {@code f<milliseconds>…} the same and fails, {@code n…} says a NUL.
     */
    static Witness in(Path scripts, Path log) {
        try {
            Files.createDirectories(scripts);
            if (!Files.exists(log)) {
                Files.createFile(log);
            }
            Path script = scripts.resolve(VERB);
            Files.writeString(
                    script,
                    """
                    #!/bin/sh
                    echo "start $VIW_CORRELATION_ID $(date +%%s%%3N)" >> '%1$s'
                    name=$1
                    ms=${name#?}
                    ms=${ms%%%%-*}
                    case $name in
                      n*) printf 'a\\000b\\n' ;;
                      *) sleep "$((ms / 1000)).$(printf %%03d $((ms %% 1000)))"; echo "done $name" ;;
                    esac
                    echo "end $VIW_CORRELATION_ID $(date +%%s%%3N)" >> '%1$s'
                    case $name in f*) exit 3 ;; esac
                    """
                            .formatted(log));
            Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
            return new Witness(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it says of one command. */
    static final class Testimony {
        final List<Instant> starts = new ArrayList<>();
        int ends;
    }

    /** Everything it says, by correlation id. */
    Map<String, Testimony> read() {
        Map<String, Testimony> all = new HashMap<>();
        try {
            for (String line : Files.readAllLines(log)) {
                List<String> words = List.of(line.split(" ", 3));
                Testimony one = all.computeIfAbsent(words.get(1), _ -> new Testimony());
                if (words.get(0).equals("start")) {
                    one.starts.add(Instant.ofEpochMilli(Long.parseLong(words.get(2))));
                } else {
                    one.ends++;
                }
            }
            return all;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
