package io.viworks.agent.identity;

import io.viworks.protocol.Bytes;
import io.viworks.protocol.handshake.HandshakeSignature;
import io.viworks.protocol.handshake.SignedText;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.time.Instant;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * An Ed25519 key of this agent.
 *
 * @param publicKey 32 bytes
 * @param grant null until the server has taken the key
 * @param tokenSha256 of the token it was enrolled with, in hex; null when an older key vouched
 */
record OwnKey(
        PrivateKey privateKey,
        Bytes publicKey,
        Instant madeAt,
        @Nullable Grant grant,
        @Nullable String tokenSha256) {
    static OwnKey fresh(Instant now) {
        try {
            KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
            byte[] raw = HandshakeSignature.raw(pair.getPublic());
            return new OwnKey(pair.getPrivate(), Bytes.of(raw), now, null, null);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has Ed25519", e);
        }
    }

    /** As the server calls it, or else as both sides would. */
    String keyId() {
        return grant == null ? HandshakeSignature.keyId(publicKey.array()) : grant.keyId();
    }

    String sign(SignedText text) {
        return HandshakeSignature.sign(privateKey, text);
    }

    OwnKey granted(Grant by, @Nullable String token) {
        return new OwnKey(privateKey, publicKey, madeAt, by, token);
    }

    /** What it shows in TLS; null when it was given no certificate. */
    @Nullable ClientCertificate certificate() {
        return grant == null || grant.chain().isEmpty()
                ? null
                : new ClientCertificate(privateKey, grant.chain());
    }

    /** The same key, to be enrolled once more. */
    OwnKey ungranted() {
        return new OwnKey(privateKey, publicKey, madeAt, null, null);
    }

    /** For people, who may make it known to the server. */
    String described() {
        String state = "not enrolled";
        if (grant != null) {
            state = "enrolled, " + (grant.expiresAt() == null ? "no end" : grant.expiresAt());
        }
        ClientCertificate certificate = certificate();
        return "key %s, public key %s, %s%s"
                .formatted(
                        keyId(),
                        Base64.getEncoder().encodeToString(publicKey.array()),
                        state,
                        certificate == null ? "" : ", " + certificate.described());
    }

    /** Only the name: the rest may be secret. */
    @Override
    public String toString() {
        return keyId();
    }
}
