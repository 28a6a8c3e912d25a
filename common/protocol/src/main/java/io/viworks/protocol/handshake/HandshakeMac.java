package io.viworks.protocol.handshake;

/** HMAC-SHA256 with the shared bootstrap secret over a {@link HandshakeText}. Thread-safe. */
public final class HandshakeMac {
    /** The lower-case hex that goes into {@code X-Agent-Auth}. */
    public static String sign(byte[] secret, HandshakeText text) {
        return "";
    }

    /** Whether the header's value is the right one; takes the same time wherever it differs. */
    public static boolean verify(byte[] secret, HandshakeText text, String header) {
        return false;
    }

    private HandshakeMac() {}
}
