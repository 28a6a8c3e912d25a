package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.viworks.admin.authority.FileAuthority;
import io.viworks.admin.authority.IssuedCertificate;
import io.viworks.admin.authority.IssuingAuthority.AuthorityEnded;
import io.viworks.admin.authority.IssuingAuthority.Revoked;
import io.viworks.admin.authority.Pem;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.handshake.HandshakeSignature;
import io.viworks.service.BadConfiguration;
import io.viworks.service.Services;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An authority in two files: which ones are taken, and what those issue. */
final class AuthorityFilesTest {
    private static final Duration LIFE = Duration.ofDays(90);
    private final Instant now = Instant.now();
    private final Instant later = now.plus(Duration.ofDays(3650));

    @TempDir private Path folder;

    private FileAuthority read(TestAuthority files) throws IOException {
        return FileAuthority.read(files.certificateFile(), files.keyFile(), LIFE, now);
    }

    private IssuedCertificate issue(FileAuthority authority) {
        return authority.issue(
                AgentId.of("gw-1"),
                Bytes.of(HandshakeSignature.raw(Enrolling.newKey().getPublic())),
                now);
    }

    private static X509Certificate first(IssuedCertificate issued) throws Exception {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(
                                new ByteArrayInputStream(
                                        issued.pem().getBytes(StandardCharsets.US_ASCII)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"EC", "RSA", "Ed25519"})
    void issuesAndRevokesWithAnyKindOfKey(String algorithm) throws Exception {
        TestAuthority files = TestAuthority.in(folder, algorithm, later);
        FileAuthority authority = read(files);

        IssuedCertificate issued = issue(authority);

        X509Certificate certificate = first(issued);
        certificate.verify(files.certificate().getPublicKey());
        certificate.checkValidity();
        assertThat(certificate.getSerialNumber())
                .isEqualTo(new BigInteger(issued.serial().array()));
        Bytes der =
                authority.revocationList(
                        7,
                        List.of(new Revoked(issued.serial(), now)),
                        now,
                        now.plus(Duration.ofDays(7)));
        X509CRL list =
                (X509CRL)
                        CertificateFactory.getInstance("X.509")
                                .generateCRL(new ByteArrayInputStream(der.array()));
        list.verify(files.certificate().getPublicKey());
        assertThat(list.isRevoked(certificate)).isTrue();
        assertThat(list.isRevoked(first(issue(authority)))).isFalse();
    }

    @Test
    void readsKeysAsOpensslWritesThem() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/openssl")), "openssl is not installed");
        Path key = folder.resolve("old.key");
        Path certificate = folder.resolve("old.pem");
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", key.toString());
        openssl(
                "req",
                "-x509",
                "-new",
                "-key",
                key.toString(),
                "-subj",
                "/O=Acme/CN=Own CA",
                "-addext",
                "keyUsage=critical,keyCertSign,cRLSign",
                "-out",
                certificate.toString());
        assertThat(Files.readString(key)).contains("EC PARAMETERS", "EC PRIVATE KEY");

        // It is good from when it was made on, which was after this test began.
        assertThat(first(issue(FileAuthority.read(certificate, key, LIFE, Instant.now()))))
                .extracting(issued -> issued.getIssuerX500Principal().getName())
                .isEqualTo("CN=Own CA,O=Acme");

        Path locked = folder.resolve("locked.key");
        openssl(
                "pkcs8",
                "-topk8",
                "-in",
                key.toString(),
                "-passout",
                "pass:geheim",
                "-out",
                locked.toString());
        assertThatThrownBy(() -> FileAuthority.read(certificate, locked, LIFE, now))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("locked by a passphrase");
    }

    private static void openssl(String... arguments) throws Exception {
        List<String> command = new java.util.ArrayList<>(List.of("/usr/bin/openssl"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    @Test
    void refusesAKeyOfAnotherCertificate() {
        TestAuthority one = TestAuthority.in(folder);
        TestAuthority other = TestAuthority.in(folder);
        assertThatThrownBy(
                        () -> FileAuthority.read(one.certificateFile(), other.keyFile(), LIFE, now))
                .hasMessageContaining("is not the key of the first certificate in");
        TestAuthority rsa = TestAuthority.in(folder, "RSA", later);
        assertThatThrownBy(
                        () -> FileAuthority.read(one.certificateFile(), rsa.keyFile(), LIFE, now))
                .hasMessageContaining("is not the key of the first certificate in");
    }

    @Test
    void refusesOneThatIsOver() {
        TestAuthority over = TestAuthority.in(folder, "EC", now.minus(Duration.ofMinutes(1)));
        assertThatThrownBy(() -> read(over)).hasMessageContaining("ended at");
    }

    @Test
    void refusesACertificateThatIsNoAuthority() {
        KeyPair pair = TestAuthority.key("EC");
        TestAuthority leaf =
                TestAuthority.write(
                        folder,
                        pair,
                        TestAuthority.certificate(pair, pair, "CN=leaf", false, later));
        assertThatThrownBy(() -> read(leaf)).hasMessageContaining("CA:TRUE");
    }

    @Test
    void refusesAChainOfStrangers() throws Exception {
        TestAuthority own = TestAuthority.in(folder);
        TestAuthority stranger = TestAuthority.in(folder);
        Files.writeString(
                own.certificateFile(),
                Files.readString(stranger.certificateFile()),
                java.nio.file.StandardOpenOption.APPEND);
        assertThatThrownBy(() -> read(own)).hasMessageContaining("issued by the one that stands");
    }

    @Test
    void refusesFilesWithSomethingElse() throws Exception {
        TestAuthority own = TestAuthority.in(folder);
        Path empty = Files.writeString(folder.resolve("empty"), "");
        Path broken =
                Files.writeString(
                        folder.resolve("broken"), Pem.encode("PRIVATE KEY", new byte[] {1, 2, 3}));
        assertThatThrownBy(() -> FileAuthority.read(empty, own.keyFile(), LIFE, now))
                .hasMessageContaining("must hold");
        assertThatThrownBy(() -> FileAuthority.read(own.certificateFile(), empty, LIFE, now))
                .hasMessageContaining("must hold a private key");
        assertThatThrownBy(() -> FileAuthority.read(own.certificateFile(), broken, LIFE, now))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(
                        () -> FileAuthority.read(folder.resolve("none"), own.keyFile(), LIFE, now))
                .hasMessageContaining("cannot be read");
    }

    @Test
    void issuesNothingOnceItIsOver() throws Exception {
        TestAuthority files = TestAuthority.in(folder, "EC", now.plus(Duration.ofHours(1)));
        FileAuthority authority = read(files);
        assertThatThrownBy(() ->
                        authority.issue(
                                AgentId.of("gw-1"),
                                Bytes.of(HandshakeSignature.raw(Enrolling.newKey().getPublic())),
                                now.plus(Duration.ofHours(2))))
                .isInstanceOf(AuthorityEnded.class);
    }

    @Test
    void stopsTheStartWithAllThatIsWrong() {
        TestAuthority own = TestAuthority.in(folder);
        TestAuthority other = TestAuthority.in(folder);
        assertThatThrownBy(() ->
                        start(
                                "--VIW_CA_CERT_FILE=" + own.certificateFile(),
                                "--VIW_CA_KEY_FILE=" + other.keyFile(),
                                "--VIW_AGENT_CERT_LIFE=1s",
                                "--VIW_ENROL_RATE=0"))
                .isInstanceOf(BadConfiguration.class)
                .hasMessageContainingAll(
                        "is not the key of", "VIW_AGENT_CERT_LIFE", "VIW_ENROL_RATE");
        assertThatThrownBy(() -> start("--VIW_CA_CERT_FILE=" + own.certificateFile()))
                .hasMessageContaining("VIW_CA_CERT_FILE and VIW_CA_KEY_FILE must be set together");
        assertThatThrownBy(() -> start("--VIW_CA_CRL_FILE=/tmp/none.pem"))
                .hasMessageContaining("VIW_CA_CRL_FILE must be set with VIW_CA_CERT_FILE only");
    }

    private static void start(String... settings) {
        var _ =
                Services.run(
                        "admin-api",
                        AdminApi.class,
                        AdminSettings.class,
                        AdminSettings::from,
                        settings);
    }
}
