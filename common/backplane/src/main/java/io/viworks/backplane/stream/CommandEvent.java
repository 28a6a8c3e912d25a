package io.viworks.backplane.stream;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A command has come into a state; told after the commit that brought it there. States of one
 * command that follow each other within a batch are one event, the last.
 *
 * @param ts of the change, by the clock of whoever made it
 * @param batchId the batch it is part of
 * @param state as the ledger names it
 * @param endedBy whose word an end is: {@code result, agent} or {@code ledger}
 * @param attempt how often it was sent
 */
public record CommandEvent(
        AgentId agentId,
        Instant ts,
        CorrelationId correlationId,
        @Nullable UUID batchId,
        String verb,
        String state,
        @Nullable String endedBy,
        @Nullable String errorCode,
        int attempt)
        implements StreamRecord.OfEvents {
    @Override
    public String kind() {
        return "COMMAND";
    }
}
