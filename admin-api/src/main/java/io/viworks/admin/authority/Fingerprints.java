package io.viworks.admin.authority;

import io.viworks.protocol.Bytes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256, by which certificates and authorities are called. */
public final class Fingerprints {
    private Fingerprints() {}

    /** The 32 bytes of the digest. */
    public static Bytes sha256(byte[] bytes) {
        try {
            return Bytes.of(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
