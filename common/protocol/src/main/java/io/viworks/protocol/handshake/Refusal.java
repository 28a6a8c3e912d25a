package io.viworks.protocol.handshake;

import java.util.Locale;

/**
 * Why a handshake is refused before the upgrade (spec 2.1), in the order of the checks. None of
 * them stops an agent for ever.
 */
public enum Refusal {
    /** Size, syntax, subprotocol, a header twice, or both kinds of proof. */
    BAD_HANDSHAKE(400),
    /** All connections are taken; with a spread {@code Retry-After}. */
    AT_CAPACITY(503),
    /** The bridge is going away; with a spread {@code Retry-After}. */
    DRAINING(503),
    /** Too many attempts from one source or for one agent; with a spread {@code Retry-After}. */
    RATE_LIMITED(429),
    CERTIFICATE_REQUIRED(401),
    /** The certificate names another agent or is not enrolled. */
    CERTIFICATE_MISMATCH(403),
    BAD_SIGNATURE(401),
    /** Neither a MAC nor a signature was sent. */
    SECRET_MISMATCH(401),
    /** The MAC is right, but this agent has or had a credential of its own. */
    CREDENTIAL_REQUIRED(401),
    /** The timestamp is outside the window; the body carries {@code server_time}. */
    CLOCK_SKEW(401),
    NONCE_REPLAYED(401),
    /** Redis is away, so that neither nonces nor the directory can be asked. */
    BACKPLANE_DOWN(503),
    /** The agent is not on the allowlist. */
    NOT_ALLOWED(403),
    REVOKED(403),
    DECOMMISSIONED(403);

    private final int status;

    Refusal(int status) {
        this.status = status;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** The stable {@code code} of the problem document. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }
}
