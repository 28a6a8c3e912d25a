package io.viworks.conformance.packaged.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.EOFException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Bridges that want certificates, behind an edge: who is let in, and by whose word. */
@Tag("edge")
class CertificatesTest {
    private static final String MISMATCH = "certificate_mismatch";
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final AtomicReference<Door> DOOR = new AtomicReference<>();

    /**
     * A bridge in mode mtls and edges before it.
     *
     * @param withoutList the same edge, which knows no revocation list
     * @param both before a bridge in mode hmac+mtls
     */
    private record Door(
            Site site, int bridge, Edge edge, Edge withoutList, Edge both, Certificates others) {}

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        Edge.needsNginx();
        Site site = Site.start(folder);
        try {
            Map<String, String> settings = new HashMap<>();
            settings.put("AGENT_BRIDGE_AUTH", "mtls");
            settings.put("AGENT_CA_BUNDLE", site.bundle().toString());
            int mtls = site.anotherBridge("mtls-bridge", settings);
            settings.put("AGENT_BRIDGE_AUTH", "hmac+mtls");
            int both = site.anotherBridge("both-bridge", settings);
            String bridge = "127.0.0.1:" + mtls;
            DOOR.set(
                    new Door(
                            site,
                            mtls,
                            site.anotherEdge("mtls", Map.of("BRIDGES", bridge)),
                            site.anotherEdge(
                                    "without-list", Map.of("BRIDGES", bridge, "CRL_FILES", "")),
                            site.anotherEdge("both", Map.of("BRIDGES", "127.0.0.1:" + both)),
                            Certificates.in(folder.resolve("other-ca"))));
        } catch (Exception | AssertionError e) {
            site.close();
            throw e;
        }
    }

    @AfterAll
    static void stop() {
        Door door = DOOR.get();
        if (door != null) {
            door.edge().close();
            door.withoutList().close();
            door.both().close();
            door.site().close();
        }
    }

    private static Site site() {
        return DOOR.get().site();
    }

    private static Certificates ours() {
        return site().certificates();
    }

    /** A gateway whose certificate of make-certs is known to the control plane; its key id. */
    private static String known(String gateway, String... bounds) throws Exception {
        String[] arguments = new String[bounds.length + 2];
        arguments[0] = "client";
        System.arraycopy(bounds, 0, arguments, 1, bounds.length);
        arguments[bounds.length + 1] = gateway;
        String _ = ours().make(arguments);
        String _ =
                site().call(
                                "/gateways/register",
                                "{\"agent_id\":\"%s\",\"name\":\"x\"}".formatted(gateway))
                        .toString();
        String fingerprint = fingerprint(gateway);
        String _ =
                site().call(
                                "/gateways/" + gateway + "/credentials",
                                JSON.writeValueAsString(Map.of("sha256", fingerprint)))
                        .toString();
        return "sha256:" + fingerprint;
    }

    private static String fingerprint(String gateway) throws Exception {
        byte[] der = Certificates.certificate(ours().certificateOf(gateway)).getEncoded();
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(der));
    }

    /** With a certificate alone, as mode mtls allows. */
    private static String bare(String gateway, String... more) {
        return Knock.handshake(gateway, site().sharedSecret(), more)
                .replaceAll("X-Agent-Auth: [0-9a-f]+\r\n", "");
    }

    private static Knock knock(Edge edge, SSLContext as, String request) throws Exception {
        return Knock.tls(as, Site.EDGE, edge.port(), request);
    }

    private static void assertRefused(
            Edge edge, SSLContext as, String request, int status, String code) throws Exception {
        try (Knock knock = knock(edge, as, request)) {
            assertThat(knock.status()).as(knock.body()).isEqualTo(status);
            assertThat(knock.body()).contains(code);
        }
    }

    /** The directory is told within moments. */
    private static Knock awaitAccepted(Edge edge, SSLContext as, String gateway) {
        return await().until(() -> knock(edge, as, bare(gateway)), knock -> knock.status() == 101);
    }

    @Test
    void aRealAgentServesByItsCertificate() throws Exception {
        String _ = known("by-certificate");
        Map<String, String> settings = new HashMap<>(Site.showing(ours(), "by-certificate"));
        settings.put(
                "VIW_AGENT_BACKEND_URL",
                "wss://localhost:" + DOOR.get().edge().port() + "/agent/ws");
        site().agent("by-certificate", settings);
        site().awaitConnected("by-certificate");
        assertThat(site().echo("by-certificate")).isEqualTo("SUCCEEDED");
    }

    @Test
    void anAgentEnrolsForACertificateAndComesBackWithItThroughTheSameEdge() throws Exception {
        String token =
                site().call("/gateways/register", "{\"agent_id\":\"issued\",\"name\":\"Issued\"}")
                        .path("token")
                        .asString();
        Path file = Files.writeString(site().folder().resolve("issued.token"), token);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        String port = String.valueOf(DOOR.get().both().port());
        site().agent(
                        "issued",
                        Map.of(
                                "VIW_AGENT_BACKEND_URL",
                                "wss://localhost:" + port + "/agent/ws",
                                "VIW_AGENT_ENROLL_URL",
                                "https://localhost:" + port + "/agent/enroll",
                                "VIW_AGENT_ENROLL_CERTIFICATE",
                                "true",
                                "VIW_AGENT_ENROLL_TOKEN_FILE",
                                file.toString(),
                                "VIW_AGENT_IDENTITY_KEY_FILE",
                                site().folder().resolve("issued.key").toString()));
        site().awaitConnected("issued");
        assertThat(site().echo("issued")).isEqualTo("SUCCEEDED");
        assertThat(DOOR.get().both().requests())
                .anyMatch(line ->
                        line.path("msg").asString().equals("POST /agent/enroll")
                                && line.path("status").asInt() == 200);
    }

    @Test
    void nobodyComesInWithoutACertificateThatVerifies() throws Exception {
        Door door = DOOR.get();
        String _ = known("wanted", "--from", "20250101000000Z", "--until", "20250102000000Z");
        String _ = known("struck");
        String _ = door.others().make("client", "wanted");
        String _ = ours().make("revoke", "struck");
        for (Edge edge : List.of(door.edge(), door.both())) {
            String request = Knock.handshake("wanted", site().sharedSecret());
            assertRefused(edge, ours().nobody(), request, 401, "certificate_required");
            assertRefused(edge, ours().as(ours(), "wanted"), request, 403, MISMATCH);
            assertRefused(edge, ours().as(door.others(), "wanted"), request, 403, MISMATCH);
            await().untilAsserted(() ->
                    assertRefused(
                            edge,
                            ours().as(ours(), "struck"),
                            Knock.handshake("struck", site().sharedSecret()),
                            403,
                            MISMATCH));
        }
    }

    @Test
    void aCertificateSpeaksForItsOwnGatewayOnly() throws Exception {
        String _ = known("mine");
        String _ = known("theirs");
        try (Knock mine = awaitAccepted(DOOR.get().edge(), ours().as(ours(), "mine"), "mine")) {
            mine.greet("mine");
            assertRefused(
                    DOOR.get().edge(), ours().as(ours(), "mine"), bare("theirs"), 403, MISMATCH);
        }
    }

    @Test
    void aCertificateThatNobodyMadeKnownIsRefused() throws Exception {
        String _ = ours().make("client", "stranger");
        assertRefused(
                DOOR.get().edge(), ours().as(ours(), "stranger"), bare("stranger"), 403, MISMATCH);
    }

    @Test
    void aCertificateRevokedByItsFingerprintEndsItsSessionWhereNoListIsKnown() throws Exception {
        String keyId = known("fallen");
        Edge edge = DOOR.get().withoutList();
        SSLContext fallen = ours().as(ours(), "fallen");
        try (Knock knock = awaitAccepted(edge, fallen, "fallen")) {
            knock.greet("fallen");
            site().delete("/gateways/fallen/credentials/" + keyId);
            assertThatThrownBy(
                            () -> {
                                while (true) {
                                    String _ = knock.frame();
                                }
                            })
                    .isInstanceOf(EOFException.class)
                    .hasMessageContaining("4403");
        }
        await().untilAsserted(() -> {
            try (Knock again = knock(edge, fallen, bare("fallen"))) {
                assertThat(again.status()).isIn(401, 403);
            }
        });
    }

    @Test
    void whatTheEdgeSaysCannotBeSaidByAnybodyElse() throws Exception {
        String _ = known("victim");
        Door door = DOOR.get();
        String pem =
                URLEncoder.encode(
                                Files.readString(ours().certificateOf("victim")),
                                StandardCharsets.UTF_8)
                        .replace("+", "%20");
        String[] forged = {"X-SSL-Client-Verify: SUCCESS", "X-SSL-Client-Cert: " + pem};
        String secret = "X-Edge-Auth: " + site().edgeSecret();

        // From where the edge is and with its secret it is the edge: what is forged would do.
        await().untilAsserted(() -> {
            try (Knock edge = plain(Site.EDGE, forged[0], forged[1], secret)) {
                assertThat(edge.status()).as(edge.body()).isEqualTo(101);
            }
        });
        // Through the edge, in every spelling.
        for (String verify : List.of("X-SSL-Client-Verify", "x-ssl-client-verify")) {
            for (String name : List.of("X-SSL-Client-Cert", "X_SSL_Client_Cert")) {
                assertRefused(
                        door.edge(),
                        ours().nobody(),
                        bare(
                                "victim",
                                verify + ": SUCCESS",
                                verify + ": SUCCESS",
                                name + ": " + pem,
                                secret),
                        401,
                        "certificate_required");
            }
        }
        // A neighbour who knows the secret; the edge's address without it, or with more than it.
        String wrong = "X-Edge-Auth: " + "0".repeat(64);
        for (Knock knock :
                List.of(
                        plain(Site.NEIGHBOUR, forged[0], forged[1], secret),
                        plain(Site.EDGE, forged),
                        plain(Site.EDGE, forged[0], forged[1], wrong),
                        plain(Site.EDGE, forged[0], forged[1], wrong, secret),
                        plain(Site.EDGE, forged[0], forged[1], "X-Edge-Auth:"))) {
            try (knock) {
                assertThat(knock.status()).as(knock.body()).isIn(400, 401);
                assertThat(knock.body()).containsAnyOf("certificate_required", "bad_handshake");
            }
        }
    }

    private static Knock plain(String from, String... headers) throws Exception {
        return Knock.plain(from, DOOR.get().bridge(), bare("victim", headers));
    }
}
