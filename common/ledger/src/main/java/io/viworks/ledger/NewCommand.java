package io.viworks.ledger;

import io.viworks.backplane.stream.StreamRecord.Payload;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A command somebody with the right to has asked for, checked and ready to be accepted.
 *
 * @param args a JSON object with every secret masked, for people to read
 * @param payload the envelope as every sender carries it, never changed again
 * @param idempotencyKey names the request per caller and gateway, for 24 h
 * @param requestHashes tell another request under the same name from a repeated one: the first is
 *     kept, and a kept one that is among them is of the same request
 * @param issuedBy the caller
 * @param issuedFrom the caller's address, for the audit log
 * @param expiresAt the latest start
 * @param timeoutS seconds it may run
 */
public record NewCommand(
        CorrelationId correlationId,
        AgentId agentId,
        String verb,
        String args,
        Payload payload,
        @Nullable String traceparent,
        Delivery delivery,
        @Nullable String idempotencyKey,
        List<Bytes> requestHashes,
        @Nullable UUID batchId,
        String issuedBy,
        String issuedFrom,
        Instant issuedAt,
        Instant expiresAt,
        int timeoutS) {
    /** Refuses what no envelope could say. */
    public NewCommand {
        requestHashes = List.copyOf(requestHashes);
        if (requestHashes.isEmpty()) {
            throw new IllegalArgumentException("requestHashes must hold the one that is kept");
        }
        if (timeoutS < 1 || timeoutS > 3600) {
            throw new IllegalArgumentException("timeoutS must be 1 to 3600");
        }
        if (!expiresAt.isAfter(issuedAt)) {
            throw new IllegalArgumentException("expiresAt must be after issuedAt");
        }
    }

    /** With one hash. */
    public NewCommand(
            CorrelationId correlationId,
            AgentId agentId,
            String verb,
            String args,
            Payload payload,
            @Nullable String traceparent,
            Delivery delivery,
            @Nullable String idempotencyKey,
            Bytes requestHash,
            @Nullable UUID batchId,
            String issuedBy,
            String issuedFrom,
            Instant issuedAt,
            Instant expiresAt,
            int timeoutS) {
        this(
                correlationId,
                agentId,
                verb,
                args,
                payload,
                traceparent,
                delivery,
                idempotencyKey,
                List.of(requestHash),
                batchId,
                issuedBy,
                issuedFrom,
                issuedAt,
                expiresAt,
                timeoutS);
    }

    /** The hash that is kept. */
    public Bytes requestHash() {
        return requestHashes.getFirst();
    }
}
