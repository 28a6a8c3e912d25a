package io.viworks.ledger;

import io.viworks.backplane.stream.CommandEvent;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A command that has just come into this state.
 *
 * @param attempt how often it was sent
 * @param batchId the batch it is part of
 * @param endedBy whose word the end is, when it is one
 * @param errorCode why it ended so, for programs
 */
public record Moved(
        CorrelationId correlationId,
        AgentId agentId,
        String verb,
        CommandState state,
        int attempt,
        @Nullable UUID batchId,
        @Nullable EndedBy endedBy,
        @Nullable String errorCode) {
    /**
     * What is told of it on {@code viw.events}, after the commit.
     *
     * @param at when it moved
     */
    public CommandEvent event(Instant at) {
        return new CommandEvent(
                agentId,
                at,
                correlationId,
                batchId,
                verb,
                state.name(),
                endedBy == null ? null : endedBy.column(),
                errorCode,
                attempt);
    }
}
