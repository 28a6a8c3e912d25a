package io.viworks.conformance.packaged.attack;

import static io.viworks.conformance.packaged.attack.AttackedStack.BYSTANDER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Callers who want more than they may. */
abstract class HostileCalls {
    private static final String ECHO = "{\"command\":\"echo\",\"parameters\":{\"message\":\"x\"}}";

    private static AttackedStack stack() {
        return HostileWorldTest.stack();
    }

    @Test
    void aViewerChangesNothing() throws Exception {
        String viewer = stack().run().tokens().viewer();
        String before = stack().gateway(BYSTANDER).path("edit_version").toString();
        List<List<String>> calls =
                List.of(
                        List.of("POST", "/gateways/" + BYSTANDER + "/commands", ECHO),
                        List.of("POST", "/gateways/register", "{\"agent_id\":\"by-viewer\"}"),
                        List.of("POST", "/enrollment-tokens", "{}"),
                        List.of("DELETE", "/gateways/" + BYSTANDER, ""),
                        List.of("GET", "/audit", ""));
        for (List<String> call : calls) {
            HttpResponse<String> answer =
                    stack().send(call.get(0), call.get(1), viewer, call.get(2));
            assertThat(answer.statusCode()).as(call + answer.body()).isEqualTo(403);
        }
        assertThat(stack().gateway(BYSTANDER).path("edit_version").toString()).isEqualTo(before);
        assertThat(stack().query("select 1 from os_gateways where agent_id = 'by-viewer'"))
                .isEmpty();
    }

    @Test
    void aGatewayOfAnotherSiteDoesNotExist() throws Exception {
        String token = "of-one-site-and-no-other";
        byte[] digest =
                MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        stack().update(
                        """
                        insert into api_tokens (name, sha256, role, sites)
                        values ('paris-admin', '%s', 'admin', '{paris}')
                        """
                                .formatted(HexFormat.of().formatHex(digest)));
        await().atMost(Duration.ofSeconds(60))
                .until(() -> stack().send("GET", "/gateways", token, "").statusCode() == 200);
        String id = stack().echo(BYSTANDER, "not for paris");
        for (List<String> call :
                List.of(
                        List.of("GET", "", ""),
                        List.of("GET", "/commands", ""),
                        List.of("GET", "/commands/" + id, ""),
                        List.of("GET", "/telemetry/latest", ""),
                        List.of("GET", "/credentials", ""),
                        List.of("POST", "/commands", ECHO),
                        List.of("POST", "/commands/" + id + "/cancel", ""),
                        List.of("DELETE", "", ""))) {
            HttpResponse<String> hidden = paris(call, BYSTANDER, token);
            assertThat(hidden.statusCode()).as(call + hidden.body()).isEqualTo(404);
            HttpResponse<String> none = paris(call, "no-such-gateway", token);
            assertThat(hidden.body().replace(BYSTANDER, "*"))
                    .isEqualTo(none.body().replace("no-such-gateway", "*"));
        }
        assertThat(stack().send("GET", "/gateways?q=demo", token, "").body())
                .doesNotContain(BYSTANDER);
    }

    private static HttpResponse<String> paris(List<String> call, String gateway, String token)
            throws Exception {
        return stack().send(call.get(0), "/gateways/" + gateway + call.get(1), token, call.get(2));
    }

    @Test
    void noPathLeadsPastTheDoor() {
        for (String path :
                List.of(
                        "/admin/api/gateways",
                        "//admin/api/gateways",
                        "/admin//api/gateways",
                        "/admin/api/gateways/",
                        "/admin/api/gateways;a=b",
                        "/admin;a/api/gateways",
                        "/admin/api;/gateways/demo-gateway-1",
                        "/%61dmin/api/gateways",
                        "/admin/api/%67ateways",
                        "/admin%2fapi%2fgateways",
                        "/admin%5capi%5cgateways",
                        "/admin\\api\\gateways",
                        "/admin/api/./gateways",
                        "/admin/api/x/../gateways",
                        "/v3/api-docs/../../admin/api/gateways",
                        "/v3/api-docs/..;/..;/admin/api/gateways",
                        "/v3/api-docs/%2e%2e/%2e%2e/admin/api/gateways",
                        "/v3/api-docs/%252e%252e/%252e%252e/admin/api/gateways",
                        "/agent/enroll/../../admin/api/gateways",
                        "/agent/enroll;/../../admin/api/gateways",
                        "/admin/api/gateways%00",
                        "/admin/api/gateways/demo-gateway-1%00.css",
                        "/admin/api/gateways/demo-gateway-1/commands.json",
                        "/ADMIN/API/GATEWAYS",
                        "/admin/api/gateways/" + "a/".repeat(2_000),
                        "/admin/api/gateways/" + "%c0%ae%c0%ae/".repeat(20),
                        "/actuator/env",
                        "/actuator/health/../env",
                        "/internal/agent/agents",
                        "http://other/admin/api/gateways")) {
            for (int port : List.of(stack().apiPort(), stack().bridgePort())) {
                for (String method : List.of("GET", "HEAD", "POST", "OPTIONS", "TRACE", "get")) {
                    assertClosed(port, method + " " + path);
                }
            }
        }
        for (String path :
                List.of(
                        "//internal/agent/agents",
                        "/internal/agent/agents/",
                        "/internal/agent/agents;a",
                        "/internal;/agent/agents",
                        "/internal/agent/%61gents",
                        "/agent/_health/../../internal/agent/agents",
                        "/agent/ws/../../internal/agent/agents",
                        "/internal/agent/agents/demo-gateway-1/telemetry",
                        "/internal/agent/agents/demo-gateway-1%2ftelemetry")) {
            assertClosed(stack().bridgePort(), "GET " + path);
        }
    }

    private static void assertClosed(int port, String line) {
        String answer =
                Bytewise.exchange(
                        port,
                        Bytewise.request(
                                line, Map.of("Connection", "close", "Content-Length", "0"), ""));
        assertThat(Bytewise.statuses(answer))
                .as(line.substring(0, Math.min(120, line.length())) + " => " + answer)
                .hasSizeLessThanOrEqualTo(1)
                .allMatch(status -> (status >= 400 && status < 500) || status == 501);
        assertThat(answer)
                .doesNotContain("\"agent_id\"", "cpu_pct", "Exception", "Tomcat", "\tat ");
    }

    @Test
    void anIdThatIsNoneIsNoGateway() {
        for (String id :
                List.of(
                        "..",
                        "%2e%2e",
                        "%2e%2e%2fdemo-gateway-1",
                        "..%2f..%2fetc%2fpasswd",
                        "demo-gateway-1%00",
                        "demo-gateway-1%0d%0aX-Injected:%201",
                        "demo-gateway-1;v=1",
                        "demo-gateway-1%3b",
                        "demo-gateway-1%2f",
                        "demo-gateway-1%20",
                        "%20demo-gateway-1",
                        "DEMO-GATEWAY-1",
                        "demo-gateway-%EF%BC%91",
                        "demo-gateway-1%E2%80%AE",
                        "%F0%9F%92%A9",
                        "%ff%fe",
                        "%",
                        "%zz",
                        "*",
                        "demo-gateway-_",
                        "demo%25",
                        "'%20or%20'1'='1",
                        "a".repeat(65),
                        "a".repeat(6_000))) {
            for (String after : List.of("", "/commands", "/telemetry/latest")) {
                String answer =
                        Bytewise.answerTo(
                                stack().apiPort(),
                                Bytewise.request(
                                        "GET /admin/api/gateways/" + id + after,
                                        Map.of(
                                                "Connection",
                                                "close",
                                                "Authorization",
                                                "Bearer " + stack().admin()),
                                        ""));
                assertThat(Bytewise.statuses(answer))
                        .as(id.substring(0, Math.min(80, id.length())) + after + " => " + answer)
                        .hasSize(1)
                        .allMatch(status -> status >= 400 && status < 500);
                assertThat(answer).doesNotContain("\nX-Injected", "Exception", "\tat ");
            }
        }
    }
}
