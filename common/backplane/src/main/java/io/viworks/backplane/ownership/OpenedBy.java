package io.viworks.backplane.ownership;

import org.jspecify.annotations.Nullable;

/**
 * What opened a session, to be looked at again when it claims its agent: it may have been revoked
 * since the handshake.
 *
 * @param keyId the agent's own key, null if none signed
 * @param fingerprint SHA-256 of the certificate in lower-case hex, null if none was needed
 * @param sharedSecret whether nothing but the shared secret was proved
 */
public record OpenedBy(@Nullable String keyId, @Nullable String fingerprint, boolean sharedSecret) {
    /** Nothing was proved, so nothing can be revoked. */
    public static final OpenedBy NOTHING = new OpenedBy(null, null, false);
}
