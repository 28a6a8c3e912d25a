package io.viworks.protocol.handshake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class EnrolmentTextTest {
    private static EnrolmentText text(String body) {
        return new EnrolmentText(
                "POST",
                EnrolmentText.PATH,
                "2026-01-15T12:00:00Z",
                "3f2b8c1e-6a54-4d0e-9a51-0c7f7d3c2b10",
                AgentId.of("gateway-001"),
                Bytes.utf8(body));
    }

    @Test
    void namesTheBodyByItsDigest() {
        assertThat(text("abc").text())
                .isEqualTo(
                        "POST|/agent/enroll|2026-01-15T12:00:00Z|3f2b8c1e-6a54-4d0e-9a51-"
                                + "0c7f7d3c2b10|gateway-001|ba7816bf8f01cfea414140de5dae2223"
                                + "b00361a396177a9cb410ff61f20015ad");
    }

    @Test
    void isProvedWithTheKeyForThisBodyOnly() throws GeneralSecurityException {
        var keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        String signed = HandshakeSignature.sign(keys.getPrivate(), text("{}"));
        Bytes signature = Bytes.of(Base64.getDecoder().decode(signed));
        assertThat(HandshakeSignature.verify(keys.getPublic(), text("{}"), signature)).isTrue();
        assertThat(HandshakeSignature.verify(keys.getPublic(), text("{ }"), signature)).isFalse();
    }

    @Test
    void callsAKeyByTheDigestOfItsBytes() throws GeneralSecurityException {
        byte[] raw =
                HexFormat.of()
                        .parseHex(
                                "d75a980182b10ab7d54bfed3c964073a"
                                        + "0ee172f3daa62325af021a68f707511a");
        assertThat(HandshakeSignature.raw(HandshakeSignature.publicKey(raw))).isEqualTo(raw);
        assertThat(HandshakeSignature.keyId(raw)).matches("[0-9a-f]{64}").startsWith("21fe31df");
        PublicKey rsa = KeyPairGenerator.getInstance("RSA").generateKeyPair().getPublic();
        assertThatThrownBy(() -> HandshakeSignature.raw(rsa))
                .hasMessage("the key must be an Ed25519 public key");
    }
}
