package io.viworks.conformance.packaged.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.embedded.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What comes in by the edge, and what does not. */
@Tag("edge")
class EdgeTest {
    private static final String LONG_AGO = "20250101000000Z";
    private static final String AGO = "20250102000000Z";
    private static final String ENROL = "POST /agent/enroll HTTP/1.1\r\nHost: a\r\n";
    private static final AtomicReference<Site> SITE = new AtomicReference<>();

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        Edge.needsNginx();
        SITE.set(Site.start(folder));
    }

    @AfterAll
    static void stop() {
        Site site = SITE.get();
        if (site != null) {
            site.close();
        }
    }

    private static Site site() {
        return SITE.get();
    }

    private static Edge edge() {
        return site().edge();
    }

    private static Knock knock(String from, String request) throws Exception {
        return knock(edge(), from, request);
    }

    private static Knock knock(Edge edge, String from, String request) throws Exception {
        return Knock.tls(site().certificates().nobody(), from, edge.port(), request);
    }

    private static String handshake(String agent, String... more) {
        return Knock.handshake(agent, site().sharedSecret(), more);
    }

    @Test
    void aRealAgentServesCommandsThroughTheEdge() throws Exception {
        site().agent("plain-agent", Map.of());
        site().awaitConnected("plain-agent");
        assertThat(site().echo("plain-agent")).isEqualTo("SUCCEEDED");
    }

    @Test
    void anAgentEnrolsAndServesThroughTheEdgeWithoutACertificate() throws Exception {
        enrols("newcomer", Map.of());
    }

    @Test
    void anAgentWhoseCertificateHasExpiredCanStillEnrol() throws Exception {
        String _ = site().certificates().make("client", "--from", LONG_AGO, "--until", AGO, "late");
        enrols("late", Site.showing(site().certificates(), "late"));
        assertThat(edge().requests())
                .anyMatch(line ->
                        line.path("msg").asString().equals("POST /agent/enroll")
                                && line.path("verify").asString().contains("expired")
                                && line.path("status").asInt() == 200);
    }

    private static void enrols(String name, Map<String, String> settings) throws Exception {
        String body = "{\"agent_id\":\"%s\",\"name\":\"New\"}".formatted(name);
        String token = site().call("/gateways/register", body).path("token").asString();
        Path file = Files.writeString(site().folder().resolve(name + ".token"), token);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        Map<String, String> all = new HashMap<>(settings);
        all.put("VIW_AGENT_ENROLL_URL", "https://localhost:" + edge().port() + "/agent/enroll");
        all.put("VIW_AGENT_ENROLL_TOKEN_FILE", file.toString());
        all.put("VIW_AGENT_IDENTITY_KEY_FILE", site().folder().resolve(name + ".key").toString());
        site().agent(name, all);
        site().awaitConnected(name);
        assertThat(site().echo(name)).isEqualTo("SUCCEEDED");
        assertThat(site().call("/gateways/" + name + "/credentials", "").toString())
                .contains("ed25519");
        assertThat(edge().accessLog()).contains("POST /agent/enroll").doesNotContain(token);
    }

    @Test
    void whereAClientComesFromIsSaidByTheEdgeAlone() throws Exception {
        try (Knock forger =
                knock(
                        "127.0.0.3",
                        handshake(
                                "forger",
                                "X-Forwarded-For: 6.6.6.6",
                                "x-forwarded-for: 7.7.7.7",
                                "X_Forwarded_For: 8.8.8.8",
                                "Forwarded: for=9.9.9.9",
                                "X-Real-IP: 9.9.9.9",
                                "X-Edge-Auth: forged",
                                "X-EDGE-AUTH: forged",
                                "X_Edge_Auth: forged",
                                "X-SSL-Client-Verify: SUCCESS",
                                "X-SSL-Client-Cert: forged"))) {
            assertThat(forger.status()).isEqualTo(101);
            forger.greet("forger");
            assertThat(site().addressOf(site().bridgePort(), "forger")).contains("127.0.0.3");
        }
    }

    @Test
    void aNeighbourIsNotBelievedWithTheSecretNorTheAddressWithoutIt() throws Exception {
        try (Knock neighbour =
                        Knock.plain(
                                Site.NEIGHBOUR,
                                site().bridgePort(),
                                handshake(
                                        "neighbour",
                                        "X-Forwarded-For: 6.6.6.6",
                                        "X-Edge-Auth: " + site().edgeSecret()));
                Knock local =
                        Knock.plain(
                                Site.EDGE,
                                site().bridgePort(),
                                handshake(
                                        "without-secret",
                                        "X-Forwarded-For: 6.6.6.6",
                                        "X-Edge-Auth: guessed"))) {
            neighbour.greet("neighbour");
            local.greet("without-secret");
            assertThat(site().addressOf(site().bridgePort(), "neighbour")).contains(Site.NEIGHBOUR);
            assertThat(site().addressOf(site().bridgePort(), "without-secret")).contains(Site.EDGE);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/agent",
                "/agent/",
                "/agent/ws/",
                "//agent/ws",
                "/agent//ws",
                "/./agent/ws",
                "/agent/ws/../x",
                "/agent/ws/../../internal/agent/agents",
                "/agent/x/../ws",
                "/agent/%77s",
                "/agent%2fws",
                "/agent/ws%2f..%2f..%2factuator",
                "/agent/ws;/x",
                "/agent/ws#x",
                "/AGENT/WS",
                "/agent/_health",
                "/internal/agent/agents",
                "/internal/agent/_healthz",
                "/actuator",
                "/actuator/health",
                "/admin/api/gateways",
                "/v3/api-docs",
                "/agent/enroll/",
                "/agent/enroll?x=y",
                "//agent/enroll",
                "/agent/enroll/../../admin/api/gateways",
                "/problem",
                "/healthz",
                "/status",
                "http://localhost/internal/agent/agents",
                "/..%2f..%2fetc/passwd"
            })
    void whatIsNoDoorIsNothing(String path) throws Exception {
        for (String method : List.of("GET", "POST", "OPTIONS", "DELETE")) {
            try (Knock knock =
                    knock(Site.EDGE, Knock.request(method, path, List.of("Content-Length: 0")))) {
                assertThat(knock.status()).as("%s %s", method, path).isIn(404, 400);
                assertIsOurs(knock);
            }
        }
    }

    /** A problem document that names nobody's product. */
    private static void assertIsOurs(Knock knock) {
        assertThat(knock.header("content-type")).isEqualTo("application/problem+json");
        assertThat(knock.body()).startsWith("{").doesNotContain("nginx", "<html");
        assertThat(knock.head()).doesNotContain("nginx/");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NONSENSE\r\n\r\n",
                "GET /agent/ws%00 HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /agent/ws HTTP/1.1\r\n\r\n",
                "GET /agent/ws HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET /agent/ws HTTP/1.0\r\nHost: a\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /agent/ws HTTP/1.1\r\nHost: a\r\nX-Edge-Auth : a\r\n\r\n",
                "GET /agent/ws HTTP/1.1\r\nHost: a\r\nX-Agent-Id: a\r\n X-Edge-Auth: a\r\n\r\n",
                "GET /agent/ws HTTP/1.1\r\nHost: a\r\nX-Agent-Id: a\0b\r\n\r\n",
                ENROL + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                ENROL + "Content-Length: 4\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"
            })
    void aBrokenRequestGoesNoFurther(String request) throws Exception {
        try (Knock knock = knock("127.0.0.9", request)) {
            assertThat(knock.status()).isIn(400, 405);
            assertIsOurs(knock);
        }
        assertThat(
                        edge().requests().stream()
                                .filter(line -> line.path("ip").asString().equals("127.0.0.9"))
                                .map(line -> line.path("upstream").asString()))
                .allMatch(String::isEmpty);
    }

    @Test
    void plainHttpIsRefused() throws Exception {
        try (Knock knock = Knock.plain(Site.EDGE, edge().port(), handshake("plain"))) {
            assertThat(knock.status()).isEqualTo(400);
            assertIsOurs(knock);
        }
    }

    @Test
    void sizesAreLimited() throws Exception {
        String big = "a".repeat(3000);
        try (Knock header = knock(Site.EDGE, handshake("big", "X-More: " + big));
                Knock line = knock(Site.EDGE, Knock.request("GET", "/agent/ws?" + big, List.of()));
                Knock body =
                        knock(
                                Site.EDGE,
                                Knock.request(
                                        "POST", "/agent/enroll", List.of("Content-Length: 8193")));
                Knock handshakeBody =
                        knock(
                                Site.EDGE,
                                Knock.request(
                                        "GET", "/agent/ws", List.of("Content-Length: 100")))) {
            assertThat(header.status()).isEqualTo(431);
            assertThat(line.status()).isEqualTo(414);
            assertThat(body.status()).isEqualTo(413);
            assertThat(handshakeBody.status()).isEqualTo(413);
            for (Knock refused : List.of(header, line, body, handshakeBody)) {
                assertIsOurs(refused);
            }
        }
    }

    @Test
    void methodsAreThoseOfThePath() throws Exception {
        try (Knock ws =
                        knock(
                                Site.EDGE,
                                Knock.request("POST", "/agent/ws", List.of("Content-Length: 0")));
                Knock enrol = knock(Site.EDGE, Knock.request("GET", "/agent/enroll", List.of()));
                Knock trace = knock(Site.EDGE, Knock.request("TRACE", "/agent/ws", List.of()))) {
            assertThat(ws.status()).isEqualTo(405);
            assertThat(ws.header("allow")).isEqualTo("GET");
            assertThat(enrol.status()).isEqualTo(405);
            assertThat(enrol.header("allow")).isEqualTo("POST");
            assertThat(trace.status()).isEqualTo(405);
        }
    }

    @Test
    void theBridgesOwnRefusalsComeThrough() throws Exception {
        try (Knock noUpgrade = knock(Site.EDGE, Knock.request("GET", "/agent/ws", List.of()));
                Knock h2c =
                        knock(
                                Site.EDGE,
                                Knock.request(
                                        "GET",
                                        "/agent/ws",
                                        List.of(
                                                "Upgrade: h2c",
                                                "Connection: Upgrade, HTTP2-Settings",
                                                "HTTP2-Settings: AAMAAABkAAQAAP__")));
                Knock twice = knock(Site.EDGE, handshake("twice", "X-Agent-Id: other"));
                Knock forged = knock(Site.EDGE, Knock.handshake("forged", "wrong"))) {
            assertThat(noUpgrade.body()).contains("bad_handshake");
            assertThat(h2c.body()).contains("bad_handshake");
            assertThat(twice.body()).contains("bad_handshake");
            assertThat(forged.body()).contains("bad_signature");
        }
    }

    @Test
    void aSourceThatAsksTooOftenIsSentAwayForAWhile() throws Exception {
        try (Edge strict =
                site().anotherEdge("strict", Map.of("SOURCE_RATE", "1", "SOURCE_BURST", "2"))) {
            List<String> waits = new ArrayList<>();
            // Two at once and one a second are let in, however slowly this machine asks.
            for (int i = 0; i < 1_000 && waits.size() < 21; i++) {
                try (Knock knock = knock(strict, Site.EDGE, Knock.handshake("rate", "wrong"))) {
                    if (knock.status() == 429) {
                        assertIsOurs(knock);
                        waits.add(String.valueOf(knock.header("retry-after")));
                    }
                }
            }
            assertThat(waits).hasSizeGreaterThan(20).allMatch(wait -> wait.matches("\\d{1,2}"));
            assertThat(waits.stream().distinct()).as("spread").hasSizeGreaterThan(1);
            try (Knock other = knock(strict, "127.0.0.4", Knock.handshake("rate", "wrong"))) {
                assertThat(other.status()).isEqualTo(401);
            }
        }
    }

    @Test
    void aSourceHasSoManySocketsAndNoMore() throws Exception {
        try (Edge strict = site().anotherEdge("narrow", Map.of("SOURCE_CONNECTIONS", "2"))) {
            try (Knock first = knock(strict, Site.EDGE, handshake("narrow-1"));
                    Knock second = knock(strict, Site.EDGE, handshake("narrow-2"));
                    Knock third = knock(strict, Site.EDGE, handshake("narrow-3"))) {
                first.greet("narrow-1");
                second.greet("narrow-2");
                assertThat(third.status()).isEqualTo(429);
                try (Knock other = knock(strict, "127.0.0.4", handshake("narrow-3"))) {
                    assertThat(other.status()).isEqualTo(101);
                }
            }
            await().untilAsserted(() -> {
                try (Knock again = knock(strict, Site.EDGE, handshake("narrow-3"))) {
                    assertThat(again.status()).isEqualTo(101);
                }
            });
        }
    }

    @Test
    void aBridgeThatIsGoneOrRefusesAllIsPassedOver() throws Exception {
        int closed = site().anotherBridge("closed-bridge", Map.of("AGENT_WS_ENABLED", "false"));
        String bridges =
                "127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d"
                        .formatted(FreePort.or(0), closed, site().bridgePort());
        try (Edge several = site().anotherEdge("several", Map.of("BRIDGES", bridges))) {
            for (int i = 0; i < 6; i++) {
                try (Knock knock = knock(several, Site.EDGE, handshake("passed-" + i))) {
                    knock.greet("passed-" + i);
                }
            }
        }
    }

    @Test
    void aBridgeThatIsBackTakesAllWhoComeAtOnce() throws Exception {
        int port = FreePort.or(0);
        String bridges = "127.0.0.1:%d,127.0.0.1:%d".formatted(port, FreePort.or(0));
        List<Knock> sockets = new ArrayList<>();
        try (Edge returned =
                site().anotherEdge("returned", Map.of("BRIDGES", bridges, "WORKERS", "1"))) {
            try (Knock early = knock(returned, Site.EDGE, handshake("early"))) {
                assertThat(early.status()).isEqualTo(502);
            }
            try (ServerSocket bridge =
                    new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
                Thread _ = Thread.startVirtualThread(() -> welcomeAll(bridge));
                for (int i = 0; i < 5; i++) {
                    Knock knock = knock(returned, Site.EDGE, handshake("back-" + i));
                    sockets.add(knock);
                    assertThat(knock.status()).isEqualTo(101);
                }
            }
        } finally {
            for (Knock socket : sockets) {
                socket.close();
            }
        }
    }

    /** Lets everybody in and says no more, until the server is closed. */
    private static void welcomeAll(ServerSocket bridge) {
        List<Socket> taken = new ArrayList<>();
        try {
            while (true) {
                Socket socket = bridge.accept();
                taken.add(socket);
                int _ = socket.getInputStream().read(new byte[8192]);
                socket.getOutputStream()
                        .write(
                                """
                                HTTP/1.1 101 Switching Protocols\r
                                Upgrade: websocket\r
                                Connection: Upgrade\r
                                \r
                                """
                                        .getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException _) {
            // Closed by the test.
        } finally {
            for (Socket socket : taken) {
                try {
                    socket.close();
                } catch (IOException _) {
                    // It is gone.
                }
            }
        }
    }

    @Test
    void socketsAreSpreadOverBridges() throws Exception {
        int second = site().anotherBridge("second-bridge", Map.of());
        String bridges = "127.0.0.1:%d,127.0.0.1:%d".formatted(second, site().bridgePort());
        List<Knock> sockets = new ArrayList<>();
        try (Edge several =
                site().anotherEdge("spread", Map.of("BRIDGES", bridges, "WORKERS", "1"))) {
            for (int i = 0; i < 10; i++) {
                Knock knock = knock(several, Site.EDGE, handshake("spread-" + i));
                sockets.add(knock);
                knock.greet("spread-" + i);
            }
            int here = 0;
            for (int i = 0; i < 10; i++) {
                here += site().addressOf(second, "spread-" + i).isPresent() ? 1 : 0;
            }
            assertThat(here).isBetween(4, 6);
        } finally {
            for (Knock socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void withNobodyBehindItSaysWhenToComeBack() throws Exception {
        String nobody = "127.0.0.1:" + FreePort.or(0) + ",no-such-host.invalid:8082";
        try (Edge lonely =
                site().anotherEdge("lonely", Map.of("BRIDGES", nobody, "ENROLMENT", ""))) {
            try (Knock knock = knock(lonely, Site.EDGE, handshake("lonely"));
                    Knock enrol =
                            knock(
                                    lonely,
                                    Site.EDGE,
                                    Knock.request(
                                            "POST",
                                            "/agent/enroll",
                                            List.of("Content-Length: 0")))) {
                assertThat(knock.status()).isIn(502, 503, 504);
                assertIsOurs(knock);
                assertThat(knock.header("retry-after")).matches("\\d{1,2}");
                assertThat(enrol.status()).isEqualTo(404);
            }
        }
    }

    @Test
    void theAccessLogSaysWhoWithoutWhatProvesIt() throws Exception {
        String request = handshake("logged\"}", "Authorization: Bearer very-secret-token");
        try (Knock knock = knock("127.0.0.5", request)) {
            assertThat(knock.status()).isEqualTo(400);
        }
        String good = handshake("well-logged", "Cookie: very-secret-cookie");
        String _ = site().certificates().make("client", "well-logged");
        try (Knock knock =
                Knock.tls(
                        site().certificates().as(site().certificates(), "well-logged"),
                        "127.0.0.5",
                        edge().port(),
                        good)) {
            knock.greet("well-logged");
        }
        List<JsonNode> lines =
                await().until(
                                () ->
                                        edge().requests().stream()
                                                .filter(line ->
                                                        line.path("ip")
                                                                .asString()
                                                                .equals("127.0.0.5"))
                                                .toList(),
                                found -> found.size() >= 2);
        assertThat(lines.getFirst().path("agent_id").asString()).isEmpty();
        JsonNode line = lines.getLast();
        assertThat(line.path("agent_id").asString()).isEqualTo("well-logged");
        assertThat(line.path("status").asInt()).isEqualTo(101);
        assertThat(line.path("upgrade").asString()).isEqualTo("websocket");
        assertThat(line.path("verify").asString()).isEqualTo("SUCCESS");
        assertThat(line.path("dn").asString()).isEqualTo("CN=well-logged");
        assertThat(line.path("fingerprint").asString()).matches("[0-9a-f]{40}");
        assertThat(edge().accessLog() + edge().said())
                .doesNotContain(site().edgeSecret(), "very-secret", site().sharedSecret())
                .doesNotContain(valueOf("X-Agent-Auth", good), valueOf("X-Nonce", good));
    }

    private static String valueOf(String header, String request) {
        return request.lines()
                .filter(line -> line.startsWith(header + ": "))
                .map(line -> line.substring(header.length() + 2))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theEdgesSecretIsInOneFileForItsUserOnly() throws Exception {
        Path run = edge().folder().resolve("run");
        List<Path> holding = new ArrayList<>();
        try (var files = Files.walk(run)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (Files.readString(file).contains(site().edgeSecret())) {
                    holding.add(file);
                }
            }
        }
        assertThat(holding).hasSize(1);
        assertThat(Files.getPosixFilePermissions(holding.getFirst()))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        String shown = Edge.ask("config", site().folder().resolve("shown"), site().edgeSettings());
        assertThat(shown)
                .startsWith("exit 0")
                .contains("location = /agent/ws")
                .doesNotContain(site().edgeSecret());
        assertThat(commandLines()).contains("nginx").doesNotContain(site().edgeSecret());
    }

    private static String commandLines() throws IOException {
        StringBuilder all = new StringBuilder();
        try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                try {
                    all.append(Files.readString(process.resolve("cmdline"))).append('\n');
                } catch (IOException _) {
                    // It has ended meanwhile.
                }
            }
        }
        return all.toString();
    }

    @Test
    void everyWrongSettingIsNamedAtOnce() throws Exception {
        Map<String, String> settings = site().edgeSettings();
        settings.put("SOURCE_RATE", "5r/s; deny all");
        settings.put("BRIDGES", "bridge:8082; } server {");
        settings.put("IDLE", "soon");
        settings.put("KEY_FILE", "/nowhere/server.key");
        String said = Edge.ask("check", site().folder().resolve("wrong"), settings);
        assertThat(said)
                .startsWith("exit 1")
                .contains("VIW_EDGE_SOURCE_RATE", "VIW_EDGE_BRIDGES", "VIW_EDGE_IDLE")
                .contains("/nowhere/server.key cannot be read");
        Map<String, String> right = site().edgeSettings();
        assertThat(Edge.ask("check", site().folder().resolve("right"), right)).startsWith("exit 0");
    }

    @Test
    void whereCertificatesAreRequiredOnlyOnesThatVerifyComeThrough() throws Exception {
        Certificates ours = site().certificates();
        Certificates others = Certificates.in(site().folder().resolve("other-ca"));
        String _ = ours.make("client", "good", "revoked-before", "revoked-now");
        String _ = ours.make("client", "--from", LONG_AGO, "--until", AGO, "expired");
        String _ = others.make("client", "good");
        String _ = ours.make("revoke", "revoked-before");
        try (Edge strict =
                site().anotherEdge("required", Map.of("CLIENT_CERTIFICATES", "required"))) {
            assertThat(statusOf(strict, ours.nobody())).isEqualTo(401);
            assertThat(statusOf(strict, ours.as(ours, "good"))).isEqualTo(101);
            assertThat(statusOf(strict, ours.as(others, "good"))).isEqualTo(401);
            assertThat(statusOf(strict, ours.as(ours, "expired"))).isEqualTo(401);
            assertThat(statusOf(strict, ours.as(ours, "revoked-before"))).isEqualTo(401);
            assertThat(statusOf(strict, ours.as(ours, "revoked-now"))).isEqualTo(101);

            int before = strict.reloads();
            String _ = ours.make("revoke", "revoked-now");
            strict.awaitReload(before);
            await().untilAsserted(() ->
                    assertThat(statusOf(strict, ours.as(ours, "revoked-now"))).isEqualTo(401));
            assertThat(statusOf(strict, ours.as(ours, "good"))).isEqualTo(101);
            // A line is written once its request has ended, a socket's after its close.
            await().untilAsserted(() ->
                    assertThat(strict.requests())
                            .extracting(line -> line.path("verify").asString())
                            .anyMatch(verify -> verify.contains("revoked"))
                            .anyMatch(verify -> verify.contains("expired"))
                            .contains("NONE", "SUCCESS"));
            try (Knock enrol =
                    knock(
                            strict,
                            Site.EDGE,
                            Knock.request("POST", "/agent/enroll", List.of("Content-Length: 0")))) {
                assertThat(enrol.status()).as("admin-api's own answer").isNotIn(401, 404, 502);
            }
        }
    }

    private static int statusOf(Edge edge, SSLContext context) throws Exception {
        String request = handshake("certified");
        try (Knock knock = Knock.tls(context, Site.EDGE, edge.port(), request)) {
            if (knock.status() == 401) {
                assertIsOurs(knock);
                assertThat(knock.body()).contains("certificate_required");
            }
            return knock.status();
        }
    }

    @Test
    void aReloadKeepsTheSocketsThatAreOpen() throws Exception {
        try (Edge reloaded = site().anotherEdge("reloaded", Map.of());
                Knock knock = knock(reloaded, Site.EDGE, handshake("kept"))) {
            knock.greet("kept");
            int before = reloaded.reloads();
            String _ = site().certificates().make("crl");
            reloaded.awaitReload(before);
            knock.send("{\"type\":\"PING\"}");
            assertThat(knock.frame()).contains("PONG");
        }
    }
}
