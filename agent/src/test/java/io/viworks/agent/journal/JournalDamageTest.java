package io.viworks.agent.journal;

import static io.viworks.agent.journal.Samples.NOW;
import static io.viworks.agent.journal.Samples.execution;
import static io.viworks.agent.journal.Samples.id;
import static io.viworks.agent.journal.Samples.order;
import static io.viworks.agent.journal.Samples.result;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.protocol.InstanceUid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a crash, and what a bad disk, leave of the file. */
class JournalDamageTest {
    @TempDir Path folder;
    private Path log;
    private InstanceUid instance;
    private int beforeLast;
    private byte[] whole = new byte[0];

    /** Two commands; the last batch is the end of the second. */
    @BeforeEach
    void fill() throws Exception {
        log = folder.resolve("journal.log");
        try (Journal journal = open()) {
            instance = journal.instanceUid();
            journal.accepted(order(1), NOW);
            journal.accepted(order(2), NOW);
            journal.started(id(2), execution(2), NOW);
            beforeLast = Math.toIntExact(Files.size(log));
            journal.finished(id(2), NOW, result(2, "done"));
        }
        whole = Files.readAllBytes(log);
    }

    private Journal open() throws IOException {
        return Journal.open(folder, JournalBounds.STANDARD, NOW);
    }

    @Test
    void aWriteTornAtAnyByteIsCutOffAndTheRestStays() throws Exception {
        for (int length = beforeLast; length < whole.length; length++) {
            Files.write(log, Arrays.copyOf(whole, length));
            assertLastBatchIsGone("cut at byte " + length, length > beforeLast);
        }
    }

    @Test
    void aTornWriteMayLeaveAnythingInItsPlace() throws Exception {
        for (int at = beforeLast; at < whole.length; at++) {
            byte[] flipped = whole.clone();
            flipped[at] ^= 0x40;
            Files.write(log, flipped);
            assertLastBatchIsGone("flipped at byte " + at, true);
        }
    }

    @Test
    void blocksOfZeroesAfterAPowerCutAreCutOff() throws Exception {
        Files.write(log, Arrays.copyOf(Arrays.copyOf(whole, beforeLast), beforeLast + 4096));
        assertLastBatchIsGone("zeroes", true);
    }

    private void assertLastBatchIsGone(String what, boolean reported) throws Exception {
        try (Journal journal = open()) {
            assertThat(journal.instanceUid()).as(what).isEqualTo(instance);
            assertThat(journal.reports()).as(what).hasSize(reported ? 1 : 0);
            assertThat(journal.find(id(1))).as(what).get().isInstanceOf(Entry.Accepted.class);
            assertThat(journal.find(id(2))).as(what).get().isInstanceOf(Entry.Started.class);
            journal.finished(id(2), NOW, result(2, "again"));
        }
        try (Journal journal = open()) {
            assertThat(journal.reports()).as(what).isEmpty();
            assertThat(journal.find(id(2))).as(what).get().isInstanceOf(Entry.Finished.class);
        }
    }

    @Test
    void damageInTheMiddleEndsTheInstanceAndIsKept() throws Exception {
        for (int at : List.of(0, 5, 13, beforeLast / 2, beforeLast - 1)) {
            byte[] flipped = whole.clone();
            flipped[at] ^= 0x40;
            Files.write(log, flipped);
            Files.writeString(folder.resolve("instance_uid"), instance + "\n");
            Path aside;
            try (Journal journal = open()) {
                assertThat(journal.instanceUid()).isNotEqualTo(instance);
                assertThat(journal.entries()).isEmpty();
                assertThat(journal.reports()).singleElement().asString().contains("damaged");
                journal.accepted(order(9), NOW);
            }
            try (Stream<Path> files = Files.list(folder)) {
                aside =
                        files.filter(file -> file.toString().contains("damaged"))
                                .findFirst()
                                .orElseThrow();
            }
            assertThat(Files.readAllBytes(aside)).isEqualTo(flipped);
            Files.delete(aside);
        }
    }

    @Test
    void anUnfinishedNewFileIsNotTheJournal() throws Exception {
        Files.write(folder.resolve("journal.log.new"), Arrays.copyOf(whole, 20));
        try (Journal journal = open()) {
            assertThat(journal.entries()).hasSize(2);
            journal.tidy(NOW);
        }
    }
}
