package io.viworks.agent.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.viworks.agent.connection.FakeBridge.Peer;
import io.viworks.agent.identity.ClientCertificate;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Objects;
import java.util.Set;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates made for the test, on a real TLS socket. */
class TlsTest {
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir Path folder;

    private record Identity(KeyStore store, Path certificate, Path key) {}

    private Identity identity(String name, String algorithm, String subjectAlternative)
            throws Exception {
        Path file = folder.resolve(name + ".p12");
        Process keytool =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-alias",
                                name,
                                "-keyalg",
                                algorithm,
                                "-dname",
                                "CN=" + name,
                                "-ext",
                                "san=" + subjectAlternative,
                                "-keystore",
                                file.toString(),
                                "-storepass",
                                new String(PASSWORD))
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("keytool.log").toFile())
                        .start();
        assertThat(keytool.waitFor()).isZero();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        Key key = Objects.requireNonNull(store.getKey(name, PASSWORD));
        return new Identity(
                store,
                pem(name + ".crt", "CERTIFICATE", store.getCertificate(name).getEncoded()),
                pem(name + ".key", "PRIVATE KEY", key.getEncoded()));
    }

    private Path pem(String name, String type, byte[] der) throws IOException {
        String body =
                Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                        .encodeToString(der);
        return Files.writeString(
                folder.resolve(name),
                "-----BEGIN %s-----%n%s%n-----END %s-----%n".formatted(type, body, type));
    }

    private static FakeBridge bridge(Identity server, Identity trusted)
            throws IOException, GeneralSecurityException {
        KeyManagerFactory keys =
                KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(server.store(), PASSWORD);
        KeyStore anchors = KeyStore.getInstance("PKCS12");
        anchors.load(null, null);
        String name = trusted.store().aliases().nextElement();
        anchors.setCertificateEntry(name, trusted.store().getCertificate(name));
        TrustManagerFactory trust =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(anchors);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        SSLServerSocket socket =
                (SSLServerSocket)
                        context.getServerSocketFactory()
                                .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        socket.setNeedClientAuth(true);
        return new FakeBridge("wss", socket);
    }

    @Test
    void showsItsCertificateToABridgeItTrusts() throws Exception {
        Identity server = identity("bridge", "EC", "ip:127.0.0.1");
        for (String algorithm : new String[] {"EC", "RSA"}) {
            Identity agent = identity("gateway-" + algorithm, algorithm, "dns:gateway-1");
            Path home = Files.createDirectory(folder.resolve(algorithm));
            try (FakeBridge bridge = bridge(server, agent);
                    Rig rig = new Rig(home, bridge.url())) {
                rig.with("TRUST_BUNDLE", server.certificate())
                        .with("CERT_PATH", agent.certificate())
                        .with("KEY_PATH", agent.key())
                        .start();
                Peer peer = bridge.nextWelcomed();
                peer.expect("TELEMETRY");
            }
        }
    }

    @Test
    void doesNotSpeakWithAnybodyElse() throws Exception {
        Identity server = identity("bridge", "EC", "ip:127.0.0.1");
        Identity other = identity("other", "EC", "ip:127.0.0.1");
        Identity elsewhere = identity("elsewhere", "EC", "dns:bridge.example");
        assertRefused(server, other, "unknown");
        assertRefused(elsewhere, elsewhere, "name");
    }

    /** The server shows one certificate, the agent trusts another, or finds another name in it. */
    private void assertRefused(Identity shown, Identity trusted, String folderName)
            throws Exception {
        Path home = Files.createDirectory(folder.resolve(folderName));
        try (FakeBridge bridge = bridge(shown, shown);
                Rig rig = new Rig(home, bridge.url())) {
            rig.with("TRUST_BUNDLE", trusted.certificate()).start();
            await().until(() -> rig.logged("connect_failed").size() >= 2);
            assertThat(rig.logged("connect_failed").getFirst().path("error").asString(""))
                    .contains("SSLHandshakeException");
            assertThat(bridge.attempts()).isZero();
        }
    }

    @Test
    void speaksOnlyWithAKeyThatIsPinned() throws Exception {
        Identity server = identity("bridge", "EC", "ip:127.0.0.1");
        Identity spare = identity("spare", "EC", "ip:127.0.0.1");
        Identity other = identity("other", "EC", "ip:127.0.0.1");
        Path home = Files.createDirectory(folder.resolve("pinned"));
        try (FakeBridge bridge = bridge(server, server);
                Rig rig = new Rig(home, bridge.url())) {
            rig.with("TRUST_BUNDLE", server.certificate())
                    .with("CERT_PATH", server.certificate())
                    .with("KEY_PATH", server.key())
                    .with("BACKEND_SPKI_PIN", pin(spare) + "," + pin(other))
                    .start();
            await().until(() -> rig.logged("connect_failed").size() >= 2);
            assertThat(rig.logged("connect_failed").getFirst().path("error").asString(""))
                    .contains("backend_spki_pin names neither the server's " + pin(server));
            assertThat(bridge.attempts()).isZero();
            rig.stop();
            rig.with("BACKEND_SPKI_PIN", pin(spare) + "," + pin(server)).start();
            bridge.nextWelcomed().expect("TELEMETRY");
        }
    }

    private static String pin(Identity identity) throws Exception {
        String name = identity.store().aliases().nextElement();
        return PinnedTrust.pin((X509Certificate) identity.store().getCertificate(name));
    }

    @Test
    void saysWhichFileIsNotWhatItShouldBe() throws Exception {
        Path text = Files.writeString(folder.resolve("text"), "not PEM");
        assertThatThrownBy(() -> Tls.context(text, Set.of(), null))
                .hasMessage(text + " must hold certificates in PEM");
        Identity agent = identity("gateway-1", "EC", "dns:gateway-1");
        assertThatThrownBy(() -> ClientCertificate.read(agent.certificate(), text))
                .hasMessage(text + " must hold a PKCS#8 private key in PEM");
    }
}
