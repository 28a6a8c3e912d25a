package io.viworks.admin.command;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A command as the ledger knows it.
 *
 * @param parameters without secrets: those are masked
 * @param state {@code QUEUED, DISPATCHED, ACKED}, or an end: {@code SUCCEEDED, FAILED, REJECTED,
 *     EXPIRED, EXEC_TIMED_OUT, CANCELLED, OUTCOME_UNKNOWN}
 * @param endedBy whose word the end is: {@code result, agent} or {@code ledger}
 * @param errorCode why it ended so, for programs; {@code reason} is for people
 * @param origin {@code api}, or {@code stream} for a record made by hand
 * @param attempt how often it was sent; {@code released} counts the sendings that reached nobody
 * @param batchId the batch it is one of
 * @param results only in the view of one command
 */
record CommandView(
        CorrelationId correlationId,
        AgentId agentId,
        String command,
        Map<String, Object> parameters,
        String state,
        @Nullable String endedBy,
        @Nullable String errorCode,
        @Nullable String reason,
        String delivery,
        String origin,
        int attempt,
        int released,
        @Nullable String issuedBy,
        @Nullable UUID batchId,
        Instant issuedAt,
        Instant expiresAt,
        int timeoutS,
        @Nullable Instant sentAt,
        @Nullable Instant dispatchedAt,
        @Nullable Instant ackedAt,
        @Nullable Instant finishedAt,
        @Nullable Instant cancelRequestedAt,
        @Nullable List<ResultView> results) {

    /** The same command, with what its agent said of it. */
    CommandView with(List<ResultView> found) {
        return new CommandView(
                correlationId,
                agentId,
                command,
                parameters,
                state,
                endedBy,
                errorCode,
                reason,
                delivery,
                origin,
                attempt,
                released,
                issuedBy,
                batchId,
                issuedAt,
                expiresAt,
                timeoutS,
                sentAt,
                dispatchedAt,
                ackedAt,
                finishedAt,
                cancelRequestedAt,
                found);
    }

    /**
     * What an agent said at the end.
     *
     * @param data for programs; {@code stdout} and {@code stderr} are for people, with secrets
     *     removed
     * @param late it arrived after the ledger had ended the command
     */
    record ResultView(
            UUID executionId,
            String status,
            @Nullable Integer rc,
            @Nullable String stdout,
            @Nullable String stderr,
            @Nullable Object data,
            boolean truncated,
            @Nullable String errorCode,
            @Nullable String errorMsg,
            @Nullable Instant startedAt,
            @Nullable Instant finishedAt,
            @Nullable Long durationMs,
            boolean late) {}
}
