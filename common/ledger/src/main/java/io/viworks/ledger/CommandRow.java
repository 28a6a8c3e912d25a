package io.viworks.ledger;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code agent_commands}, as far as events move it. A change is a new value.
 *
 * @param batchId the batch it is part of
 * @param attempt how often it was claimed
 * @param released the highest attempt of which certainly no copy is out, with all before it
 * @param plain the agent it went out to keeps no journal
 * @param instance the journal a copy may be at
 * @param signalled the agent has been asked something about it since the last it said
 */
record CommandRow(
        CorrelationId correlationId,
        AgentId agentId,
        String verb,
        @Nullable UUID batchId,
        boolean handMade,
        boolean immediate,
        CommandState state,
        @Nullable EndedBy endedBy,
        @Nullable String errorCode,
        @Nullable String reason,
        int attempt,
        int released,
        boolean plain,
        @Nullable InstanceUid instance,
        Instant nextSendAt,
        boolean signalled,
        Instant issuedAt,
        Instant expiresAt,
        Instant endsBy,
        int timeoutS,
        @Nullable Instant dispatchedAt,
        @Nullable Instant ackedAt,
        @Nullable Instant finishedAt,
        boolean cancelRequested) {

    /** Whether a copy may be at the agent (spec 3.5). */
    boolean out() {
        return attempt > released;
    }

    /** What has become of it, for whoever is told. */
    Moved moved() {
        return new Moved(correlationId, agentId, verb, state, attempt, batchId, endedBy, errorCode);
    }

    boolean ended() {
        return state.terminal();
    }

    CommandRow dispatched(Instant at, boolean toPlain, Instant newEndsBy) {
        return new CommandRow(
                correlationId,
                agentId,
                verb,
                batchId,
                handMade,
                immediate,
                state == CommandState.QUEUED ? CommandState.DISPATCHED : state,
                endedBy,
                errorCode,
                reason,
                attempt,
                released,
                toPlain,
                instance,
                nextSendAt,
                signalled,
                issuedAt,
                expiresAt,
                newEndsBy,
                timeoutS,
                at,
                ackedAt,
                finishedAt,
                cancelRequested);
    }

    CommandRow released(int upTo, CommandState next, Instant sendAt, String why) {
        return new CommandRow(
                correlationId,
                agentId,
                verb,
                batchId,
                handMade,
                immediate,
                next,
                endedBy,
                errorCode,
                why,
                attempt,
                upTo,
                plain,
                instance,
                sendAt,
                signalled,
                issuedAt,
                expiresAt,
                endsBy,
                timeoutS,
                dispatchedAt,
                ackedAt,
                finishedAt,
                cancelRequested);
    }

    /** In the agent's journal: the questions about it begin anew. */
    CommandRow acked(Instant at) {
        return new CommandRow(
                correlationId,
                agentId,
                verb,
                batchId,
                handMade,
                immediate,
                CommandState.ACKED,
                endedBy,
                errorCode,
                reason,
                attempt,
                released,
                plain,
                instance,
                nextSendAt,
                false,
                issuedAt,
                expiresAt,
                endsBy,
                timeoutS,
                dispatchedAt,
                at,
                finishedAt,
                cancelRequested);
    }

    CommandRow ended(
            CommandState end, EndedBy by, @Nullable String code, @Nullable String why, Instant at) {
        return new CommandRow(
                correlationId,
                agentId,
                verb,
                batchId,
                handMade,
                immediate,
                end,
                by,
                code,
                why,
                attempt,
                released,
                plain,
                instance,
                nextSendAt,
                signalled,
                issuedAt,
                expiresAt,
                endsBy,
                timeoutS,
                dispatchedAt,
                ackedAt,
                at,
                cancelRequested);
    }
}
