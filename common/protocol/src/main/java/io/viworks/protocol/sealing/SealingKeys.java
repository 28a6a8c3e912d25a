package io.viworks.protocol.sealing;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.sealing.NotOpened.Cause;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The ring of keys that commands with secrets are sealed with (spec 4, "Secrets"): the first seals,
 * all open. Thread-safe.
 *
 * <p>A sealed text is {@code 1 | length of kid | kid | nonce | ciphertext and tag}: AES-256-GCM
 * (NIST SP 800-38D) with a random 96-bit nonce, a 128-bit tag and {@code correlation_id|agent_id}
 * as associated data, so that it opens for no other command and no other agent. What is encrypted
 * is {@code form | length | contents | zeros} in blocks of 256 bytes: its length tells nothing of a
 * password's.
 */
public final class SealingKeys {
    private static final byte VERSION = 1;
    private static final byte PLAIN = 0;
    private static final byte SIGNED = 1;

    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final int BLOCK = 256;

    private static final String CIPHER = "AES/GCM/NoPadding";
    private static final String MAC = "HmacSHA256";

    /** What the key of the marks is made of; other uses of a sealing key would say other words. */
    private static final byte[] MARKS =
            "viworks request mark v1".getBytes(StandardCharsets.US_ASCII);

    private final Map<String, SecretKey> keys;
    private final String first;
    private final SecretKey sealing;
    private final List<SecretKey> markKeys;
    private final SecureRandom random;

    /**
     * A ring of keys by name.
     *
     * @param keys at least one; of 32 bytes each, the first seals
     */
    SealingKeys(Map<String, Bytes> keys, SecureRandom random) {
        this.keys = new LinkedHashMap<>();
        this.markKeys = new ArrayList<>();
        keys.forEach((kid, key) -> {
            this.keys.put(kid, new SecretKeySpec(key.array(), "AES"));
            markKeys.add(new SecretKeySpec(hmac(new SecretKeySpec(key.array(), MAC), MARKS), MAC));
        });
        Map.Entry<String, Bytes> head = keys.entrySet().iterator().next();
        this.first = head.getKey();
        this.sealing = new SecretKeySpec(head.getValue().array(), "AES");
        this.random = random;
    }

    /**
     * The ring of a file.
     *
     * @param file lines {@code kid base64-of-32-bytes}, readable by its owner only
     * @throws IOException when it cannot be read or holds something else; says what would be right
     */
    public static SealingKeys read(Path file, SecureRandom random) throws IOException {
        return new SealingKeys(KeyRingFile.read(file), random);
    }

    /** What the key that seals is called. */
    public String kid() {
        return first;
    }

    /** What all keys are called. */
    public Set<String> kids() {
        return Set.copyOf(keys.keySet());
    }

    /** Seals the contents for this command and this agent. */
    public Bytes seal(CorrelationId command, AgentId agent, Contents contents) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            Cipher cipher = cipher(Cipher.ENCRYPT_MODE, sealing, nonce, bound(command, agent));
            byte[] text = cipher.doFinal(padded(contents));
            byte[] kid = first.getBytes(StandardCharsets.US_ASCII);
            return Bytes.of(
                    ByteBuffer.allocate(2 + kid.length + nonce.length + text.length)
                            .put(VERSION)
                            .put((byte) kid.length)
                            .put(kid)
                            .put(nonce)
                            .put(text)
                            .array());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + CIPHER, e);
        }
    }

    /**
     * Opens what was sealed for this command and this agent.
     *
     * @throws NotOpened when it was not
     */
    public Contents open(CorrelationId command, AgentId agent, Bytes sealed) throws NotOpened {
        try {
            ByteBuffer in = ByteBuffer.wrap(sealed.array());
            if (in.get() != VERSION) {
                throw forged("a sealed command must begin with its version, which is 1");
            }
            SecretKey key = key(new String(take(in, in.get() & 0xff), StandardCharsets.US_ASCII));
            byte[] nonce = take(in, NONCE_BYTES);
            byte[] text = take(in, in.remaining());
            Cipher cipher = cipher(Cipher.DECRYPT_MODE, key, nonce, bound(command, agent));
            return contents(ByteBuffer.wrap(cipher.doFinal(text)));
        } catch (AEADBadTagException e) {
            throw forged("it was not sealed for this command and this agent, or has been changed");
        } catch (BufferUnderflowException e) {
            throw forged("a sealed command must not be cut off");
        } catch (GeneralSecurityException e) {
            throw forged("a sealed command must be AES-256-GCM");
        }
    }

    /**
     * Marks of a text that holds secrets, for telling whether two texts are the same: HMAC-SHA256,
     * one for each key of the ring, that of the sealing key first. Without the ring a mark helps
     * nobody to guess.
     */
    public List<Bytes> marks(Bytes text) {
        return markKeys.stream().map(key -> Bytes.of(hmac(key, text.array()))).toList();
    }

    private SecretKey key(String kid) throws NotOpened {
        SecretKey key = keys.get(kid);
        if (key == null) {
            throw new NotOpened(
                    Cause.UNKNOWN_KEY,
                    KeyRingFile.isKid(kid)
                            ? "it was sealed with the key \"" + kid + "\", which is not in the ring"
                            : "it was sealed with a key that has no proper name");
        }
        return key;
    }

    private static byte[] padded(Contents contents) {
        byte[] bytes = contents.bytes();
        int length = 1 + Integer.BYTES + bytes.length;
        return ByteBuffer.allocate((length + BLOCK - 1) / BLOCK * BLOCK)
                .put(contents.jws() == null ? PLAIN : SIGNED)
                .putInt(bytes.length)
                .put(bytes)
                .array();
    }

    private static Contents contents(ByteBuffer in) throws NotOpened {
        byte form = in.get();
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw forged("a sealed command must be as long as it says");
        }
        byte[] bytes = take(in, length);
        return switch (form) {
            case PLAIN -> new Contents.Plain(Bytes.of(bytes));
            case SIGNED -> Contents.signed(bytes);
            default -> throw forged("a sealed command must be an envelope or a signature");
        };
    }

    private static byte[] take(ByteBuffer in, int length) {
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private static byte[] bound(CorrelationId command, AgentId agent) {
        return (command + "|" + agent).getBytes(StandardCharsets.US_ASCII);
    }

    private static Cipher cipher(int mode, SecretKey key, byte[] nonce, byte[] bound)
            throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(CIPHER);
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(bound);
        return cipher;
    }

    private static byte[] hmac(SecretKey key, byte[] text) {
        try {
            Mac mac = Mac.getInstance(MAC);
            mac.init(key);
            return mac.doFinal(text);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + MAC, e);
        }
    }

    private static NotOpened forged(String problem) {
        return new NotOpened(Cause.FORGED, problem);
    }
}
