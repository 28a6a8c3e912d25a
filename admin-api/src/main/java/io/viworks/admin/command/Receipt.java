package io.viworks.admin.command;

import io.viworks.ledger.Delivery;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.time.Instant;

/** What a command was accepted as; the same again for the same request. */
record Receipt(
        CorrelationId correlationId,
        AgentId agentId,
        String command,
        Delivery delivery,
        Instant issuedAt,
        Instant expiresAt,
        int timeoutS) {}
