package io.viworks.bridge;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.service.BadConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What would not do what it says stops the start, and says what would be right. */
class TrustSettingsTest {
    private static final TestAuthority AUTHORITY = TestAuthority.named("CN=Agents");

    @TempDir private static Path files;
    private static BridgeFixture fixture;
    private static String bundle;
    private static String edge;

    @BeforeAll
    static void start() {
        fixture = BridgeFixture.onShared();
        bundle = "AGENT_CA_BUNDLE=" + file("ca.pem", TestAuthority.pem(AUTHORITY.certificate));
        edge = "AGENT_EDGE_SECRET_FILE=" + file("edge", "word");
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    private static Path file(String name, String text) {
        try {
            return Files.writeString(files.resolve(name), text);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void refuses(String sentence, String... flags) {
        assertThatThrownBy(() -> fixture.bridge(flags))
                .isInstanceOf(BadConfiguration.class)
                .hasMessageContaining(sentence);
    }

    @Test
    void certificatesNeedABundleAndSomebodyWhoEndsTheTls() {
        for (String mode : new String[] {"mtls", "hmac+mtls"}) {
            String auth = "AGENT_BRIDGE_AUTH=" + mode;
            refuses("AGENT_CA_BUNDLE is missing", auth, edge, "AGENT_BRIDGE_TRUSTED_PROXIES=10/8");
            refuses("needs somebody who ends the TLS", auth, bundle);
        }
        refuses("must be hmac, mtls, hmac+mtls, or none", "AGENT_BRIDGE_AUTH=tls");
    }

    @Test
    void theSecretAndTheTrustedAddressesCountOnlyTogether() {
        refuses("count only together", "AGENT_BRIDGE_TRUSTED_PROXIES=10.0.0.0/8");
        refuses("count only together", edge);
        refuses(
                "must hold one secret, or two",
                "AGENT_BRIDGE_TRUSTED_PROXIES=10.0.0.0/8",
                "AGENT_EDGE_SECRET_FILE=" + file("three", "a\nb\nc\n"));
    }

    @Test
    void certificateAndKeyOfTheBridgeCountOnlyTogether() {
        Path there = file("there", "x");
        refuses("set both or neither", "AGENT_BRIDGE_TLS_CERT_FILE=" + there);
        refuses("set both or neither", "AGENT_BRIDGE_TLS_KEY_FILE=" + there);
        refuses(
                "AGENT_BRIDGE_TLS_KEY_FILE cannot be read",
                "AGENT_BRIDGE_TLS_CERT_FILE=" + there,
                "AGENT_BRIDGE_TLS_KEY_FILE=" + files.resolve("away"));
    }

    @Test
    void whatIsAboutCertificatesCountsOnlyWithThem() {
        Path list = file("crl.pem", TestAuthority.pem(AUTHORITY.revoke(Instant.now())));
        refuses("count only with AGENT_BRIDGE_AUTH=mtls", "AGENT_CRL_FILE=" + list);
        refuses("count only with AGENT_BRIDGE_AUTH=mtls", "AGENT_CLIENT_DN_POLICY=CN=*");
    }

    @Test
    void filesMustHoldWhatTheyAreFor() {
        String[] right = {
            "AGENT_BRIDGE_AUTH=mtls", edge, "AGENT_BRIDGE_TRUSTED_PROXIES=10.0.0.0/8"
        };
        refusesWith(right, "AGENT_CA_BUNDLE cannot be read", "AGENT_CA_BUNDLE=/nowhere/ca.pem");
        refusesWith(
                right,
                "AGENT_CA_BUNDLE must hold",
                "AGENT_CA_BUNDLE=" + file("none.pem", "nothing"));
        var leaf = AUTHORITY.issue(TestAuthority.Certificate.forAgent("x"));
        refusesWith(
                right,
                "AGENT_CA_BUNDLE must hold certificates of authorities only",
                "AGENT_CA_BUNDLE=" + file("leaf.pem", TestAuthority.pem(leaf)));
        refusesWith(
                right,
                "AGENT_CRL_FILE must hold",
                bundle,
                "AGENT_CRL_FILE=" + file("none.crl", "nothing"));
        TestAuthority other = TestAuthority.named("CN=Agents");
        refusesWith(
                right,
                "AGENT_CRL_FILE must hold lists that an issuer of AGENT_CA_BUNDLE has signed",
                bundle,
                "AGENT_CRL_FILE=" + file("o.crl", TestAuthority.pem(other.revoke(Instant.now()))));
        refusesWith(
                right,
                "AGENT_CLIENT_DN_POLICY must be a distinguished name",
                bundle,
                "AGENT_CLIENT_DN_POLICY=not a name");
    }

    private static void refusesWith(String[] right, String sentence, String... more) {
        String[] flags = new String[right.length + more.length];
        System.arraycopy(right, 0, flags, 0, right.length);
        System.arraycopy(more, 0, flags, right.length, more.length);
        refuses(sentence, flags);
    }
}
