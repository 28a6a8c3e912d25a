package io.viworks.protocol.handshake;

import io.viworks.protocol.AgentId;

/** The text a handshake signs: {@code METHOD|PATH|TIMESTAMP|NONCE|AGENT_ID}. */
public record HandshakeText(
        String method, String path, String timestamp, String nonce, AgentId agentId)
        implements SignedText {
    /** Literal bars, path without query. */
    @Override
    public String text() {
        return String.join("|", method, path, timestamp, nonce, agentId.value());
    }
}
