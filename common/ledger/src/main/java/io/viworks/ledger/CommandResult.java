package io.viworks.ledger;

import io.viworks.protocol.ExecutionId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One RESULT as it is stored: outputs redacted.
 *
 * @param outcome the end it means
 * @param success the agent's own {@code status}
 * @param data a JSON object
 * @param stdoutBytes of stdout as sent
 * @param durationMs milliseconds the run took by the agent's word
 */
public record CommandResult(
        ExecutionId executionId,
        CommandState outcome,
        boolean success,
        @Nullable Integer rc,
        @Nullable String stdout,
        @Nullable String stderr,
        @Nullable String data,
        boolean truncated,
        int stdoutBytes,
        int stderrBytes,
        @Nullable String errorCode,
        @Nullable String errorMessage,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        @Nullable Long durationMs) {}
