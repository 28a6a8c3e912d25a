package io.viworks.agent.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.viworks.agent.config.ConfigMistakes;
import io.viworks.agent.connection.FakeBridge.Peer;
import io.viworks.agent.connection.TestAuthority.Certified;
import io.viworks.agent.connection.TestAuthority.Guests;
import io.viworks.agent.connection.TestAuthority.KeyFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Certificates that people provide, and servers the agent does not trust, on real TLS sockets. */
class TlsTest {
    private static final StandardCopyOption REPLACE = StandardCopyOption.REPLACE_EXISTING;
    private static final Duration YEAR = Duration.ofDays(365);

    @TempDir Path folder;
    private TestAuthority authority;
    private Guests guests;
    private FakeBridge bridge;
    private Rig rig;

    @BeforeEach
    void prepare() throws Exception {
        authority = new TestAuthority("site");
        guests = new Guests(authority);
        serve(authority.server(), true);
    }

    /** A bridge with this certificate, and an agent that trusts the authority. */
    private void serve(Certified server, boolean certificatesRequired) throws Exception {
        if (bridge != null) {
            end();
        }
        bridge = TestAuthority.bridge(server, guests, certificatesRequired);
        rig = new Rig(folder, bridge.url()).with("TRUST_BUNDLE", authority.bundle(folder));
    }

    private Rig showing(Certified agent) throws Exception {
        KeyFiles files = agent.in(folder, "gateway");
        return rig.with("CERT_PATH", files.certificate()).with("KEY_PATH", files.key());
    }

    @AfterEach
    void end() throws Exception {
        rig.close();
        bridge.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"EC", "RSA", "Ed25519"})
    void showsItsCertificateToABridgeItTrusts(String algorithm) throws Exception {
        Certified agent = authority.agent(algorithm, YEAR);
        showing(agent).start();
        Peer peer = bridge.nextWelcomed();
        peer.expect("TELEMETRY");
        assertThat(peer.header("x-agent-auth")).as("with both it sends both").hasSize(64);
        assertThat(guests.seen()).containsOnly(agent.leaf());
    }

    @Test
    void provesItselfByItsCertificateAlone() throws Exception {
        showing(authority.agent("EC", YEAR)).without("SHARED_SECRET_FILE").start();
        Peer peer = bridge.nextWelcomed();
        assertThat(peer.header("x-agent-id")).isEqualTo("gateway-1");
        assertThat(peer.header("x-timestamp")).isNotEmpty();
        assertThat(peer.header("x-nonce")).hasSize(36);
        assertThat(peer.header("x-agent-auth") + peer.header("x-agent-signature")).isEmpty();
        peer.expect("TELEMETRY");
    }

    @Test
    void readsItsCertificateAgainOnceItIsAnother() throws Exception {
        Certified first = authority.agent("EC", YEAR);
        Certified second = authority.agent("RSA", YEAR);
        showing(first).start();
        Peer peer = bridge.nextWelcomed();
        Path fresh = Files.createDirectory(folder.resolve("fresh"));
        KeyFiles files = second.in(fresh, "gateway");
        Files.move(files.certificate(), folder.resolve("gateway.crt"), REPLACE);
        peer.reset();
        Peer between = bridge.nextWelcomed();
        assertThat(rig.logged("tls_files_unusable").getFirst().path("error").asString(""))
                .contains("gateway.key must hold the key of the first certificate in");
        assertThat(guests.seen())
                .as("the old pair, while half of the new is there")
                .containsOnly(first.leaf());
        Files.move(files.key(), folder.resolve("gateway.key"), REPLACE);
        between.reset();
        bridge.nextWelcomed().expect("TELEMETRY");
        assertThat(guests.seen().getLast()).isEqualTo(second.leaf());
    }

    @Test
    void saysThatItsCertificateHasExpired() throws Exception {
        showing(authority.agent("EC", Duration.ofDays(-1))).start();
        await().until(() -> !rig.logged("connect_failed").isEmpty());
        assertThat(rig.logged("certificate_expired").getFirst().path("path").asString(""))
                .endsWith("gateway.crt");
        assertThat(bridge.attempts()).isZero();
        Path fresh = Files.createDirectory(folder.resolve("fresh"));
        KeyFiles files = authority.agent("EC", YEAR).in(fresh, "gateway");
        Files.move(files.certificate(), folder.resolve("gateway.crt"), REPLACE);
        Files.move(files.key(), folder.resolve("gateway.key"), REPLACE);
        bridge.nextWelcomed();
    }

    @Test
    void refusesFilesThatAreNotWhatTheyShouldBe() throws Exception {
        KeyFiles one = authority.agent("EC", YEAR).in(folder, "one");
        KeyFiles other = authority.agent("EC", YEAR).in(folder, "other");
        assertMistake(one.certificate(), other.key(), "other.key must hold the key of the first");
        Path text = Files.writeString(folder.resolve("text"), "not PEM");
        assertMistake(text, one.key(), "text must hold certificates in PEM");
        close(text);
        assertMistake(one.certificate(), text, "text must hold a PKCS#8 private key in PEM");
        Files.writeString(text, "-----BEGIN EC PRIVATE KEY-----\n");
        assertMistake(one.certificate(), text, "openssl pkcs8 -topk8");
        Files.writeString(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
        assertMistake(one.certificate(), text, "without a password");
        Path disordered =
                Files.writeString(
                        folder.resolve("disordered"),
                        Files.readString(one.certificate())
                                + Files.readString(other.certificate()));
        assertMistake(disordered, one.key(), "disordered must hold each certificate before the");
        Files.setPosixFilePermissions(one.key(), PosixFilePermissions.fromString("rw-r--r--"));
        assertMistake(one.certificate(), one.key(), "one.key must be closed to others");
        rig.without("CERT_PATH").without("KEY_PATH").with("TRUST_BUNDLE", text);
        assertThatThrownBy(rig::start).hasMessage(text + " must hold certificates in PEM");
    }

    private static void close(Path file) throws Exception {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private void assertMistake(Path certificate, Path key, String what) {
        assertThatThrownBy(() -> rig.with("CERT_PATH", certificate).with("KEY_PATH", key).start())
                .isInstanceOf(ConfigMistakes.class)
                .hasMessageContaining(what)
                .hasMessageNotContaining("BEGIN");
    }

    @Test
    void doesNotSpeakWithAnybodyElse() throws Exception {
        serve(new TestAuthority("other").server(), true);
        assertRefused("SSLHandshakeException");
        serve(authority.serverElsewhere(), true);
        assertRefused("SSLHandshakeException");
    }

    /** Nothing of the agent goes out: no request, and no certificate either. */
    private void assertRefused(String why) throws Exception {
        showing(authority.agent("EC", YEAR)).start();
        await().until(() -> rig.logged("connect_failed").size() >= 2);
        assertThat(rig.logged("connect_failed").getFirst().path("error").asString(""))
                .contains(why);
        assertThat(bridge.attempts()).isZero();
        assertThat(guests.seen()).isEmpty();
        rig.stop();
    }

    private static String pin(X509Certificate certificate) {
        return PinnedTrust.pin(certificate);
    }

    @Test
    void speaksOnlyWithAKeyThatIsPinned() throws Exception {
        Certified server = authority.server();
        serve(server, true);
        String spare = pin(authority.server().leaf());
        rig.with("BACKEND_SPKI_PIN", spare + "," + pin(authority.server().leaf()));
        assertRefused("backend_spki_pin names neither the server's " + pin(server.leaf()));
        rig.with("BACKEND_SPKI_PIN", spare + "," + pin(server.leaf())).start();
        bridge.nextWelcomed().expect("TELEMETRY");
    }

    @Test
    void anAuthorityCanBePinnedToo() throws Exception {
        Certified server = authority.serverOfIntermediate();
        serve(server, true);
        String spare = pin(authority.server().leaf());
        for (X509Certificate pinned : server.chain()) {
            showing(authority.agent("EC", YEAR))
                    .with("BACKEND_SPKI_PIN", spare + "," + pin(pinned))
                    .start();
            bridge.nextWelcomed().expect("TELEMETRY");
            rig.stop();
        }
    }

    @Test
    void aCertificateThatMerelyStandsBesideDoesNotCount() throws Exception {
        Certified server = authority.server();
        X509Certificate stranger = new TestAuthority("stranger").certificate();
        serve(
                new Certified(
                        server.keys(), List.of(server.leaf(), authority.certificate(), stranger)),
                true);
        rig.with("BACKEND_SPKI_PIN", pin(stranger) + "," + pin(authority.server().leaf()));
        assertRefused("backend_spki_pin names neither");
    }

    @Test
    void aPinDoesNotStandForTheName() throws Exception {
        Certified elsewhere = authority.serverElsewhere();
        serve(elsewhere, true);
        rig.with("BACKEND_SPKI_PIN", pin(elsewhere.leaf()) + "," + pin(authority.certificate()));
        assertRefused("SSLHandshakeException");
    }
}
