package io.viworks.admin.directory;

import io.viworks.protocol.AgentId;

/**
 * What bridges know of an agent has changed in a transaction: told after its commit, so that nobody
 * waits for the next look.
 */
public record DirectoryChanged(AgentId agentId) {}
