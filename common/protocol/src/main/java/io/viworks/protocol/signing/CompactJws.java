package io.viworks.protocol.signing;

import io.viworks.protocol.Bytes;
import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.util.Base64;

/**
 * The three parts of a JWS in compact serialization (RFC 7515, 7.1), read strictly: one text, one
 * value. What the header says is not judged here.
 *
 * @param signingInput header and payload as they were spelled; what is signed
 * @param header JSON
 * @param payload any bytes
 * @param signature as RFC 8032 encodes it
 */
record CompactJws(String signingInput, Bytes header, Bytes payload, Bytes signature) {
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

    /** Takes a text apart. */
    static CompactJws parse(String text) throws BadSignature {
        int first = text.indexOf('.');
        int second = text.indexOf('.', first + 1);
        if (first < 0 || second < 0 || text.indexOf('.', second + 1) >= 0) {
            throw new BadSignature("jws must have three parts");
        }
        return new CompactJws(
                text.substring(0, second),
                decoded(text.substring(0, first)),
                decoded(text.substring(first + 1, second)),
                decoded(text.substring(second + 1)));
    }

    /** Signs. */
    static String sign(PrivateKey key, byte[] header, byte[] payload) {
        String input = ENCODER.encodeToString(header) + "." + ENCODER.encodeToString(payload);
        byte[] signature = Ed25519.sign(key, input.getBytes(StandardCharsets.US_ASCII));
        return input + "." + ENCODER.encodeToString(signature);
    }

    /** Whether this key signed it. */
    boolean isSignedBy(PublicKey key) {
        return Ed25519.verify(
                key, signingInput.getBytes(StandardCharsets.US_ASCII), signature.array());
    }

    /** Base64url in its one spelling: no padding, no foreign letter, no bits left over. */
    private static Bytes decoded(String part) throws BadSignature {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(part);
            if (ENCODER.encodeToString(bytes).equals(part)) {
                return Bytes.of(bytes);
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw new BadSignature("jws must be base64url without padding and without bits left over");
    }
}
