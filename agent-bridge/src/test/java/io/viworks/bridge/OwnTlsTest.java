package io.viworks.bridge;

import static io.viworks.bridge.Handshakes.refused;
import static io.viworks.bridge.TestAuthority.Certificate.forAgent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.Keys;
import io.viworks.bridge.BridgeFixture.Bridge;
import io.viworks.bridge.TestAuthority.Certificate;
import io.viworks.patience.Patience;
import io.viworks.testkit.ScriptedAgent;
import io.viworks.testkit.ScriptedHandshake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bridge ends the TLS itself, asks for certificates, and changes its own without a restart. */
class OwnTlsTest {
    private static final TestAuthority AGENTS = TestAuthority.named("CN=Agents");
    private static final TestAuthority OTHERS = TestAuthority.named("CN=Others");
    private static final TestAuthority SERVERS = TestAuthority.named("CN=Servers");

    @TempDir private Path files;
    private BridgeFixture fixture;
    private Bridge bridge;
    private X509Certificate server;
    private final KeyPair agentKeys = TestAuthority.newKeys("Ed25519");
    private final X509Certificate agent = AGENTS.issue(forAgent("gw-1", agentKeys));

    @BeforeEach
    void start() {
        fixture = BridgeFixture.onShared();
        fixture.publish(fixture.certified("gw-1", agent));
        server = exchangeServer();
        write("ca.pem", TestAuthority.pem(AGENTS.certificate));
        bridge = bridge("AGENT_BRIDGE_AUTH=mtls");
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    private Bridge bridge(String mode) {
        return fixture.bridge(
                mode,
                "AGENT_CA_BUNDLE=" + files.resolve("ca.pem"),
                "AGENT_BRIDGE_TLS_CERT_FILE=" + files.resolve("server.pem"),
                "AGENT_BRIDGE_TLS_KEY_FILE=" + files.resolve("server.key"));
    }

    private void write(String name, String text) {
        try {
            Files.writeString(files.resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gives the bridge another key and certificate. */
    private X509Certificate exchangeServer() {
        KeyPair keys = TestAuthority.newKeys("EC");
        X509Certificate issued =
                SERVERS.issue(
                        Certificate.of("CN=bridge.test", keys)
                                .dns("bridge.test")
                                .ip("127.0.0.1")
                                .purposes(KeyPurposeId.id_kp_serverAuth));
        write("server.key", TestAuthority.pem(keys.getPrivate()));
        write("server.pem", TestAuthority.pem(issued, SERVERS.certificate));
        return issued;
    }

    /** A client that trusts the servers' authority, with a certificate of its own or none. */
    private static SSLContext client(KeyPair keys, X509Certificate... chain) {
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("servers", SERVERS.certificate);
            TrustManagerFactory trust =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            KeyManager[] own = {};
            if (chain.length > 0) {
                KeyStore mine = KeyStore.getInstance("PKCS12");
                mine.load(null, null);
                mine.setKeyEntry("agent", keys.getPrivate(), new char[0], chain);
                KeyManagerFactory factory =
                        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
                factory.init(mine, new char[0]);
                own =
                        new KeyManager[] {
                            new Insistent((X509ExtendedKeyManager) factory.getKeyManagers()[0])
                        };
            }
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(own, trust.getTrustManagers(), new SecureRandom());
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Shows its certificate whether the server names its issuer or not. */
    private static final class Insistent extends X509ExtendedKeyManager {
        private final X509ExtendedKeyManager own;

        Insistent(X509ExtendedKeyManager own) {
            this.own = own;
        }

        @Override
        public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
            return "agent";
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return own.getCertificateChain(alias);
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return own.getPrivateKey(alias);
        }

        @Override
        public String[] getClientAliases(String type, Principal[] issuers) {
            return new String[] {"agent"};
        }

        @Override
        public String[] getServerAliases(String type, Principal[] issuers) {
            return new String[0];
        }

        @Override
        public @Nullable String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            return null;
        }
    }

    private ScriptedHandshake shown(SSLContext context) {
        return ScriptedHandshake.to(bridge.port(), "gw-1").tls(context, "127.0.0.1");
    }

    /** What the bridge shows of itself to a client that begins now. */
    private X509Certificate shownByBridge(String name, String... protocols) throws IOException {
        try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), bridge.port());
                SSLSocket socket =
                        (SSLSocket)
                                client(agentKeys)
                                        .getSocketFactory()
                                        .createSocket(plain, name, bridge.port(), true)) {
            if (protocols.length > 0) {
                socket.setEnabledProtocols(protocols);
            }
            socket.setSoTimeout(Math.toIntExact(Patience.LONGEST.toMillis()));
            socket.startHandshake();
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    @Test
    void letsAnAgentInByTheCertificateItShows() {
        bridge.keep(shown(client(agentKeys, agent)).open()).join();

        assertThat(fixture.records(Keys.AGENT_HELLO, "HELLO", "gw-1").getLast())
                .containsEntry("auth", "cert")
                .containsEntry("credential", "sha256:" + TestAuthority.fingerprint(agent));
    }

    @Test
    void answersWhoShowsNone() {
        refused(shown(client(agentKeys)).answer(), 401, "certificate_required");
        refused(
                shown(client(agentKeys))
                        .header("X-SSL-Client-Verify", "SUCCESS")
                        .header("X-SSL-Client-Cert", TestAuthority.escaped(agent))
                        .answer(),
                401,
                "certificate_required");
    }

    @Test
    void refusesWhatIsNotTheAgentsOrNotEnrolled() {
        KeyPair keys = TestAuthority.newKeys("Ed25519");
        X509Certificate other = AGENTS.issue(forAgent("gw-2", keys));
        refused(shown(client(keys, other)).answer(), 403, "certificate_mismatch");
        X509Certificate unknown = AGENTS.issue(forAgent("gw-1", keys));
        refused(shown(client(keys, unknown)).answer(), 403, "certificate_mismatch");
    }

    @Test
    void endsTheTlsOfWhomItDoesNotTrust() {
        KeyPair keys = TestAuthority.newKeys("Ed25519");
        X509Certificate foreign = OTHERS.issue(forAgent("gw-1", keys));
        X509Certificate expired =
                AGENTS.issue(forAgent("gw-1", keys).until(Instant.now().minusSeconds(5)));
        for (X509Certificate wrong : new X509Certificate[] {foreign, expired}) {
            fixture.change(fixture.certified("gw-1", agent, wrong));
            assertThatThrownBy(() -> shown(client(keys, wrong)).answer())
                    .isInstanceOf(UncheckedIOException.class);
        }
        bridge.keep(shown(client(agentKeys, agent)).open()).join();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "bridge.test"})
    void exchangesItsOwnCertificateWhileSessionsLive(String name) throws IOException {
        ScriptedAgent live = bridge.keep(shown(client(agentKeys, agent)).open());
        live.join();
        assertThat(shownByBridge(name)).isEqualTo(server);

        X509Certificate next = exchangeServer();

        await().until(() -> shownByBridge(name).equals(next));
        live.send(live.json("PING"));
        live.next("PONG");
        assertThat(live.closedSoFar()).isEmpty();
    }

    @Test
    void keepsItsCertificateWhileTheFilesAreWrongAndTakesTheNextRightOne() throws IOException {
        write("server.key", "half a k");
        await().during(Duration.ofSeconds(4))
                .until(() -> shownByBridge("127.0.0.1").equals(server));

        X509Certificate next = exchangeServer();

        await().until(() -> shownByBridge("127.0.0.1").equals(next));
    }

    @Test
    void trustsAnAuthorityThatComesLater() {
        KeyPair keys = TestAuthority.newKeys("Ed25519");
        X509Certificate foreign = OTHERS.issue(forAgent("gw-1", keys));
        fixture.change(fixture.certified("gw-1", agent, foreign));

        write("ca.pem", TestAuthority.pem(AGENTS.certificate, OTHERS.certificate));

        await().ignoreExceptions()
                .until(() -> shown(client(keys, foreign)).answer().status() == 101);
        assertThat(shown(client(agentKeys, agent)).answer().status()).isEqualTo(101);
    }

    @Test
    void speaksNothingOlderThanTls12() throws IOException {
        assertThat(shownByBridge("127.0.0.1", "TLSv1.2")).isEqualTo(server);
        assertThat(shownByBridge("127.0.0.1", "TLSv1.3")).isEqualTo(server);
        assertThatThrownBy(() -> shownByBridge("127.0.0.1", "TLSv1.1"))
                .isInstanceOf(SSLException.class);
    }

    @Test
    void asksForNoCertificateInModesWithout() {
        bridge = bridge("AGENT_BRIDGE_AUTH=hmac");

        ScriptedAgent plain = bridge.handshake("gw-7").tls(client(agentKeys), "127.0.0.1").open();

        bridge.keep(plain).join();
    }

    @Test
    void isNoPlainServerAnyMore() {
        assertThatThrownBy(() -> ScriptedHandshake.to(bridge.port(), "gw-1").answer())
                .isInstanceOf(UncheckedIOException.class);
    }
}
