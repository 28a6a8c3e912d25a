package io.viworks.protocol.handshake;

/**
 * A handshake that goes no further. The message says what would be right and never quotes a header.
 * It carries no stack trace: a flood of bad handshakes must stay cheap.
 */
public final class HandshakeRefused extends Exception {
    private final Refusal refusal;
    private final String detail;

    public HandshakeRefused(Refusal refusal, String detail) {
        super(refusal.code() + ": " + detail, null, false, false);
        this.refusal = refusal;
        this.detail = detail;
    }

    public Refusal refusal() {
        return refusal;
    }

    /** For the {@code detail} of the problem document. */
    public String detail() {
        return detail;
    }
}
