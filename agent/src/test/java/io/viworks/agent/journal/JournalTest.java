package io.viworks.agent.journal;

import static io.viworks.agent.journal.Samples.NOW;
import static io.viworks.agent.journal.Samples.bounds;
import static io.viworks.agent.journal.Samples.execution;
import static io.viworks.agent.journal.Samples.id;
import static io.viworks.agent.journal.Samples.order;
import static io.viworks.agent.journal.Samples.refused;
import static io.viworks.agent.journal.Samples.result;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.protocol.Bytes;
import io.viworks.protocol.InstanceUid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
    @TempDir Path folder;

    private Journal open() throws IOException {
        return Journal.open(folder, JournalBounds.STANDARD, NOW);
    }

    private static void run(Journal journal, int number, Bytes result) throws Exception {
        journal.accepted(order(number), NOW);
        journal.started(id(number), execution(number), NOW);
        journal.finished(id(number), NOW, result);
    }

    @Test
    void remembersEachStepInTheNextLife() throws Exception {
        Bytes frame = result(3, "done");
        InstanceUid instance;
        try (Journal journal = open()) {
            instance = journal.instanceUid();
            journal.accepted(order(1), NOW);
            journal.accepted(order(2), NOW);
            journal.started(id(2), execution(2), NOW.plusSeconds(1));
            run(journal, 3, frame);
            run(journal, 4, result(4, "confirmed"));
            journal.refused(refused(5, NOW.plusSeconds(60)));
            journal.confirmed(id(4));
        }
        try (Journal journal = open()) {
            assertThat(journal.reports()).isEmpty();
            assertThat(journal.instanceUid()).isEqualTo(instance);
            assertThat(journal.find(id(1))).contains(new Entry.Accepted(order(1), NOW));
            assertThat(journal.find(id(2)))
                    .contains(new Entry.Started(order(2), execution(2), NOW.plusSeconds(1)));
            assertThat(journal.find(id(5))).contains(refused(5, NOW.plusSeconds(60)));
            assertThat(journal.unconfirmed())
                    .singleElement()
                    .satisfies(entry -> {
                        assertThat(entry.correlationId()).isEqualTo(id(3));
                        assertThat(journal.result(entry)).isEqualTo(frame);
                    });
            assertThat(journal.pending()).hasSize(2);
            assertThat(journal.nonceOwner(new UUID(7, 5))).contains(id(5));
        }
    }

    @Test
    void repeatedOrUntimelyNotesChangeNothing() throws Exception {
        try (Journal journal = open()) {
            run(journal, 1, result(1, "first"));
            Entry before = journal.find(id(1)).orElseThrow();
            journal.accepted(order(1), NOW.plusSeconds(9));
            journal.started(id(1), execution(8), NOW.plusSeconds(9));
            journal.finished(id(1), NOW.plusSeconds(9), result(1, "second"));
            journal.refused(refused(1, NOW));
            journal.started(id(2), execution(2), NOW);
            assertThat(journal.entries()).containsExactly(before);
        }
    }

    @Test
    void belongsToOneProcessAndItsOwnerOnly() throws Exception {
        try (Journal journal = open()) {
            journal.accepted(order(1), NOW);
            assertThatThrownBy(this::open).hasMessageContaining("another agent runs on");
            for (String file : List.of("journal.log", "journal.lock", "instance_uid")) {
                assertThat(
                                PosixFilePermissions.toString(
                                        Files.getPosixFilePermissions(folder.resolve(file))))
                        .isEqualTo("rw-------");
            }
            assertThat(Files.readString(folder.resolve("instance_uid")))
                    .isEqualTo(journal.instanceUid() + "\n");
        }
    }

    @Test
    void entriesLeaveOnlyBehindTheHorizon() throws Exception {
        Instant late = NOW.plus(Duration.ofHours(25));
        try (Journal journal = open()) {
            run(journal, 1, result(1, "confirmed"));
            run(journal, 2, result(2, "nobody has said that it arrived"));
            journal.accepted(order(3), NOW);
            journal.confirmed(id(1));
            journal.tidy(NOW.plus(Duration.ofHours(23)));
            assertThat(journal.find(id(1))).isPresent();
            assertThat(journal.horizon()).isEqualTo(Instant.EPOCH);
            journal.tidy(late);
            assertThat(journal.find(id(1))).isEmpty();
            assertThat(journal.find(id(2))).isPresent();
            assertThat(journal.find(id(3))).isPresent();
            assertThat(journal.horizon()).isEqualTo(order(1).expiresAt());
        }
        try (Journal journal = open()) {
            assertThat(journal.horizon()).isEqualTo(order(1).expiresAt());
        }
    }

    @Test
    void keepsAnEndTenMinutesPastALateExpiry() throws Exception {
        Instant expiry = NOW.plus(Duration.ofDays(2));
        try (Journal journal = open()) {
            journal.accepted(order(1, expiry), NOW);
            journal.started(id(1), execution(1), NOW);
            journal.finished(id(1), NOW, result(1, ""));
            journal.confirmed(id(1));
            journal.tidy(expiry.plus(Duration.ofMinutes(9)));
            assertThat(journal.find(id(1))).isPresent();
            journal.tidy(expiry.plus(Duration.ofMinutes(10)));
            assertThat(journal.find(id(1))).isEmpty();
        }
    }

    @Test
    void refusesWorkOnlyWhenWhatIsLeftIsUnconfirmed() throws Exception {
        try (Journal journal = Journal.open(folder, bounds(4, 100), NOW)) {
            for (int i = 1; i <= 4; i++) {
                run(journal, i, result(i, "output of " + i));
            }
            assertThatThrownBy(() -> journal.accepted(order(5), NOW))
                    .isInstanceOf(JournalFull.class);
            assertThat(journal.find(id(5))).isEmpty();

            journal.confirmed(id(1));
            journal.confirmed(id(2));
            journal.accepted(order(5), NOW);

            assertThat(stripped(journal, 1)).isTrue();
            assertThat(stripped(journal, 2)).isFalse();
            assertThat(journal.result((Entry.Finished) journal.find(id(2)).orElseThrow()))
                    .isEqualTo(result(2, "output of 2"));
            assertThat(journal.result((Entry.Finished) journal.find(id(1)).orElseThrow()).utf8())
                    .contains("\"truncated\":true")
                    .contains(execution(1).toString())
                    .doesNotContain("output of 1");
        }
        try (Journal journal = Journal.open(folder, bounds(4, 100), NOW)) {
            assertThat(journal.reports()).isEmpty();
            assertThat(journal.entries()).hasSize(5);
            assertThat(stripped(journal, 1)).isTrue();
        }
    }

    private static boolean stripped(Journal journal, int number) {
        return journal.find(id(number)).orElseThrow() instanceof Entry.Finished finished
                && finished.stripped();
    }

    @Test
    void bytesAreALimitToo() throws Exception {
        String output = "x".repeat(60_000);
        try (Journal journal = Journal.open(folder, bounds(1_000, 1_000), NOW)) {
            int taken = 0;
            try {
                for (int i = 1; i <= 100; i++) {
                    run(journal, i, result(i, output));
                    taken++;
                }
            } catch (JournalFull e) {
                // Where it ends is the claim below.
            }
            assertThat(taken).isBetween(16, 18); // 1 MiB, and room for the one that runs
            for (int i = 1; i <= taken; i++) {
                journal.confirmed(id(i));
            }
            run(journal, 200, result(200, output));
            assertThat(Files.size(folder.resolve("journal.log"))).isLessThan(2 << 20);
        }
    }

    @Test
    void remembersRefusalsByTheHorizonWhenThereIsNoRoom() throws Exception {
        try (Journal journal = Journal.open(folder, bounds(10, 3), NOW)) {
            for (int i = 1; i <= 3; i++) {
                journal.refused(refused(i, NOW.plusSeconds(60)));
            }
            journal.refused(refused(4, NOW.plusSeconds(90)));
            assertThat(journal.find(id(4))).isEmpty();
            assertThat(journal.horizon()).isEqualTo(NOW.plusSeconds(90));
        }
    }

    @Test
    void givesSpaceBack() throws Exception {
        String output = "x".repeat(60_000);
        try (Journal journal = open()) {
            for (int i = 1; i <= 50; i++) {
                run(journal, i, result(i, output));
                journal.confirmed(id(i));
            }
            assertThat(Files.size(folder.resolve("journal.log"))).isGreaterThan(3_000_000);
            journal.tidy(NOW.plus(Duration.ofHours(25)));
            assertThat(Files.size(folder.resolve("journal.log"))).isLessThan(1_000);
            run(journal, 60, result(60, "still works"));
        }
        try (Journal journal = open()) {
            assertThat(journal.entries()).hasSize(1);
        }
    }

    @Test
    void aJournalThatIsGoneIsAnotherInstance() throws Exception {
        InstanceUid first;
        try (Journal journal = open()) {
            first = journal.instanceUid();
        }
        Files.delete(folder.resolve("journal.log"));
        try (Journal journal = open()) {
            assertThat(journal.instanceUid()).isNotEqualTo(first);
            assertThat(journal.reports()).singleElement().asString().contains("new instance");
        }
    }

    @Test
    void theJournalKnowsWhoseItIsWithoutTheFileBesideIt() throws Exception {
        InstanceUid first;
        try (Journal journal = open()) {
            first = journal.instanceUid();
        }
        Files.writeString(folder.resolve("instance_uid"), "nonsense");
        try (Journal journal = open()) {
            assertThat(journal.instanceUid()).isEqualTo(first);
            assertThat(Files.readString(folder.resolve("instance_uid"))).isEqualTo(first + "\n");
        }
    }
}
