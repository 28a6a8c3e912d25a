package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the outside can see and try: headers, methods, paths, origins, and the management port. */
final class SurfaceTest {
    private static final ApiServer API = ApiServer.shared().ready();
    private static final String GATEWAYS = "/admin/api/gateways";

    private static final Map<String, String> HEADERS =
            Map.of(
                    "x-content-type-options", "nosniff",
                    "x-frame-options", "deny",
                    "content-security-policy", "frame-ancestors 'none'",
                    "referrer-policy", "no-referrer",
                    "cache-control", "no-store");

    /**
     * What is sent to the socket as it stands, and answered; with the header lines in lower case.
     */
    private static String raw(int port, String request) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String line(String method, String target, String... headers) {
        return method
                + " "
                + target
                + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer "
                + ApiServer.ADMIN
                + "\r\n"
                + String.join("", Stream.of(headers).map(header -> header + "\r\n").toList())
                + "\r\n";
    }

    private static int status(String answer) {
        assertThat(answer).startsWith("HTTP/1.1 ");
        return Integer.parseInt(answer.substring(9, 12));
    }

    private static void assertHarmless(String request, String answer) {
        String head = answer.split("\r\n\r\n", 2)[0].toLowerCase(Locale.ROOT);
        HEADERS.forEach((name, value) ->
                assertThat(head.lines().filter(line -> line.startsWith(name + ":")))
                        .as(request + ": " + name)
                        .singleElement()
                        .asString()
                        .contains(value));
        assertThat(head)
                .as(request)
                .doesNotContain("server:", "x-powered-by", "set-cookie", "access-control-");
        assertThat(answer)
                .as(request)
                .doesNotContain(
                        "Tomcat", "Exception", "org.apache", "org.springframework", "\tat ");
    }

    static Stream<String> requests() {
        return Stream.of(
                line("GET", GATEWAYS),
                line("HEAD", GATEWAYS),
                line("OPTIONS", GATEWAYS),
                line("GET", "/"),
                line("GET", "/admin"),
                line("GET", "/nowhere"),
                line("GET", GATEWAYS + "/nobody"),
                line("DELETE", GATEWAYS),
                line("GET", GATEWAYS, "Accept: application/xml"),
                line("GET", GATEWAYS + "?limit=x"),
                line("GET", GATEWAYS + "?q=%ff"),
                line("POST", GATEWAYS + "/x/commands", "Content-Length: 70000"),
                line("POST", GATEWAYS + "/x/commands", "Content-Length: 0"),
                line("POST", GATEWAYS + "/register", "Content-Type: text/xml", "Content-Length: 0"),
                line("TRACE", GATEWAYS),
                line("TRACK", GATEWAYS),
                line("CONNECT", "127.0.0.1:80"),
                line("PROPFIND", GATEWAYS),
                line("get", GATEWAYS),
                line("GET", "//admin/api/gateways"),
                line("GET", "/admin//api/gateways"),
                line("GET", "/admin/api/./gateways"),
                line("GET", "/admin/api/../api/gateways"),
                line("GET", "/admin/api/gateways/..;/gateways"),
                line("GET", "/admin/api/gateways;x=y"),
                line("GET", "/admin/api/gateways/;/commands"),
                line("GET", "/admin/api/%2e%2e/api/gateways"),
                line("GET", "/admin/api/gateways/%2e%2e%2f%2e%2e%2fetc%2fpasswd"),
                line("GET", "/admin/api/gateways/%2fetc"),
                line("GET", "/admin/api/gateways/%5c"),
                line("GET", "/admin/api/gateways/a%00b"),
                line("GET", "/admin/api/gateways/a%0d%0aX-Evil:%20yes"),
                line("GET", "/admin/api/gateways/%252e%252e"),
                line("GET", "/admin/api/gateways/%e2%80%a8"),
                line("GET", "/admin/api/gateways/%c0%ae%c0%ae"),
                line("GET", "/admin/api/gateways/\\..\\"),
                line("GET", "/admin/api/gateways/{agent_id}"),
                line("GET", "/%61dmin/api/gateways"),
                line("GET", "http://evil.example/admin/api/gateways"),
                line("GET", "*"),
                line("GET", GATEWAYS + "?" + "x".repeat(20_000)),
                line("GET", GATEWAYS, "X-Long: " + "y".repeat(20_000)),
                line("GET", GATEWAYS, "X-Bad\u0000: y"),
                line("GET", GATEWAYS, " folded: y"),
                line("GET", GATEWAYS, "no colon"),
                line("POST", GATEWAYS, "Content-Length: 5", "Content-Length: 6"),
                line("POST", GATEWAYS, "Content-Length: -1"),
                line("POST", GATEWAYS, "Transfer-Encoding: nonsense"),
                "GET " + GATEWAYS + " HTTP/1.1\r\nConnection: close\r\n\r\n",
                "GET " + GATEWAYS + " HTTP/9.9\r\nHost: x\r\nConnection: close\r\n\r\n",
                "GET " + GATEWAYS + " HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
                "GET " + GATEWAYS + " HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
                "GARBAGE\r\n\r\n",
                "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n");
    }

    @ParameterizedTest
    @MethodSource("requests")
    void answersWhateverIsSentWithoutAFaultAndWithSafeHeaders(String request) {
        String shown = request.substring(0, Math.min(80, request.length()));
        String answer = raw(API.port(), request);
        assertHarmless(shown, answer);
        // 501 and 505 are what RFC 9110 wants for codings, methods and versions not known.
        assertThat(status(answer)).as(shown).isNotEqualTo(500).isBetween(200, 505);
        assertThat(answer).as(shown).doesNotContain("\"code\":\"internal\"");
        assertThat(answer.toLowerCase(Locale.ROOT)).as(shown).doesNotContain("x-evil: yes");
    }

    @Test
    void opensNothingByATrickInThePath() {
        for (String target :
                List.of(
                        "//admin/api/gateways",
                        "/admin/api/gateways;x=y",
                        "/v3/api-docs/../../admin/api/gateways",
                        "/v3/api-docs/..;/..;/admin/api/gateways",
                        "/swagger-ui/%2e%2e/admin/api/gateways",
                        "/swagger-ui/..%2fadmin/api/gateways",
                        "/agent/enroll/../../admin/api/gateways",
                        "/agent/enroll;/../admin/api/gateways",
                        "/agent/enroll/..;/admin/api/gateways",
                        "/swagger-ui/..%5cadmin%5capi%5cgateways",
                        "/Admin/Api/Gateways",
                        "/admin/api/gateways/",
                        "/admin/api/gateways.json",
                        "/actuator/..;/admin/api/gateways")) {
            String answer =
                    raw(
                            API.port(),
                            "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            assertThat(status(answer)).as(target).isIn(400, 401, 404);
            assertThat(answer).as(target).doesNotContain("\"items\"");
        }
    }

    @Test
    void givesTheDocumentationAPolicyOfItsOwn() {
        for (String path : List.of("/swagger-ui/index.html", "/v3/api-docs")) {
            ApiServer.Answer answer = API.get(path, null);
            assertThat(answer.header("Content-Security-Policy"))
                    .contains("script-src 'self'", "frame-ancestors 'none'")
                    .doesNotContain("unsafe-eval", "script-src 'self' 'unsafe-inline'");
            assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
        }
    }

    @Test
    void answersHeadAsGetWithoutItsBody() {
        String answer = raw(API.port(), line("HEAD", GATEWAYS));
        assertThat(status(answer)).isEqualTo(200);
        assertThat(answer.split("\r\n\r\n", 2)[1]).isEmpty();
    }

    /** A panel's connection is not closed under it, as Tomcat by itself does after a hundred. */
    @Test
    void answersHundredsOfRequestsOnOneConnection() {
        String kept = "HEAD /admin/api/signing-keys HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
        String answers =
                raw(API.port(), kept.repeat(300) + line("HEAD", "/admin/api/signing-keys"));
        assertThat(answers.split("HTTP/1.1 ", -1)).hasSize(302);
    }

    private static String preflight(ApiServer api, String origin) {
        return raw(
                api.port(),
                "OPTIONS /admin/api/gateways HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: "
                        + origin
                        + "\r\nAccess-Control-Request-Method: GET\r\n"
                        + "Access-Control-Request-Headers: authorization\r\n\r\n");
    }

    @Test
    void letsNoOtherOriginIn() {
        for (String origin : List.of("https://evil.example", "null", "http://127.0.0.1")) {
            assertThat(preflight(API, origin).toLowerCase(Locale.ROOT))
                    .doesNotContain("access-control-allow");
            assertThat(
                            raw(API.port(), line("GET", GATEWAYS, "Origin: " + origin))
                                    .toLowerCase(Locale.ROOT))
                    .doesNotContain("access-control-allow");
        }
    }

    @Test
    void letsNamedOriginsInAndOnlyThose() {
        try (ApiServer api =
                ApiServer.start(
                                TestPostgres.shared(),
                                TestRedis.start(),
                                "--VIW_CORS_ORIGINS=https://panel.example,https://b.example:8443")
                        .ready()) {
            String allowed = preflight(api, "https://panel.example").toLowerCase(Locale.ROOT);
            assertThat(status(preflight(api, "https://b.example:8443"))).isEqualTo(200);
            assertThat(allowed)
                    .contains("access-control-allow-origin: https://panel.example")
                    .doesNotContain("access-control-allow-credentials");
            for (String origin :
                    List.of(
                            "https://panel.example.evil.example",
                            "http://panel.example",
                            "https://panel.example:444",
                            "https://b.example",
                            "null")) {
                String refused = preflight(api, origin);
                assertThat(status(refused)).as(origin).isEqualTo(403);
                assertThat(refused.toLowerCase(Locale.ROOT))
                        .as(origin)
                        .doesNotContain("access-control-allow")
                        .contains("application/problem+json");
            }
            String answer = raw(api.port(), line("GET", GATEWAYS, "Origin: https://panel.example"));
            assertThat(status(answer)).isEqualTo(200);
            assertThat(answer.toLowerCase(Locale.ROOT))
                    .contains("access-control-allow-origin: https://panel.example", "vary: origin");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "auditevents",
                "beans",
                "caches",
                "conditions",
                "configprops",
                "env",
                "env/PATH",
                "flyway",
                "heapdump",
                "httpexchanges",
                "info",
                "integrationgraph",
                "jolokia",
                "liquibase",
                "logfile",
                "loggers",
                "loggers/ROOT",
                "mappings",
                "metrics",
                "quartz",
                "refresh",
                "restart",
                "sbom",
                "scheduledtasks",
                "sessions",
                "shutdown",
                "startup",
                "threaddump"
            })
    void hasNoActuatorButHealthAndMetrics(String endpoint) {
        String path = "/actuator/" + endpoint;
        assertThat(API.management(path).status()).isIn(401, 404);
        assertThat(API.get(path, null).status()).isEqualTo(401);
        assertThat(API.get(path, ApiServer.ADMIN).status()).isEqualTo(404);
        for (int port : List.of(API.port(), API.managementPort())) {
            assertThat(status(raw(port, line("POST", path, "Content-Length: 0"))))
                    .isIn(401, 404, 405);
        }
    }

    @Test
    void hasHealthAndMetricsOnTheManagementPortAlone() {
        for (String path : List.of("health", "health/liveness", "health/readiness", "prometheus")) {
            ApiServer.Answer answer = API.management("/actuator/" + path);
            assertThat(answer.status()).as(path).isEqualTo(200);
            assertThat(answer.header("X-Content-Type-Options")).as(path).isEqualTo("nosniff");
            assertThat(answer.headers().map()).doesNotContainKeys("server", "x-powered-by");
            assertThat(API.get("/actuator/" + path, ApiServer.ADMIN).status()).isEqualTo(404);
        }
        assertThat(API.management("/actuator/health").body())
                .doesNotContain("jdbc", "redis://", "Exception");
        assertThat(API.management(GATEWAYS).status()).isIn(401, 404);
        assertThat(API.management("/v3/api-docs").status()).isIn(401, 404);
        HttpRequest.Builder withToken =
                HttpRequest.newBuilder(
                                java.net.URI.create(
                                        "http://127.0.0.1:" + API.managementPort() + GATEWAYS))
                        .header("Authorization", "Bearer " + ApiServer.ADMIN);
        assertThat(API.send(withToken).status()).isEqualTo(404);
    }
}
