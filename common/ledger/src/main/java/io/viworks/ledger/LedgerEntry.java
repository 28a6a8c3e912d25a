package io.viworks.ledger;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.time.Instant;

/** A command as the ledger has it, in short. */
public record LedgerEntry(
        CorrelationId correlationId,
        AgentId agentId,
        String verb,
        CommandState state,
        int attempt,
        int released,
        Instant issuedAt,
        Instant expiresAt) {
    /** Whether a copy may be at the agent (spec 3.5). */
    public boolean out() {
        return attempt > released;
    }
}
