package io.viworks.protocol.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.protocol.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Key files as the JDK's keytool and as PEM tools write them. */
class SigningKeysTest {
    private static final String PASSWORD = "correct horse battery";
    private static final Bytes ENVELOPE = Bytes.utf8("{\"n\":1}");

    @TempDir Path folder;

    private Path store(String name, String algorithm, String... aliases) throws Exception {
        Path file = folder.resolve(name);
        for (String alias : aliases) {
            Process keytool =
                    new ProcessBuilder(
                                    Path.of(System.getProperty("java.home"), "bin", "keytool")
                                            .toString(),
                                    "-genkeypair",
                                    "-keyalg",
                                    algorithm,
                                    "-alias",
                                    alias,
                                    "-dname",
                                    "CN=signing",
                                    "-storetype",
                                    "PKCS12",
                                    "-keystore",
                                    file.toString(),
                                    "-storepass",
                                    PASSWORD)
                            .redirectErrorStream(true)
                            .start();
            String said =
                    new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(keytool.exitValue()).as(said).isZero();
        }
        return file;
    }

    private static SigningKeys read(Path file, String alias) throws IOException {
        return SigningKeys.read(file, Optional.of(PASSWORD), Optional.of(alias));
    }

    @Test
    void signsWithTheKeyOfAnAliasAndAnnouncesTheOthers() throws Exception {
        Path file = store("keys.p12", "Ed25519", "Autumn", "winter");
        SigningKeys before = read(file, "autumn");
        SigningKeys after = read(file, "winter");
        assertThat(before.announced()).hasSize(2);
        assertThat(before.announced().getFirst().signs()).isTrue();
        assertThat(before.announced().getLast().signs()).isFalse();
        assertThat(before.signer().kid()).isEqualTo(before.announced().getFirst().kid());
        assertThat(after.signer().kid()).isEqualTo(before.announced().getLast().kid());
        // What was announced before the change verifies what is signed after it.
        List<Path> places = new ArrayList<>();
        for (SigningKeys.Announced key : before.announced()) {
            places.add(Files.writeString(folder.resolve(key.kid() + ".pem"), key.publicKey()));
        }
        VerifyKeys agent = VerifyKeys.read(places);
        assertThat(agent.verified(before.signer().sign(ENVELOPE))).isEqualTo(ENVELOPE);
        assertThat(agent.verified(after.signer().sign(ENVELOPE))).isEqualTo(ENVELOPE);
    }

    @Test
    void needsNoAliasForTheOnlyKey() throws Exception {
        Path file = store("one.pfx", "Ed25519", "only");
        SigningKeys keys = SigningKeys.read(file, Optional.of(PASSWORD), Optional.empty());
        assertThat(keys.announced()).hasSize(1);
    }

    @Test
    void saysWhatIsWrongWithAStoreAndNeverThePassword() throws Exception {
        Path several = store("several.p12", "Ed25519", "a", "b");
        Path rsa = store("rsa.p12", "RSA", "a");
        Path broken = Files.writeString(folder.resolve("broken.p12"), "no store");
        assertThatThrownBy(() -> SigningKeys.read(several, Optional.of(PASSWORD), Optional.empty()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("several keys")
                .hasMessageContaining("[a, b]");
        assertThatThrownBy(() -> read(several, "c")).hasMessageContaining("[a, b]");
        assertThatThrownBy(() -> SigningKeys.read(several, Optional.empty(), Optional.of("a")))
                .hasMessageContaining("password");
        assertThatThrownBy(() ->
                        SigningKeys.read(several, Optional.of("wrong-secret"), Optional.of("a")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("that the password opens")
                .hasMessageNotContaining("wrong-secret");
        assertThatThrownBy(() -> read(rsa, "a")).hasMessageContaining("Ed25519");
        assertThatThrownBy(() -> read(broken, "a")).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> read(folder.resolve("absent.p12"), "a"))
                .hasMessageContaining("file that can be read");
    }

    @Test
    void signsWithTheFirstKeyOfAPemFile() throws Exception {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 2; i++) {
            text.append("-----BEGIN PRIVATE KEY-----\n")
                    .append(
                            Base64.getMimeEncoder()
                                    .encodeToString(
                                            KeyPairGenerator.getInstance("Ed25519")
                                                    .generateKeyPair()
                                                    .getPrivate()
                                                    .getEncoded()))
                    .append("\n-----END PRIVATE KEY-----\n");
        }
        Path file = Files.writeString(folder.resolve("keys.pem"), text);
        SigningKeys keys = SigningKeys.read(file, Optional.empty(), Optional.empty());
        assertThat(keys.announced()).hasSize(2);
        assertThat(keys.signer().kid()).isEqualTo(keys.announced().getFirst().kid());
        assertThatThrownBy(() -> read(file, "a")).hasMessageContaining("alias");
    }
}
