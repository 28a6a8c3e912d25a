package io.viworks.protocol.signing;

import io.viworks.protocol.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.PublicKey;

/**
 * Signs envelopes with one Ed25519 key (spec 2.4: header exactly {@code alg, typ, kid}). The key is
 * named by its RFC 7638 thumbprint, so that no name can be given twice. Thread-safe.
 */
public final class EnvelopeSigner {
    private final PrivateKey key;
    private final String kid;
    private final byte[] header;

    EnvelopeSigner(PrivateKey key, PublicKey publicKey) {
        this.key = key;
        this.kid = Ed25519.thumbprint(publicKey);
        this.header =
                "{\"alg\":\"%s\",\"typ\":\"%s\",\"kid\":\"%s\"}"
                        .formatted(VerifyKeys.ALG, VerifyKeys.TYP, kid)
                        .getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * With the key of a file.
     *
     * @param file PEM, PKCS#8, Ed25519
     * @throws IOException when it cannot be read or holds something else; says what would be right
     */
    public static EnvelopeSigner read(Path file) throws IOException {
        PrivateKey key = KeyFiles.privateKey(file);
        return new EnvelopeSigner(key, KeyFiles.publicKeyOf(key));
    }

    /** What the key is called in the header. */
    public String kid() {
        return kid;
    }

    /** The compact JWS whose payload is exactly these bytes. */
    public String sign(Bytes envelope) {
        return CompactJws.sign(key, header, envelope.array());
    }
}
