package io.viworks.agent.journal;

import static io.viworks.agent.journal.Samples.NOW;
import static io.viworks.agent.journal.Samples.execution;
import static io.viworks.agent.journal.Samples.id;
import static io.viworks.agent.journal.Samples.order;
import static io.viworks.agent.journal.Samples.result;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real process whose files may not grow: what it was told to be written is, and nothing else. */
class JournalDiskFullTest {
    @TempDir Path folder;

    /** Writes until the disk takes no more, and says what it was told. */
    static final class Victim {
        private Victim() {}

        public static void main(String[] args) throws Exception {
            try (Journal journal = Journal.open(Path.of(args[0]), JournalBounds.STANDARD, NOW)) {
                int failures = 0;
                for (int i = 1; failures < 3; i++) {
                    try {
                        journal.accepted(order(i), NOW);
                        System.out.println("accepted " + i);
                        journal.started(id(i), execution(i), NOW);
                        System.out.println("started " + i);
                        journal.finished(id(i), NOW, result(i, "x".repeat(20_000)));
                        System.out.println("finished " + i);
                    } catch (IOException e) {
                        failures++;
                    }
                }
            }
        }
    }

    @Test
    void keepsWhatItSaidItKept() throws Exception {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Process victim =
                new ProcessBuilder(
                                "/bin/sh",
                                "-c",
                                "ulimit -f 512; exec \"$@\"",
                                "sh",
                                java.toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-XX:-UsePerfData",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Victim.class.getName(),
                                folder.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        List<String> said;
        try (var out = victim.inputReader(StandardCharsets.UTF_8)) {
            said = out.lines().toList();
        }
        assertThat(victim.waitFor()).isZero();
        assertThat(said).hasSizeGreaterThan(20);
        assertThat(Files.size(folder.resolve("journal.log"))).isLessThanOrEqualTo(512 * 1024);

        try (Journal journal = Journal.open(folder, JournalBounds.STANDARD, NOW)) {
            assertThat(journal.reports()).isEmpty();
            long steps =
                    journal.entries().stream()
                            .mapToLong(entry ->
                                    switch (entry) {
                                        case Entry.Accepted _ -> 1;
                                        case Entry.Started _ -> 2;
                                        case Entry.Finished _ -> 3;
                                        case Entry.Refused _ -> 0;
                                    })
                            .sum();
            assertThat(steps).isEqualTo(said.size());
        }
    }
}
