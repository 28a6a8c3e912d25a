package io.viworks.agent.journal;

import static io.viworks.agent.journal.Samples.NOW;
import static io.viworks.agent.journal.Samples.execution;
import static io.viworks.agent.journal.Samples.id;
import static io.viworks.agent.journal.Samples.order;
import static io.viworks.agent.journal.Samples.refused;
import static io.viworks.agent.journal.Samples.result;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A real process is killed after each step; the next one finds exactly the steps it took. */
class JournalCrashTest {
    @TempDir Path folder;

    /** What the process does, in order, saying each step when the journal's method returned. */
    enum Step {
        OPENED {
            @Override
            void take(Journal journal) {}

            @Override
            Optional<Class<? extends Entry>> left() {
                return Optional.empty();
            }
        },
        ACCEPTED {
            @Override
            void take(Journal journal) throws Exception {
                journal.accepted(order(1), NOW);
            }

            @Override
            Optional<Class<? extends Entry>> left() {
                return Optional.of(Entry.Accepted.class);
            }
        },
        STARTED {
            @Override
            void take(Journal journal) throws Exception {
                journal.started(id(1), execution(1), NOW);
            }

            @Override
            Optional<Class<? extends Entry>> left() {
                return Optional.of(Entry.Started.class);
            }
        },
        FINISHED {
            @Override
            void take(Journal journal) throws Exception {
                journal.finished(id(1), NOW, result(1, "done"));
            }

            @Override
            Optional<Class<? extends Entry>> left() {
                return Optional.of(Entry.Finished.class);
            }
        },
        REFUSED {
            @Override
            void take(Journal journal) throws Exception {
                journal.refused(refused(2, NOW.plusSeconds(60)));
            }

            @Override
            Optional<Class<? extends Entry>> left() {
                return Optional.of(Entry.Finished.class);
            }
        },
        TIDIED {
            @Override
            void take(Journal journal) throws Exception {
                journal.refused(refused(3, NOW.minusSeconds(3_600)));
                journal.tidy(NOW);
            }

            @Override
            Optional<Class<? extends Entry>> left() {
                return Optional.of(Entry.Finished.class);
            }
        };

        abstract void take(Journal journal) throws Exception;

        abstract Optional<Class<? extends Entry>> left();
    }

    /** The process that is killed. */
    static final class Victim {
        private Victim() {}

        public static void main(String[] args) throws Exception {
            Journal journal = Journal.open(Path.of(args[0]), JournalBounds.STANDARD, NOW);
            for (Step step : Step.values()) {
                step.take(journal);
                System.out.println(step);
                if (step.name().equals(args[1])) {
                    int _ = System.in.read(); // here it is killed
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Step.class)
    void findsWhatWasOnDiskWhenItWasKilled(Step last) throws Exception {
        Process victim =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Victim.class.getName(),
                                folder.toString(),
                                last.name())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try (BufferedReader said = victim.inputReader(StandardCharsets.UTF_8)) {
            List<String> steps = said.lines().takeWhile(line -> !line.equals(last.name())).toList();
            assertThat(steps)
                    .containsExactlyElementsOf(
                            Arrays.stream(Step.values())
                                    .takeWhile(step -> step != last)
                                    .map(Step::name)
                                    .toList());
            assertThat(victim.isAlive()).isTrue();
        } finally {
            victim.destroyForcibly().waitFor();
        }
        assertThat(victim.exitValue()).isEqualTo(137);
        assertLeft(last);
    }

    private void assertLeft(Step last) throws IOException {
        try (Journal journal = Journal.open(folder, JournalBounds.STANDARD, NOW)) {
            assertThat(journal.reports()).isEmpty();
            Optional<Entry> entry = journal.find(id(1));
            assertThat(entry.isPresent()).isEqualTo(last.left().isPresent());
            last.left().ifPresent(type -> assertThat(entry).get().isInstanceOf(type));
            assertThat(journal.find(id(2)).isPresent())
                    .isEqualTo(last.compareTo(Step.REFUSED) >= 0);
            if (entry.orElse(null) instanceof Entry.Finished finished) {
                assertThat(journal.result(finished)).isEqualTo(result(1, "done"));
                assertThat(finished.confirmed()).isFalse();
            }
        }
    }
}
