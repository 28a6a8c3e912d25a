package io.viworks.agent.identity;

import io.viworks.protocol.handshake.HandshakeText;
import org.jspecify.annotations.Nullable;

/** What a handshake is proved with: a key, and the certificate of it, should there be one. */
public final class Proof {
    private final OwnKey key;
    private final @Nullable ClientCertificate certificate;

    /**
     * Of this key.
     *
     * @param certificate null when there is none, or none that is good
     */
    Proof(OwnKey key, @Nullable ClientCertificate certificate) {
        this.key = key;
        this.certificate = certificate;
    }

    /** What goes into {@code X-Agent-Key-Id}. */
    public String keyId() {
        return key.keyId();
    }

    /** The base64 for {@code X-Agent-Signature}. */
    public String sign(HandshakeText text) {
        return key.sign(text);
    }

    /** What is shown in TLS; null when there is none that is good. */
    public @Nullable ClientCertificate certificate() {
        return certificate;
    }
}
