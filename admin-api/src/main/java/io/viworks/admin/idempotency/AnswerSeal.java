package io.viworks.admin.idempotency;

import io.viworks.protocol.Bytes;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals kept answers with what only whoever sends the {@code Idempotency-Key} again has: two values
 * are derived from it (HKDF-SHA-256, RFC 5869), a mark that finds the row, and a key (AES-256-GCM)
 * that is nowhere. Thread-safe.
 */
final class AnswerSeal {
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final int DERIVED_BYTES = 32;

    private final SecureRandom random;

    AnswerSeal(SecureRandom random) {
        this.random = random;
    }

    /** The name of a request under this key. */
    KeptAnswers.Name name(String caller, String path, String key) {
        return new KeptAnswers.Name(caller, path, Bytes.of(derived("mark", caller, path, key)));
    }

    /** The body, for whoever has the key. */
    Bytes seal(KeptAnswers.Name name, String key, byte[] body) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, name, key, nonce).doFinal(body);
            byte[] whole = Arrays.copyOf(nonce, nonce.length + sealed.length);
            System.arraycopy(sealed, 0, whole, nonce.length, sealed.length);
            return Bytes.of(whole);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has AES in GCM", e);
        }
    }

    /**
     * The body again.
     *
     * @throws IllegalStateException when the row was changed by somebody
     */
    byte[] open(KeptAnswers.Name name, String key, Bytes sealed) {
        byte[] whole = sealed.array();
        byte[] nonce = Arrays.copyOf(whole, NONCE_BYTES);
        try {
            return cipher(Cipher.DECRYPT_MODE, name, key, nonce)
                    .doFinal(whole, NONCE_BYTES, whole.length - NONCE_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a kept answer does not open with its key", e);
        }
    }

    private static Cipher cipher(int mode, KeptAnswers.Name name, String key, byte[] nonce)
            throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(
                mode,
                new SecretKeySpec(derived("seal", name.caller(), name.path(), key), "AES"),
                new GCMParameterSpec(TAG_BITS, nonce));
        return cipher;
    }

    private static byte[] derived(String use, String caller, String path, String key) {
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveData(
                            HKDFParameterSpec.ofExtract()
                                    .addIKM(key.getBytes(StandardCharsets.US_ASCII))
                                    .addSalt(
                                            "viworks idempotent answer"
                                                    .getBytes(StandardCharsets.US_ASCII))
                                    .thenExpand(
                                            String.join("\0", use, caller, path)
                                                    .getBytes(StandardCharsets.UTF_8),
                                            DERIVED_BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HKDF", e);
        }
    }
}
