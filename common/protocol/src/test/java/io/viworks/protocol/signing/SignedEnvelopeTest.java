package io.viworks.protocol.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.protocol.Bytes;
import io.viworks.protocol.handshake.HandshakeSignature;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is accepted as signed, and that nothing else is. */
class SignedEnvelopeTest {
    private static final Base64.Encoder URL = Base64.getUrlEncoder().withoutPadding();

    /** RFC 8037, appendix A.1 and A.4. */
    private static final String RFC_X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    private static final String RFC_D = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    private static final String RFC_JWS =
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-"
                    + "09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    private static final Bytes ENVELOPE = Bytes.utf8("{\"agent_id\":\"gateway-1\",\"n\":1}");

    @TempDir Path folder;
    private KeyPair pair;
    private EnvelopeSigner signer;
    private VerifyKeys keys;

    @BeforeEach
    void makeAKey() throws Exception {
        pair = newPair();
        signer = EnvelopeSigner.read(pem("signing.key", "PRIVATE KEY", pair.getPrivate()));
        keys = VerifyKeys.read(List.of(pem("a.pem", "PUBLIC KEY", pair.getPublic())));
    }

    private static KeyPair newPair() throws Exception {
        return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    }

    private Path pem(String name, String kind, Key... contents) throws IOException {
        StringBuilder text = new StringBuilder();
        for (Key key : contents) {
            text.append("-----BEGIN %s-----%n".formatted(kind))
                    .append(Base64.getMimeEncoder().encodeToString(key.getEncoded()))
                    .append("%n-----END %s-----%n".formatted(kind));
        }
        return Files.writeString(folder.resolve(name), text);
    }

    /** Signed by the trusted key, whatever the header says. */
    private String signed(String header) {
        return CompactJws.sign(
                pair.getPrivate(), header.getBytes(StandardCharsets.UTF_8), ENVELOPE.array());
    }

    private String header(String alg, String typ) {
        return "{\"alg\":\"%s\",\"typ\":\"%s\",\"kid\":\"%s\"}".formatted(alg, typ, signer.kid());
    }

    private void assertRefused(String jws, String problem) {
        assertThatThrownBy(() -> keys.verified(jws))
                .isInstanceOf(BadSignature.class)
                .hasMessageContaining(problem);
    }

    @Test
    void readsAndWritesTheSignatureOfRfc8037() throws Exception {
        PublicKey key = HandshakeSignature.publicKey(Base64.getUrlDecoder().decode(RFC_X));
        CompactJws jws = CompactJws.parse(RFC_JWS);
        assertThat(jws.isSignedBy(key)).isTrue();
        assertThat(jws.payload().utf8()).isEqualTo("Example of Ed25519 signing");
        assertThat(Ed25519.thumbprint(key))
                .isEqualTo("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"); // appendix A.3

        byte[] prefix = Base64.getDecoder().decode("MC4CAQAwBQYDK2VwBCIEIA==");
        byte[] pkcs8 = Arrays.copyOf(prefix, prefix.length + 32);
        System.arraycopy(Base64.getUrlDecoder().decode(RFC_D), 0, pkcs8, prefix.length, 32);
        Path file =
                Files.writeString(
                        folder.resolve("rfc.key"),
                        "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n"
                                .formatted(Base64.getEncoder().encodeToString(pkcs8)));
        assertThat(
                        CompactJws.sign(
                                KeyFiles.privateKey(file),
                                jws.header().array(),
                                jws.payload().array()))
                .isEqualTo(RFC_JWS);
        assertThat(EnvelopeSigner.read(file).kid())
                .isEqualTo("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    @Test
    void whatWasSignedComesBackByteForByte() throws Exception {
        String jws = signer.sign(ENVELOPE);
        assertThat(keys.verified(jws)).isEqualTo(ENVELOPE);
        assertThat(CompactJws.parse(jws).header().utf8()).isEqualTo(header("EdDSA", "viw-command"));
    }

    @Test
    void noByteOfItMayBeAnother() {
        String jws = signer.sign(ENVELOPE);
        for (int i = 0; i < jws.length(); i++) {
            for (char other : new char[] {'A', 'Q', '_', '.', '=', '+', ' ', '\u00e9'}) {
                if (jws.charAt(i) != other) {
                    assertRefused(jws.substring(0, i) + other + jws.substring(i + 1), "");
                }
            }
            assertRefused(jws.substring(0, i), "");
            assertRefused(jws.substring(0, i) + jws.substring(i + 1), "");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "None", "NONE", "", "HS256", "ES256", "Ed25519", "eddsa"})
    void noOtherAlgorithmIsAccepted(String alg) {
        assertRefused(signed(header(alg, "viw-command")), "alg must be EdDSA");
        String unsigned = signed(header(alg, "viw-command"));
        assertRefused(unsigned.substring(0, unsigned.lastIndexOf('.') + 1), "alg must be EdDSA");
    }

    @Test
    void noOtherHeaderIsAcceptedThoughTheKeyIsRight() {
        assertRefused(signed(header("EdDSA", "JWT")), "typ must be viw-command");
        String exact = header("EdDSA", "viw-command");
        String open = exact.substring(0, exact.length() - 1);
        for (String more :
                List.of(
                        "\"crit\":[\"exp\"]",
                        "\"b64\":false",
                        "\"jwk\":{\"kty\":\"OKP\"}",
                        "\"jku\":\"https://keys.example\"",
                        "\"x5c\":[]",
                        "\"cty\":\"json\"")) {
            assertRefused(signed(open + "," + more + "}"), "alg, typ and kid and nothing else");
        }
        assertRefused(signed(open + ",\"alg\":\"none\"}"), "duplicate");
        assertRefused(signed("{\"alg\":\"EdDSA\",\"typ\":\"viw-command\"}"), "nothing else");
        assertRefused(signed("{\"alg\":\"EdDSA\",\"typ\":\"viw-command\",\"kid\":7}"), "else");
        assertRefused(signed("[]"), "JSON object");
        assertRefused(signed(""), "JSON object");
    }

    @Test
    void aSignatureByAnotherKeyCountsUnderNeitherName() throws Exception {
        KeyPair stranger = newPair();
        EnvelopeSigner other =
                EnvelopeSigner.read(pem("other.key", "PRIVATE KEY", stranger.getPrivate()));
        assertRefused(other.sign(ENVELOPE), "kid must name");
        byte[] trusted = header("EdDSA", "viw-command").getBytes(StandardCharsets.UTF_8);
        assertRefused(
                CompactJws.sign(stranger.getPrivate(), trusted, ENVELOPE.array()),
                "the signature must be");
    }

    @Test
    void theSameSignatureInASecondSpellingIsRefused() throws Exception {
        String jws = signer.sign(ENVELOPE);
        CompactJws parts = CompactJws.parse(jws);
        byte[] twin = parts.signature().array();
        addTheGroupsOrder(twin); // S + L: the same equation holds (RFC 8032, 8.4)
        assertRefused(parts.signingInput() + "." + URL.encodeToString(twin), "the signature");
        assertRefused(jws + "==", "base64url");
        assertRefused(jws + "\n", "base64url");
        assertRefused(jws + ".", "three parts");
    }

    private static void addTheGroupsOrder(byte[] signature) {
        BigInteger order =
                BigInteger.TWO
                        .pow(252)
                        .add(new BigInteger("27742317777372353535851937790883648493"));
        byte[] s = new byte[32];
        for (int i = 0; i < 32; i++) {
            s[i] = signature[63 - i];
        }
        byte[] sum = new BigInteger(1, s).add(order).toByteArray();
        for (int i = 0; i < 32; i++) {
            signature[32 + i] = i < sum.length ? sum[sum.length - 1 - i] : 0;
        }
    }

    @Test
    void duringARotationBothKeysCountAndAfterwardsOnlyTheNew() throws Exception {
        KeyPair next = newPair();
        EnvelopeSigner nextSigner =
                EnvelopeSigner.read(pem("next.key", "PRIVATE KEY", next.getPrivate()));
        Path trusted = Files.createDirectory(folder.resolve("trusted"));
        Path old = Files.copy(folder.resolve("a.pem"), trusted.resolve("2026.pem"));
        Files.copy(pem("b.pem", "PUBLIC KEY", next.getPublic()), trusted.resolve("2027.pem"));
        Files.writeString(trusted.resolve("README"), "not a key");
        VerifyKeys both = VerifyKeys.read(List.of(trusted));
        assertThat(both.kids()).containsExactlyInAnyOrder(signer.kid(), nextSigner.kid());
        assertThat(both.verified(signer.sign(ENVELOPE))).isEqualTo(ENVELOPE);
        assertThat(both.verified(nextSigner.sign(ENVELOPE))).isEqualTo(ENVELOPE);
        Files.delete(old);
        keys = VerifyKeys.read(List.of(trusted));
        assertThat(keys.verified(nextSigner.sign(ENVELOPE))).isEqualTo(ENVELOPE);
        assertRefused(signer.sign(ENVELOPE), "kid must name");
        Path bundle = pem("both.pem", "PUBLIC KEY", pair.getPublic(), next.getPublic());
        assertThat(VerifyKeys.read(List.of(bundle)).kids()).isEqualTo(both.kids());
    }

    @Test
    void saysWhatAFileMustHold() throws Exception {
        KeyPair rsa = KeyPairGenerator.getInstance("RSA").generateKeyPair();
        KeyPair ed448 = KeyPairGenerator.getInstance("Ed448").generateKeyPair();
        Path privateKey = pem("p.key", "PRIVATE KEY", pair.getPrivate());
        Path empty = Files.writeString(folder.resolve("empty.pem"), "");
        assertMistake(folder.resolve("none.pem"), "must be a file that can be read");
        assertMistake(privateKey, "must hold PUBLIC KEY, not PRIVATE KEY");
        assertMistake(empty, "must hold PUBLIC KEYs");
        assertMistake(pem("rsa.pem", "PUBLIC KEY", rsa.getPublic()), "Ed25519");
        assertMistake(pem("448.pem", "PUBLIC KEY", ed448.getPublic()), "Ed25519");
        Path rsaKey = pem("rsa.key", "PRIVATE KEY", rsa.getPrivate());
        assertThatThrownBy(() -> EnvelopeSigner.read(rsaKey)).hasMessageContaining("Ed25519");
        assertThatThrownBy(() -> EnvelopeSigner.read(folder.resolve("a.pem")))
                .hasMessageContaining("must hold PRIVATE KEY, not PUBLIC KEY");
        assertThatThrownBy(() -> EnvelopeSigner.read(empty))
                .hasMessageContaining("must hold one PRIVATE KEY");
    }

    private static void assertMistake(Path file, String problem) {
        assertThatThrownBy(() -> VerifyKeys.read(List.of(file)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(problem);
    }
}
