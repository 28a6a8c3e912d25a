package io.viworks.bridge;

import static io.viworks.bridge.Handshakes.refused;
import static io.viworks.bridge.TestAuthority.Certificate.forAgent;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.backplane.Keys;
import io.viworks.backplane.directory.DirectoryEntry;
import io.viworks.backplane.directory.DirectoryEntry.Status;
import io.viworks.bridge.BridgeFixture.Bridge;
import io.viworks.bridge.TestAuthority.Certificate;
import io.viworks.testkit.HttpAnswer;
import io.viworks.testkit.ScriptedHandshake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Row 3 of the table of spec 2.1 behind an edge: certificates, and who may speak of them. */
class CertificateTest {
    private static final String EDGE = "word-of-the-edge";
    private static final TestAuthority AUTHORITY = TestAuthority.named("CN=Agents,O=Example");
    private static final TestAuthority OTHER = TestAuthority.named("CN=Agents,O=Example");
    private static final X509Certificate GOOD = AUTHORITY.issue(forAgent("gw-1"));

    @TempDir private static Path files;
    private static BridgeFixture fixture;
    private static Bridge bridge;
    private static Bridge both;

    @BeforeAll
    static void start() throws IOException {
        Files.writeString(files.resolve("ca.pem"), TestAuthority.pem(AUTHORITY.certificate));
        Files.writeString(files.resolve("edge"), "the-next-word\n" + EDGE + "\n");
        fixture = BridgeFixture.onShared();
        bridge = start("mtls");
        both = start("hmac+mtls");
        fixture.publish(fixture.certified("gw-1", GOOD));
    }

    private static Bridge start(String mode, String... more) {
        String[] flags = new String[more.length + 4];
        flags[0] = "AGENT_BRIDGE_AUTH=" + mode;
        flags[1] = "AGENT_CA_BUNDLE=" + files.resolve("ca.pem");
        flags[2] = "AGENT_BRIDGE_TRUSTED_PROXIES=127.0.0.1";
        flags[3] = "AGENT_EDGE_SECRET_FILE=" + files.resolve("edge");
        System.arraycopy(more, 0, flags, 4, more.length);
        return fixture.bridge(flags);
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    /** As the edge passes it on, without MAC or signature. */
    private static ScriptedHandshake shown(Bridge to, String agent, X509Certificate certificate) {
        return byEdge(ScriptedHandshake.to(to.port(), agent), certificate);
    }

    private static ScriptedHandshake byEdge(
            ScriptedHandshake handshake, X509Certificate certificate) {
        return handshake
                .header("X-Edge-Auth", EDGE)
                .header("X-SSL-Client-Verify", "SUCCESS")
                .header("X-SSL-Client-Cert", TestAuthority.escaped(certificate));
    }

    private static HttpAnswer asked(X509Certificate certificate) {
        fixture.change(fixture.certified("gw-1", GOOD, certificate));
        return shown(bridge, "gw-1", certificate).answer();
    }

    private static void mismatch(HttpAnswer answer, String why) {
        refused(answer, 403, "certificate_mismatch");
        assertThat(answer.json().path("detail").asString()).contains(why);
    }

    // ---- who comes in

    @Test
    void letsAnEnrolledCertificateInAndSaysByWhichOne() {
        bridge.keep(shown(bridge, "gw-1", GOOD).open()).join();

        Map<String, String> hello = fixture.records(Keys.AGENT_HELLO, "HELLO", "gw-1").getLast();
        assertThat(hello)
                .containsEntry("auth", "cert")
                .containsEntry("credential", "sha256:" + TestAuthority.fingerprint(GOOD));
    }

    @Test
    void takesTheSecretForTheSecondProofThoughTheAgentHasACredential() {
        both.keep(byEdge(both.handshake("gw-1"), GOOD).open()).join();

        assertThat(fixture.records(Keys.AGENT_HELLO, "HELLO", "gw-1").getLast())
                .containsEntry("auth", "cert")
                .containsEntry("credential", "sha256:" + TestAuthority.fingerprint(GOOD));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mtls", "hmac+mtls"})
    void namesTheKeyWhenOneSignedTheHandshake(String mode) {
        Bridge at = mode.equals("mtls") ? bridge : both;
        X509Certificate certificate = AUTHORITY.issue(forAgent("gw-key", Handshakes.KEY));
        DirectoryEntry entry = fixture.entry("gw-key", Status.ACTIVE, true, Handshakes.PUBLIC_KEY);
        fixture.change(BridgeFixture.certified(entry, certificate));

        at.keep(byEdge(Handshakes.own(at.handshake("gw-key")), certificate).open()).join();

        assertThat(fixture.records(Keys.AGENT_HELLO, "HELLO", "gw-key").getLast())
                .containsEntry("auth", "key")
                .containsEntry("credential", Handshakes.PUBLIC_KEY.id());
    }

    @Test
    void refusesAWrongSecretOrKeyBesideARightCertificate() {
        refused(
                byEdge(both.handshake("gw-1").secret("guess"), GOOD).answer(),
                401,
                "bad_signature");
        refused(shown(both, "gw-1", GOOD).answer(), 401, "secret_mismatch");
        refused(
                byEdge(Handshakes.own(both.handshake("gw-1")), GOOD).answer(),
                401,
                "bad_signature");
        refused(
                byEdge(Handshakes.own(bridge.handshake("gw-1")), GOOD).answer(),
                401,
                "bad_signature");
    }

    // ---- which certificates

    @Test
    void refusesNoCertificate() {
        ScriptedHandshake none =
                ScriptedHandshake.to(bridge.port(), "gw-1").header("X-Edge-Auth", EDGE);
        refused(none.answer(), 401, "certificate_required");
        refused(none.header("X-SSL-Client-Verify", "NONE").answer(), 401, "certificate_required");
        refused(
                none.header("X-SSL-Client-Verify", "SUCCESS").answer(),
                401,
                "certificate_required");
        refused(bridge.handshake("gw-1").answer(), 401, "certificate_required");
        refused(both.handshake("gw-1").answer(), 401, "certificate_required");
    }

    @Test
    void refusesWhatTheEdgeFoundWrong() {
        HttpAnswer answer =
                shown(bridge, "gw-1", GOOD)
                        .header("X-SSL-Client-Verify", "FAILED:certificate has expired")
                        .answer();

        mismatch(answer, "the edge found the certificate wrong");
    }

    @Test
    void refusesAnExpiredOne() {
        Instant past = Instant.now().minusSeconds(10);
        mismatch(asked(AUTHORITY.issue(forAgent("gw-1").until(past))), "has expired");
    }

    @Test
    void refusesOneWhoseTimeHasNotCome() {
        Instant later = Instant.now().plusSeconds(600);
        mismatch(asked(AUTHORITY.issue(forAgent("gw-1").from(later))), "not valid yet");
    }

    @Test
    void refusesOneOfAnotherAuthorityOfTheSameName() {
        mismatch(asked(OTHER.issue(forAgent("gw-1"))), "issuer must be in AGENT_CA_BUNDLE");
    }

    @Test
    void refusesOneThatIsNotForClients() {
        mismatch(
                asked(AUTHORITY.issue(forAgent("gw-1").purposes(KeyPurposeId.id_kp_serverAuth))),
                "clientAuth");
        mismatch(asked(AUTHORITY.issue(forAgent("gw-1").purposes())), "clientAuth");
        mismatch(
                asked(AUTHORITY.issue(forAgent("gw-1").purposes(KeyPurposeId.anyExtendedKeyUsage))),
                "clientAuth");
    }

    @Test
    void refusesAnAuthoritysOwn() {
        mismatch(asked(AUTHORITY.certificate), "no authority's");
    }

    @Test
    void refusesOneThatIsNotEnrolled() {
        X509Certificate stranger = AUTHORITY.issue(forAgent("gw-1"));
        mismatch(shown(bridge, "gw-1", stranger).answer(), "enrolled");
        mismatch(shown(bridge, "gw-new", AUTHORITY.issue(forAgent("gw-new"))).answer(), "enrolled");
    }

    @Test
    void refusesOneTakenOutOfTheDirectory() {
        X509Certificate lost = AUTHORITY.issue(forAgent("gw-2"));
        fixture.change(fixture.certified("gw-2", lost));
        bridge.keep(shown(bridge, "gw-2", lost).open()).join();
        fixture.change(fixture.certified("gw-2"));

        mismatch(shown(bridge, "gw-2", lost).answer(), "enrolled");
    }

    // ---- whose

    @Test
    void refusesTheCertificateOfAnotherAgent() {
        mismatch(shown(bridge, "gw-2", GOOD).answer(), "name the agent");
    }

    @Test
    void believesAnAgentsUriBeforeTheCommonName() {
        mismatch(
                asked(AUTHORITY.issue(Certificate.of("CN=gw-1").uri("urn:viworks:agent:gw-2"))),
                "name the agent");
        mismatch(
                asked(
                        AUTHORITY.issue(
                                Certificate.of("CN=gw-1").dns("gw-1").uri("spiffe://x/gw-2"))),
                "name the agent");
    }

    @Test
    void takesOtherNamesWhereThereIsNoSuchUri() {
        assertThat(asked(AUTHORITY.issue(Certificate.of("CN=gw-1,O=Example"))).status())
                .isEqualTo(101);
        assertThat(asked(AUTHORITY.issue(Certificate.of("CN=x").dns("gw-1"))).status())
                .isEqualTo(101);
        assertThat(asked(AUTHORITY.issue(Certificate.of("CN=gw-1").dns("h.x"))).status())
                .isEqualTo(101);
        assertThat(asked(AUTHORITY.issue(Certificate.of("CN=x").uri("spiffe://x/gw-1"))).status())
                .isEqualTo(101);
        mismatch(asked(AUTHORITY.issue(Certificate.of("CN=gw-1,CN=gw-2"))), "name the agent");
        mismatch(asked(AUTHORITY.issue(Certificate.of("O=gw-1"))), "name the agent");
        mismatch(
                asked(AUTHORITY.issue(Certificate.of("CN=x").uri("https://x/gw-1"))),
                "name the agent");
        mismatch(asked(AUTHORITY.issue(Certificate.of("CN=GW-1"))), "name the agent");
    }

    @Test
    void holdsTheSubjectAgainstThePolicy() {
        X509Certificate right =
                AUTHORITY.issue(
                        Certificate.of("O=Example,OU=gateways,CN=gw-9")
                                .uri("urn:viworks:agent:gw-9"));
        X509Certificate wrong =
                AUTHORITY.issue(
                        Certificate.of("O=Example,OU=people,CN=gw-9")
                                .uri("urn:viworks:agent:gw-9"));
        fixture.change(fixture.certified("gw-9", right, wrong));
        try (Bridge strict =
                start("mtls", "AGENT_CLIENT_DN_POLICY=CN=gw-*,OU=gateways,O=Example")) {
            assertThat(shown(strict, "gw-9", right).answer().status()).isEqualTo(101);
            mismatch(shown(strict, "gw-9", wrong).answer(), "AGENT_CLIENT_DN_POLICY");
        }
    }

    // ---- who may speak of certificates

    @Test
    void ignoresTheWordOfAnUntrustedAddress() {
        refused(
                shown(bridge, "gw-1", GOOD).from("127.0.0.2").answer(),
                401,
                "certificate_required");
    }

    @Test
    void ignoresATrustedAddressWithoutTheEdgesSecret() {
        ScriptedHandshake neighbour = shown(bridge, "gw-1", GOOD);
        refused(neighbour.without("X-Edge-Auth").answer(), 401, "certificate_required");
        refused(neighbour.header("X-Edge-Auth", "guess").answer(), 401, "certificate_required");
        refused(
                neighbour.header("X-Edge-Auth", "guess", EDGE).answer(),
                401,
                "certificate_required");
    }

    @Test
    void takesBothSecretsWhileTheyChange() {
        ScriptedHandshake handshake = shown(bridge, "gw-1", GOOD);

        assertThat(handshake.header("X-Edge-Auth", "the-next-word").answer().status())
                .isEqualTo(101);
    }

    @Test
    void refusesAHeaderTwice() {
        String good = TestAuthority.escaped(GOOD);
        refused(
                shown(bridge, "gw-1", GOOD).header("X-SSL-Client-Cert", good, good).answer(),
                400,
                "bad_handshake");
        refused(
                shown(bridge, "gw-1", GOOD)
                        .header("X-SSL-Client-Verify", "SUCCESS", "NONE")
                        .answer(),
                400,
                "bad_handshake");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "garbage",
                "%",
                "%zz",
                "-----BEGIN%20CERTIFICATE-----",
                "-----BEGIN%20CERTIFICATE----------END%20CERTIFICATE-----",
                "-----BEGIN%20CERTIFICATE-----!!!!-----END%20CERTIFICATE-----",
                "-----BEGIN%20CERTIFICATE-----AAAA-----END%20CERTIFICATE-----",
                "-----BEGIN%20CERTIFICATE-----MIIB-----END%20CERTIFICATE-----"
            })
    void refusesWhatIsNoCertificate(String text) {
        mismatch(
                shown(bridge, "gw-1", GOOD).header("X-SSL-Client-Cert", text).answer(),
                "one X.509 certificate");
    }

    @Test
    void refusesMoreThanOneCertificate() {
        String chain = TestAuthority.escaped(TestAuthority.pem(GOOD, AUTHORITY.certificate));

        mismatch(
                shown(bridge, "gw-1", GOOD).header("X-SSL-Client-Cert", chain).answer(),
                "one X.509 certificate");
    }

    @Test
    void boundsWhatItTakesApart() {
        refused(
                shown(bridge, "gw-1", GOOD)
                        .header("X-SSL-Client-Cert", ScriptedHandshake.filler(20_000))
                        .answer(),
                400,
                "bad_handshake");
        long before = System.nanoTime();
        HttpAnswer huge =
                shown(bridge, "gw-1", GOOD)
                        .header("X-SSL-Client-Cert", ScriptedHandshake.filler(60_000))
                        .answer();
        refused(huge, 400, "bad_handshake");
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(10));
        bridge.keep(shown(bridge, "gw-1", GOOD).open()).join();
    }

    // ---- the order

    @Test
    void asksForTheCertificateBeforeTheProofAndTheStatusLast() {
        X509Certificate certificate = AUTHORITY.issue(forAgent("gw-worst"));
        DirectoryEntry revoked = fixture.entry("gw-worst", Status.REVOKED, true);
        fixture.change(revoked);
        ScriptedHandshake handshake = both.handshake("gw-worst").secret("guess").at(Instant.EPOCH);

        refused(handshake.answer(), 401, "certificate_required");
        byEdge(handshake, certificate);
        mismatch(handshake.answer(), "enrolled");
        fixture.change(
                BridgeFixture.certified(
                        fixture.entry("gw-worst", Status.REVOKED, true), certificate));
        refused(handshake.answer(), 401, "bad_signature");
        handshake.secret(BridgeFixture.SECRET);
        refused(handshake.answer(), 401, "clock_skew");
        refused(handshake.at(Instant.now()).answer(), 403, "revoked");
    }
}
