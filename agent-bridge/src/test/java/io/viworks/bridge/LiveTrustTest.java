package io.viworks.bridge;

import static io.viworks.bridge.Handshakes.refused;
import static io.viworks.bridge.TestAuthority.Certificate.forAgent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.backplane.directory.DirectoryEntry;
import io.viworks.backplane.directory.DirectoryEntry.Status;
import io.viworks.bridge.BridgeFixture.Bridge;
import io.viworks.testkit.HttpAnswer;
import io.viworks.testkit.ScriptedAgent;
import io.viworks.testkit.ScriptedHandshake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is trusted no more ends live sessions soon; files that say whom to trust are read again. */
class LiveTrustTest {
    /**
     * From the change to the close: 2 s (spec 2.1), and what a busy machine may add. A look at all
     * sessions, however unchanged the directory, comes only every 30 s.
     */
    private static final Duration SOON = Duration.ofSeconds(10);

    private static final TestAuthority AUTHORITY = TestAuthority.named("CN=Agents");
    private static final TestAuthority SECOND = TestAuthority.named("CN=Others");

    @TempDir private Path files;
    private BridgeFixture fixture;
    private Bridge bridge;
    private X509Certificate lost;
    private X509Certificate kept;

    @BeforeEach
    void start() {
        lost = AUTHORITY.issue(forAgent("lost"));
        kept = AUTHORITY.issue(forAgent("kept"));
        write("ca.pem", TestAuthority.pem(AUTHORITY.certificate, SECOND.certificate));
        write("crl.pem", TestAuthority.pem(AUTHORITY.revoke(Instant.now().minusSeconds(60))));
        write("edge", "first");
        fixture = BridgeFixture.onShared();
        bridge =
                fixture.bridge(
                        "AGENT_BRIDGE_AUTH=mtls",
                        "AGENT_CA_BUNDLE=" + files.resolve("ca.pem"),
                        "AGENT_CRL_FILE=" + files.resolve("crl.pem"),
                        "AGENT_BRIDGE_TRUSTED_PROXIES=127.0.0.0/8",
                        "AGENT_EDGE_SECRET_FILE=" + files.resolve("edge"));
        fixture.publish(fixture.certified("lost", lost), fixture.certified("kept", kept));
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    /** As tools replace files: whole or not at all. */
    private void write(String name, String text) {
        try {
            Path draft = Files.writeString(files.resolve(name + ".new"), text);
            Files.move(draft, files.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private ScriptedAgent joined(ScriptedHandshake handshake) {
        ScriptedAgent agent = bridge.keep(handshake.open());
        var _ = agent.join();
        return agent;
    }

    private ScriptedHandshake shown(String agent, X509Certificate certificate) {
        return ScriptedHandshake.to(bridge.port(), agent)
                .header("X-Edge-Auth", "first")
                .header("X-SSL-Client-Verify", "SUCCESS")
                .header("X-SSL-Client-Cert", TestAuthority.escaped(certificate));
    }

    /** The change ends this session, and not that of another agent. */
    private void endsSoon(ScriptedHandshake handshake, Runnable change) {
        ScriptedAgent loser = joined(handshake);
        ScriptedAgent keeper = joined(shown("kept", kept));
        long began = System.nanoTime();
        change.run();
        assertThat(loser.closed().code()).isEqualTo(4403);
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(SOON);
        assertThat(keeper.closedSoFar()).isEmpty();
    }

    // ---- the directory

    @Test
    void endsTheSessionOfARevokedFingerprint() {
        endsSoon(shown("lost", lost), () -> fixture.change(fixture.certified("lost")));
    }

    @Test
    void endsTheSessionOfACertificateThoughTheKeyThatSignedStays() {
        DirectoryEntry entry = fixture.entry("lost", Status.ACTIVE, true, Handshakes.PUBLIC_KEY);
        fixture.change(BridgeFixture.certified(entry, lost));
        DirectoryEntry without = fixture.entry("lost", Status.ACTIVE, true, Handshakes.PUBLIC_KEY);

        endsSoon(Handshakes.own(shown("lost", lost)), () -> fixture.change(without));
    }

    @Test
    void endsTheSessionOfAKeyThoughItsCertificateStays() {
        DirectoryEntry entry = fixture.entry("lost", Status.ACTIVE, true, Handshakes.PUBLIC_KEY);
        fixture.change(BridgeFixture.certified(entry, lost));
        ScriptedHandshake signed = Handshakes.own(shown("lost", lost));

        endsSoon(signed, () -> fixture.change(fixture.certified("lost", lost)));
    }

    @Test
    void letsNobodyLiveWhoseCertificateWentBetweenHandshakeAndHello() {
        ScriptedAgent agent = bridge.keep(shown("lost", lost).open());
        agent.next("HELLO_ACK");

        fixture.change(fixture.certified("lost"));
        agent.send(agent.hello());

        assertThat(agent.closed().code()).isEqualTo(4403);
        assertThat(agent.frames("WELCOME")).isEmpty();
    }

    @Test
    void sendsAnAgentAwayToComeBackByTheCredentialItGot() {
        try (Bridge shared = fixture.bridge()) {
            ScriptedAgent agent = shared.join("enrols");
            ScriptedAgent other = shared.join("does-not");

            fixture.change(fixture.entry("enrols", Status.ACTIVE, true, Handshakes.PUBLIC_KEY));

            assertThat(agent.next("BYE").path("reason").asString()).isEqualTo("credential");
            assertThat(agent.closed().code()).isEqualTo(1001);
            refused(shared.handshake("enrols").answer(), 401, "credential_required");
            shared.keep(Handshakes.own(shared.handshake("enrols")).open()).join();
            assertThat(other.closedSoFar()).isEmpty();
        }
    }

    // ---- files

    @Test
    void endsTheSessionOfACertificateThatItsIssuerTookBack() {
        endsSoon(
                shown("lost", lost),
                () -> write("crl.pem", TestAuthority.pem(AUTHORITY.revoke(Instant.now(), lost))));

        mismatch(shown("lost", lost).answer());
        assertThat(shown("kept", kept).answer().status()).isEqualTo(101);
    }

    @Test
    void endsSessionsWhoseIssuerIsTrustedNoMore() {
        X509Certificate other = SECOND.issue(forAgent("lost"));
        fixture.change(fixture.certified("lost", other));

        endsSoon(
                shown("lost", other),
                () -> write("ca.pem", TestAuthority.pem(AUTHORITY.certificate)));

        mismatch(shown("lost", other).answer());
    }

    @Test
    void keepsSessionsWhoseIssuerRenewedItsOwnCertificate() {
        ScriptedAgent keeper = joined(shown("kept", kept));
        TestAuthority renewed =
                AUTHORITY.renewed(Instant.now().minusSeconds(5), Instant.now().plusSeconds(9_999));

        write("ca.pem", TestAuthority.pem(renewed.certificate));

        await().untilAsserted(
                        () -> mismatch(shown("x", SECOND.issue(forAgent("x"))).answer(), "issuer"));
        assertThat(shown("kept", kept).answer().status()).isEqualTo(101);
        assertThat(keeper.closedSoFar()).isEmpty();
    }

    @Test
    void trustsAnIssuerThatComesLater() {
        TestAuthority late = TestAuthority.named("CN=Late");
        X509Certificate early = late.issue(forAgent("early"));
        fixture.change(fixture.certified("early", early));
        mismatch(shown("early", early).answer());

        write("ca.pem", TestAuthority.pem(AUTHORITY.certificate, late.certificate));

        await().until(() -> shown("early", early).answer().status() == 101);
    }

    @Test
    void goesOnWithTheLastGoodFilesWhileTheyAreWrong() throws IOException {
        write("crl.pem", TestAuthority.pem(AUTHORITY.revoke(Instant.now(), lost)));
        await().until(() -> shown("lost", lost).answer().status() == 403);

        for (String wrong :
                new String[] {
                    "garbage",
                    TestAuthority.pem(TestAuthority.named("CN=Agents").revoke(Instant.now())),
                    TestAuthority.pem(AUTHORITY.revoke(Instant.now().minusSeconds(30)))
                }) {
            write("crl.pem", wrong);
            await().until(() -> bridge.gauge("trust.files.bad") == 1);
            mismatch(shown("lost", lost).answer());
            assertThat(shown("kept", kept).answer().status()).isEqualTo(101);
            write("crl.pem", TestAuthority.pem(AUTHORITY.revoke(Instant.now(), lost)));
            await().until(() -> bridge.gauge("trust.files.bad") == 0);
        }
        Files.delete(files.resolve("ca.pem"));
        await().until(() -> bridge.gauge("trust.files.bad") == 1);
        assertThat(shown("kept", kept).answer().status()).isEqualTo(101);
    }

    @Test
    void saysWhenTheListIsOverdueAndGoesOnWithIt() {
        Instant old = Instant.now().minusSeconds(59);
        assertThat(bridge.gauge("crl.overdue.seconds")).isNegative();
        write("crl.pem", TestAuthority.pem(AUTHORITY.revoke(old, Duration.ofSeconds(9), lost)));

        await().until(() -> bridge.gauge("crl.overdue.seconds") > 0);

        mismatch(shown("lost", lost).answer());
        assertThat(shown("kept", kept).answer().status()).isEqualTo(101);
    }

    @Test
    void changesTheEdgesSecretWithoutAMomentInWhichNeitherCounts() {
        write("edge", "first\nsecond\n");
        await().until(() ->
                shown("kept", kept).header("X-Edge-Auth", "second").answer().status() == 101);
        assertThat(shown("kept", kept).answer().status()).isEqualTo(101);

        write("edge", "second\n");

        await().until(() -> shown("kept", kept).answer().status() == 401);
    }

    private static void mismatch(HttpAnswer answer) {
        refused(answer, 403, "certificate_mismatch");
    }

    private static void mismatch(HttpAnswer answer, String why) {
        mismatch(answer);
        assertThat(answer.json().path("detail").asString()).contains(why);
    }
}
