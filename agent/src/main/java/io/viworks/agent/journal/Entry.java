package io.viworks.agent.journal;

import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.ExecutionId;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** All the journal knows of one command; immutable. */
public sealed interface Entry {
    CorrelationId correlationId();

    /** The latest start: an entry may leave only behind it (spec 6). */
    Instant expiresAt();

    /** The nonce of its COMMAND; null when only a CANCEL was ever seen. */
    @Nullable UUID nonce();

    /**
     * What a COMMAND asked for, without its arguments.
     *
     * @param argsDigest SHA-256 of the arguments, secrets masked
     */
    record Order(
            CorrelationId correlationId,
            String verb,
            UUID nonce,
            Instant expiresAt,
            int timeoutS,
            Bytes argsDigest) {}

    /** An entry that came from a COMMAND which was taken on. */
    sealed interface Taken extends Entry {
        Order order();

        @Override
        default CorrelationId correlationId() {
            return order().correlationId();
        }

        @Override
        default Instant expiresAt() {
            return order().expiresAt();
        }

        @Override
        default UUID nonce() {
            return order().nonce();
        }
    }

    /** Taken on, not begun. */
    record Accepted(Order order, Instant acceptedAt) implements Taken {}

    /** Begun: from here on it may have changed something. */
    record Started(Order order, ExecutionId executionId, Instant startedAt) implements Taken {}

    /**
     * Over.
     *
     * @param result where the RESULT frame stands
     * @param confirmed whether a bridge has said that Redis has it
     * @param stripped whether its outputs have left already
     */
    record Finished(
            Order order,
            ExecutionId executionId,
            Instant finishedAt,
            Place result,
            boolean confirmed,
            boolean stripped)
            implements Taken {}

    /** Never to be run, whatever comes; {@code code} and {@code message} are the agent's word. */
    record Refused(
            CorrelationId correlationId,
            Instant expiresAt,
            @Nullable UUID nonce,
            Instant refusedAt,
            String code,
            String message)
            implements Entry {}

    /** Bytes in the journal's file. */
    record Place(long offset, int length) {}
}
