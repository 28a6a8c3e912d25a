package io.viworks.agent.identity;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.handshake.HandshakeSignature;
import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.util.HexFormat;

/**
 * Asks for a certificate of a key (PKCS#10, RFC 2986). It is one fixed form with three values in
 * it, so it is written here: the library that writes any form costs an agent 11 MB on disk and 25
 * MB of memory.
 */
final class CertificateRequest {
    private static final int SEQUENCE = 0x30;
    private static final int SET = 0x31;
    private static final int UTF8_STRING = 0x0c;
    private static final int BIT_STRING = 0x03;
    private static final byte[] VERSION_1 = HexFormat.of().parseHex("020100");
    private static final byte[] COMMON_NAME = HexFormat.of().parseHex("0603550403");
    private static final byte[] NO_ATTRIBUTES = HexFormat.of().parseHex("a000");

    /** The algorithm, as RFC 8410 has it: no parameters. */
    private static final byte[] ED25519 = HexFormat.of().parseHex("300506032b6570");

    private CertificateRequest() {}

    /** In PEM, signed with the key itself. The authority takes nothing from it but the key. */
    static String pem(OwnKey key, AgentId agentId) {
        byte[] id = agentId.value().getBytes(UTF_8);
        byte[] subject = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, id))));
        byte[] publicKey = HandshakeSignature.publicKey(key.publicKey().array()).getEncoded();
        byte[] asked = der(SEQUENCE, VERSION_1, subject, publicKey, NO_ATTRIBUTES);
        byte[] noUnusedBits = new byte[1];
        byte[] signature = der(BIT_STRING, noUnusedBits, sign(key, asked));
        return Pem.text("CERTIFICATE REQUEST", der(SEQUENCE, asked, ED25519, signature));
    }

    private static byte[] sign(OwnKey key, byte[] asked) {
        try {
            Signature signer = Signature.getInstance("Ed25519");
            signer.initSign(key.privateKey());
            signer.update(asked);
            return signer.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has Ed25519", e);
        }
    }

    /** A value of DER (X.690, 8.1): its kind, its length, and what is in it. */
    private static byte[] der(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream value = new ByteArrayOutputStream();
        value.write(tag);
        int length = content.size();
        if (length >= 256) {
            throw new IllegalStateException("an id has 64 bytes at most, so nothing is longer");
        }
        if (length >= 128) {
            value.write(0x81);
        }
        value.write(length);
        value.writeBytes(content.toByteArray());
        return value.toByteArray();
    }
}
