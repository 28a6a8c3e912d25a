package io.viworks.agent.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.agent.connection.FakeBridge.Peer;
import io.viworks.agent.connection.TestAuthority.Guests;
import io.viworks.agent.identity.Pem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent enrols a certificate with its key, shows it in real TLS, and renews both. */
class CertificateTest {
    private static final String TOKEN = "join-me-once";
    private static final Duration LONG = Duration.ofDays(90);

    @TempDir Path folder;
    private TestAuthority authority;
    private Guests guests;
    private Guests applicants;
    private FakeAdmin admin;
    private FakeBridge bridge;
    private Rig rig;

    @BeforeEach
    void prepare() throws Exception {
        authority = new TestAuthority("site");
        guests = new Guests(authority);
        applicants = new Guests(authority);
        admin =
                new FakeAdmin(TestAuthority.context(authority.server(), applicants))
                        .token(TOKEN)
                        .certifies(authority, LONG);
        bridge = TestAuthority.bridge(authority.server(), guests, false);
        bridge.answers(admin::answer);
        rig =
                new Rig(folder, bridge.url())
                        .enrolling(admin, TOKEN)
                        .with("ENROLL_CERTIFICATE", true)
                        .with("TRUST_BUNDLE", authority.bundle(folder));
    }

    @AfterEach
    void end() throws Exception {
        rig.close();
        bridge.close();
        admin.close();
    }

    private List<X509Certificate> copy() throws Exception {
        return Pem.certificates(folder.resolve("identity.json.crt"));
    }

    @Test
    void showsTheCertificateOfTheKeyItSignsWith() throws Exception {
        rig.start();
        Peer peer = bridge.nextWelcomed();
        assertThat(admin.nextAsked().has("public_key")).isFalse();
        assertThat(admin.keyIds()).containsExactly(peer.header("x-agent-key-id"));
        X509Certificate shown = guests.seen().getFirst();
        assertThat(shown.getSubjectX500Principal().getName()).isEqualTo("CN=gateway-1");
        assertThat(copy()).containsExactly(shown, authority.certificate());
        peer.expect("TELEMETRY");

        rig.stop();
        Files.delete(folder.resolve("identity.json.crt"));
        rig.start();
        assertThat(bridge.nextWelcomed().header("shown"))
                .as("the next life has it from the identity, where nothing parts it from its key")
                .isEqualTo(peer.header("shown"));
        assertThat(copy()).contains(shown);
        assertThat(admin.waiting()).isZero();
        assertThat(admin.doubts()).isEmpty();
    }

    @Test
    void putsTheCopyWherePeopleWantIt() throws Exception {
        Path wanted = folder.resolve("pki").resolve("gateway.pem");
        rig.with("CERT_PATH", wanted).start();
        bridge.nextWelcomed();
        assertThat(wanted).content().contains("BEGIN CERTIFICATE").doesNotContain("PRIVATE");
    }

    @Test
    void renewsKeyAndCertificateAtTwoThirdsOfTheShorterLife() throws Exception {
        admin.life(Duration.ofDays(300)).certifies(authority, Duration.ofSeconds(6));
        rig.start();
        Peer first = bridge.nextWelcomed();
        admin.nextAsked();
        admin.certifies(authority, LONG);

        assertThat(admin.nextAsked().has("token")).as("the older key vouches").isFalse();
        Peer second = bridge.nextWelcomed();
        assertThat(first.answer().path("type").asString("")).isEqualTo("BYE");
        assertThat(second.header("x-agent-key-id")).isNotEqualTo(first.header("x-agent-key-id"));
        assertThat(second.header("shown"))
                .as("a new certificate without a new process")
                .isNotEqualTo(first.header("shown"));
        assertThat(applicants.seen()).as("who asks for one shows none").isEmpty();
        await().until(() ->
                copy().equals(List.of(guests.seen().getLast(), authority.certificate())));
        assertThat(admin.doubts()).isEmpty();
    }

    @Test
    void staysOnItsOldCertificateWhileTheNewOneIsNotAccepted() throws Exception {
        // The key's own life ends soonest: the old certificate is good however slowly it comes
        // back.
        admin.lifeOfFirst(Duration.ofSeconds(6));
        AtomicReference<String> only = new AtomicReference<>("");
        bridge.answers(headers -> {
            String shown = headers.getOrDefault("shown", "");
            only.compareAndSet("", shown);
            return shown.equals(only.get())
                    ? admin.answer(headers)
                    : "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
        });
        rig.start();
        Peer first = bridge.nextWelcomed();

        Peer fallen = bridge.nextWelcomed();
        assertThat(fallen.header("shown")).isEqualTo(first.header("shown"));
        bridge.answers(admin::answer);
        assertThat(bridge.nextWelcomed().header("shown")).isNotEqualTo(first.header("shown"));
    }

    @Test
    void comesAtOnceWithTheCertificateForWantOfWhichItWasRefused() throws Exception {
        admin.certifies(null, LONG);
        rig.with("ENROLL_CERTIFICATE", false).start();
        bridge.nextWelcomed();
        await().until(() -> !rig.logged("identity_in_use").isEmpty());
        rig.stop();
        admin.certifies(authority, LONG);
        // Who is refused pauses far longer than this test's patience.
        rig.with("ENROLL_CERTIFICATE", true).pauses(1).start();
        assertThat(bridge.nextWelcomed().header("shown")).isNotEmpty();
        assertThat(rig.logged("handshake_refused")).hasSize(1);
        assertThat(rig.logged("credential_renewed")).hasSize(1);
    }

    @Test
    void waitsForBridgesToHearOfItsCertificate() throws Exception {
        var left = new java.util.concurrent.atomic.AtomicInteger(3);
        bridge.answers(headers ->
                left.getAndDecrement() > 0
                        ? FakeAdmin.problem(403, "certificate_mismatch")
                        : admin.answer(headers));
        rig.start();
        bridge.nextWelcomed();
        assertThat(bridge.attempts()).isEqualTo(4);
        assertThat(rig.logged("handshake_refused")).as("all within one attempt").isEmpty();
    }

    @Test
    void getsACertificateForAKeyThatHasNone() throws Exception {
        bridge.answers(_ -> null);
        admin.certifies(null, LONG);
        rig.with("ENROLL_CERTIFICATE", false).start();
        Peer bare = bridge.nextWelcomed();
        assertThat(bare.header("shown")).isEmpty();
        admin.nextAsked();
        await().until(() -> !rig.logged("identity_in_use").isEmpty());
        rig.stop();
        admin.certifies(authority, LONG);
        rig.with("ENROLL_CERTIFICATE", true).pauses(1).start();
        Peer still = bridge.nextWelcomed();
        assertThat(admin.nextAsked().has("token")).as("the older key vouches").isFalse();
        assertThat(still.header("shown")).isEmpty();
        assertThat(bridge.nextWelcomed().header("shown")).isNotEmpty();
    }

    @Test
    void doesNotTakeAnAnswerWithoutItsCertificate() throws Exception {
        admin.certifies(null, LONG);
        rig.start();
        await().until(() -> rig.logged("not_enrolled").size() >= 2);
        assertThat(rig.logged("not_enrolled").getFirst().path("error").asString(""))
                .isEqualTo("the server answers 401 token_invalid");
        assertThat(bridge.attempts()).isZero();
        admin.certifies(authority, LONG);
        bridge.nextWelcomed();
    }

    @Test
    void hasItsKeyVouchForAnotherOnceItsCertificateIsNotAccepted() throws Exception {
        rig.start();
        Peer peer = bridge.nextWelcomed();
        admin.nextAsked();
        String revoked = peer.header("shown");
        bridge.answers(headers ->
                headers.getOrDefault("shown", "").equals(revoked)
                        ? "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
                        : admin.answer(headers));
        peer.close(4403, "revoked");
        assertThat(bridge.nextWelcomed().header("shown")).isNotEqualTo(revoked);
        assertThat(admin.nextAsked().has("token")).isFalse();
    }

    @Test
    void comesBackWithAFreshTokenOnceBothAreRevoked() throws Exception {
        rig.start();
        Peer peer = bridge.nextWelcomed();
        admin.nextAsked();
        String revoked = peer.header("shown");
        bridge.answers(headers ->
                headers.getOrDefault("shown", "").equals(revoked)
                        ? FakeAdmin.problem(403, "certificate_mismatch")
                        : admin.answer(headers));
        admin.revoke(peer.header("x-agent-key-id"));
        peer.close(4403, "revoked");
        assertThat(admin.nextAsked().has("token")).as("its key is asked to vouch").isFalse();
        admin.token("join-again");
        rig.token("join-again");
        assertThat(bridge.nextWelcomed().header("shown")).isNotEqualTo(revoked);
        assertThat(applicants.seen()).isEmpty();
    }

    @Test
    void doesNotShowWhatHasExpired() throws Exception {
        admin.certifies(authority, Duration.ofSeconds(5));
        rig.start();
        Peer peer = bridge.nextWelcomed();
        admin.nextAsked();
        admin.refuse(503);
        await().until(() -> !rig.logged("enrolment_failed").isEmpty());
        X509Certificate shown = guests.seen().getLast();
        await().until(() -> shown.getNotAfter().toInstant().isBefore(Instant.now()));
        peer.reset();
        await().until(() ->
                rig.logged("handshake_refused").stream()
                        .anyMatch(line ->
                                line.path("error").asString("").equals("certificate_required")));
        admin.certifies(authority, LONG).refuse(0);
        assertThat(bridge.nextWelcomed().header("shown")).isNotEqualTo(peer.header("shown"));
    }
}
