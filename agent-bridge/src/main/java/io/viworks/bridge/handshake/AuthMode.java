package io.viworks.bridge.handshake;

/** How agents prove who they are: {@code AGENT_BRIDGE_AUTH}. */
public enum AuthMode {
    /** The shared secret, or the agent's own key. */
    HMAC("hmac"),
    /** A certificate; a signature is checked when there is one, a MAC proves nothing more. */
    MTLS("mtls"),
    /** A certificate, and the shared secret or the agent's own key. */
    HMAC_MTLS("hmac+mtls"),
    /** Nothing is proved; for loopback only. */
    NONE("none");

    private final String text;

    AuthMode(String text) {
        this.text = text;
    }

    /** As in the setting. */
    public String text() {
        return text;
    }

    /** Whether nobody comes in without a certificate. */
    public boolean hasCertificate() {
        return this == MTLS || this == HMAC_MTLS;
    }

    /** Whether nobody comes in without a MAC or a signature. */
    public boolean hasProof() {
        return this == HMAC || this == HMAC_MTLS;
    }
}
