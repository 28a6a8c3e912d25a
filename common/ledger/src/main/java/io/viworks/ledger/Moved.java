package io.viworks.ledger;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;

/** A command that has just come into this state. */
public record Moved(
        CorrelationId correlationId, AgentId agentId, String verb, CommandState state) {}
