package io.viworks.bridge.handshake;

/** How agents prove who they are: {@code AGENT_BRIDGE_AUTH}. */
public enum AuthMode {
    /** The shared secret, or the agent's own key. */
    HMAC,
    /** Nothing is proved; for loopback only. */
    NONE
}
