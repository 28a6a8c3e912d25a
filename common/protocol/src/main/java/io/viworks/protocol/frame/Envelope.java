package io.viworks.protocol.frame;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.time.Instant;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/**
 * One command as it was accepted: made once, never changed, carried as bytes.
 *
 * @param expiresAt the latest start
 * @param timeoutS seconds the command may run
 */
public record Envelope(
        CorrelationId correlationId,
        AgentId agentId,
        String verb,
        ObjectNode args,
        Instant issuedAt,
        Instant expiresAt,
        UUID nonce,
        int timeoutS,
        String issuedBy) {
    /** What whoever only carries it has to know. */
    public CommandTimes times() {
        return new CommandTimes(issuedAt, expiresAt, timeoutS);
    }

    /** Without the arguments: they may be secret. */
    @Override
    public String toString() {
        return verb + " " + correlationId + " for " + agentId;
    }
}
