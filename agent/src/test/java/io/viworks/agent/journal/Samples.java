package io.viworks.agent.journal;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.ExecutionId;
import io.viworks.protocol.frame.AgentFrame.Result;
import io.viworks.protocol.frame.AgentFrame.ResultStatus;
import io.viworks.protocol.frame.FrameCodec;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/** Commands and ends for tests of the journal. */
final class Samples {
    static final Instant NOW = Instant.parse("2026-11-21T08:00:00Z");
    static final AgentId AGENT = AgentId.of("gateway-1");

    private Samples() {}

    static Entry.Order order(int number) {
        return order(number, NOW.plusSeconds(60));
    }

    static Entry.Order order(int number, Instant expiresAt) {
        return new Entry.Order(
                id(number), "echo", new UUID(7, number), expiresAt, 5, Bytes.utf8("d" + number));
    }

    static CorrelationId id(int number) {
        return new CorrelationId(new UUID(1, number));
    }

    static ExecutionId execution(int number) {
        return new ExecutionId(new UUID(2, number));
    }

    static Bytes result(int number, String stdout) {
        Result result =
                new Result(
                        AGENT,
                        id(number),
                        execution(number),
                        ResultStatus.SUCCESS,
                        0,
                        stdout,
                        "",
                        null,
                        false,
                        NOW,
                        NOW,
                        0L,
                        null);
        return Bytes.of(new FrameCodec().encode(result));
    }

    static Entry.Refused refused(int number, Instant expiresAt) {
        return new Entry.Refused(
                id(number), expiresAt, new UUID(7, number), NOW, "Cancelled", "it was cancelled");
    }

    /** Bounds that a test can reach. */
    static JournalBounds bounds(int maxResults, int maxEntries) {
        return new JournalBounds(
                1 << 20,
                maxResults,
                maxEntries,
                1024,
                Duration.ofHours(24),
                Duration.ofMinutes(10));
    }
}
