package io.viworks.protocol.handshake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class HandshakeSignatureTest {
    private static final HandshakeText TEXT = text("gateway-001");

    private final KeyPair keys;

    HandshakeSignatureTest() throws GeneralSecurityException {
        keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    }

    @Test
    void isTrueForItsOwnTextAndKeyOnly() throws GeneralSecurityException {
        Bytes signature = decoded(HandshakeSignature.sign(keys.getPrivate(), TEXT));
        PublicKey other = KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPublic();

        assertThat(HandshakeSignature.verify(keys.getPublic(), TEXT, signature)).isTrue();
        assertThat(HandshakeSignature.verify(keys.getPublic(), text("gateway-002"), signature))
                .isFalse();
        assertThat(HandshakeSignature.verify(other, TEXT, signature)).isFalse();
        assertThat(HandshakeSignature.verify(keys.getPublic(), TEXT, Bytes.of(new byte[64])))
                .isFalse();
        byte[] ones = new byte[64];
        Arrays.fill(ones, (byte) 0xff);
        assertThat(HandshakeSignature.verify(keys.getPublic(), TEXT, Bytes.of(ones))).isFalse();
        assertThat(HandshakeSignature.verify(keys.getPublic(), TEXT, Bytes.of(new byte[3])))
                .isFalse();
    }

    @Test
    void readsAPublicKeyOfThirtyTwoBytes() {
        byte[] spki = keys.getPublic().getEncoded();
        byte[] raw = Arrays.copyOfRange(spki, spki.length - 32, spki.length);
        Bytes signature = decoded(HandshakeSignature.sign(keys.getPrivate(), TEXT));

        assertThat(HandshakeSignature.verify(HandshakeSignature.publicKey(raw), TEXT, signature))
                .isTrue();
        assertThatThrownBy(() -> HandshakeSignature.publicKey(spki))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an Ed25519 public key must have 32 bytes");
    }

    @Test
    void refusesAKeyOfAnotherKind() throws GeneralSecurityException {
        KeyPair rsa = KeyPairGenerator.getInstance("RSA").generateKeyPair();
        assertThatThrownBy(() -> HandshakeSignature.sign(rsa.getPrivate(), TEXT))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static HandshakeText text(String agentId) {
        return new HandshakeText(
                "GET",
                "/agent/ws",
                "2026-01-15T12:00:00Z",
                "3f2b8c1e-6a54-4d0e-9a51-0c7f7d3c2b10",
                AgentId.of(agentId));
    }

    private static Bytes decoded(String base64) {
        return Bytes.of(Base64.getDecoder().decode(base64));
    }
}
