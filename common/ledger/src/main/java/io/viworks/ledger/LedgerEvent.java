package io.viworks.ledger;

import io.viworks.backplane.stream.StreamRecord.ReleaseReason;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.frame.AgentFrame.JobState;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What {@code viw.command_results} says about one command (spec 3.1), ready to move its row. */
public sealed interface LedgerEvent {
    CorrelationId correlationId();

    /** The session's agent: it moves no other's row. */
    AgentId agentId();

    /**
     * An attempt was let through to the socket.
     *
     * @param instance the journal it was let through to, null when that session keeps none
     * @param handMade the envelope, of a record made by hand
     */
    record Dispatched(
            CorrelationId correlationId,
            AgentId agentId,
            int attempt,
            @Nullable InstanceUid instance,
            Instant at,
            @Nullable Bytes handMade)
            implements LedgerEvent {}

    /**
     * No copy of an attempt will ever reach the agent.
     *
     * @param pause before the next attempt, when its giver asked for one
     * @param handMade the envelope, of a record made by hand
     */
    record Released(
            CorrelationId correlationId,
            AgentId agentId,
            int attempt,
            ReleaseReason reason,
            @Nullable Duration pause,
            @Nullable Bytes handMade)
            implements LedgerEvent {}

    /** The command is in the agent's journal. */
    record Acknowledged(
            CorrelationId correlationId,
            AgentId agentId,
            @Nullable InstanceUid instance,
            Instant at)
            implements LedgerEvent {}

    /**
     * The agent refuses an attempt.
     *
     * @param code one of {@link io.viworks.protocol.frame.ErrorCodes}, or foreign
     */
    record Refused(
            CorrelationId correlationId,
            AgentId agentId,
            @Nullable InstanceUid instance,
            int attempt,
            String code,
            String message,
            @Nullable Duration retryAfter,
            Instant at)
            implements LedgerEvent {}

    /** What the agent's journal knows of the command. */
    record Reported(
            CorrelationId correlationId,
            AgentId agentId,
            @Nullable InstanceUid instance,
            JobState state,
            Instant at)
            implements LedgerEvent {}

    /** It ended on the gateway. */
    record Finished(CorrelationId correlationId, AgentId agentId, CommandResult result, Instant at)
            implements LedgerEvent {}

    /** Whether this event alone can make a row: it carries what was made of a hand-made record. */
    default @Nullable Bytes envelope() {
        return switch (this) {
            case Dispatched dispatched -> dispatched.handMade();
            case Released released -> released.handMade();
            case Acknowledged _, Refused _, Reported _, Finished _ -> null;
        };
    }
}
