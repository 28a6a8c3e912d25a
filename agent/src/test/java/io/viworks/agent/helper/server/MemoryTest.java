package io.viworks.agent.helper.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.agent.helper.BadRequest;
import io.viworks.protocol.CorrelationId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a helper remembers, whatever clocks do. */
class MemoryTest {
    private static final Instant NOW = Instant.parse("2026-01-15T12:00:00Z");
    private static final Duration DAY = Duration.ofDays(1);

    @TempDir Path folder;

    private static CorrelationId id() {
        return new CorrelationId(UUID.randomUUID());
    }

    private static void begin(Memory memory, CorrelationId id, UUID nonce, Instant now)
            throws BadRequest {
        memory.begin(id, nonce, "echo", now.plusSeconds(10), now.plus(DAY), now);
    }

    private Memory open(Instant now) throws IOException {
        return Memory.open(folder.resolve("state"), now);
    }

    @Test
    void keepsWhatCouldComeAgainAndLetsGoOfTheRest() throws Exception {
        CorrelationId id = id();
        try (Memory memory = open(NOW)) {
            begin(memory, id, UUID.randomUUID(), NOW);
            memory.end(id);
        }
        try (Memory memory = open(NOW.plus(DAY).minusSeconds(1))) {
            assertThatThrownBy(() -> begin(memory, id, UUID.randomUUID(), NOW))
                    .hasMessageContaining("it was run already");
        }
        try (Memory memory = open(NOW.plus(DAY))) {
            begin(memory, id(), UUID.randomUUID(), NOW.plus(DAY));
        }
        assertThat(Files.readString(folder.resolve("state/runs"))).doesNotContain(id.toString());
    }

    /** The clock ran ahead, was put right, and what was let go of meanwhile comes again. */
    @Test
    void doesNotRunAgainWhatItForgotWhenTheClockWasWrong() throws Exception {
        CorrelationId id = id();
        UUID nonce = UUID.randomUUID();
        try (Memory memory = open(NOW)) {
            begin(memory, id, nonce, NOW);
            memory.end(id);
        }
        open(NOW.plus(Duration.ofDays(400))).close();
        try (Memory memory = open(NOW)) {
            assertThatThrownBy(() -> begin(memory, id, nonce, NOW))
                    .hasMessageContaining("older than what the helper remembers");
            begin(memory, id(), UUID.randomUUID(), NOW.plusSeconds(1));
        }
    }

    @Test
    void remembersWhatHadNotEndedHoweverLongAgo() throws Exception {
        CorrelationId id = id();
        try (Memory memory = open(NOW)) {
            begin(memory, id, UUID.randomUUID(), NOW);
        }
        try (Memory memory = open(NOW.plus(Duration.ofDays(30)))) {
            assertThat(memory.open()).extracting(Memory.Begun::id).containsExactly(id);
            memory.end(id);
        }
        try (Memory memory = open(NOW.plus(Duration.ofDays(30)))) {
            assertThat(memory.open()).isEmpty();
        }
    }

    @Test
    void itsFileStaysSmall() throws Exception {
        try (Memory memory = open(NOW)) {
            for (int i = 0; i < 3_000; i++) {
                CorrelationId id = id();
                Instant now = NOW.plus(Duration.ofHours(i));
                begin(memory, id, UUID.randomUUID(), now);
                memory.end(id);
            }
        }
        assertThat(Files.size(folder.resolve("state/runs"))).isLessThan(300_000);
        assertThat(Files.getPosixFilePermissions(folder.resolve("state/runs"))).hasSize(2);
    }
}
