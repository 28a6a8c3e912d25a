package io.viworks.protocol.frame;

/** One WebSocket message of {@code viworks-agent-v1}: a JSON object with a string {@code type}. */
public sealed interface Frame permits AgentFrame, BridgeFrame {
    /** The value of {@code type} on the wire. */
    String type();
}
