package io.viworks.protocol.handshake;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** HMAC-SHA256 with the shared bootstrap secret over a {@link HandshakeText}. Thread-safe. */
public final class HandshakeMac {
    private static final String ALGORITHM = "HmacSHA256";

    /**
     * The lower-case hex that goes into {@code X-Agent-Auth}.
     *
     * @throws IllegalArgumentException when the secret is empty
     */
    public static String sign(byte[] secret, HandshakeText text) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret, ALGORITHM));
            byte[] message = text.text().getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(mac.doFinal(message));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }

    /** Whether the header's value is the right one; takes the same time wherever it differs. */
    public static boolean verify(byte[] secret, HandshakeText text, String header) {
        byte[] expected = sign(secret, text).getBytes(StandardCharsets.US_ASCII);
        return MessageDigest.isEqual(expected, header.getBytes(StandardCharsets.UTF_8));
    }

    private HandshakeMac() {}
}
