package io.viworks.protocol.handshake;

/** The names of the handshake's headers, and what it asks for. */
public final class HandshakeHeaders {
    public static final String PATH = "/agent/ws";
    public static final String SUBPROTOCOL = "viworks-agent-v1";

    /** Where the subprotocol is offered (RFC 6455, section 11.3.4). */
    public static final String SUBPROTOCOL_HEADER = "Sec-WebSocket-Protocol";

    public static final String AGENT_ID = "X-Agent-Id";
    public static final String TIMESTAMP = "X-Timestamp";
    public static final String NONCE = "X-Nonce";
    public static final String AUTH = "X-Agent-Auth";
    public static final String SIGNATURE = "X-Agent-Signature";
    public static final String KEY_ID = "X-Agent-Key-Id";

    private HandshakeHeaders() {}
}
