package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AccessTest {
    private static final ApiServer API = ApiServer.shared().ready();

    @Test
    void asksForATokenWhenThereIsNone() {
        ApiServer.Answer answer = API.get("/admin/api/gateways", null);
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.code()).isEqualTo("unauthorized");
        assertThat(answer.header("WWW-Authenticate")).isEqualTo("Bearer realm=\"viworks\"");
    }

    @Test
    void refusesWrongExpiredAndMalformedTokens() {
        for (String token : List.of("wrong", ApiServer.EXPIRED, ApiServer.VIEWER + "x", "a b")) {
            ApiServer.Answer answer = API.get("/admin/api/gateways", token);
            assertThat(answer.status()).as(token).isEqualTo(401);
            assertThat(answer.header("WWW-Authenticate")).contains("invalid_token");
        }
        assertThat(
                        API.send(
                                        API.request("/admin/api/verbs", null)
                                                .header("Authorization", "Basic dmVyYTp4"))
                                .status())
                .isEqualTo(401);
        assertThat(
                        API.send(
                                        API.request("/admin/api/verbs", ApiServer.VIEWER)
                                                .header(
                                                        "Authorization",
                                                        "Bearer " + ApiServer.ADMIN))
                                .status())
                .isEqualTo(401);
    }

    @Test
    void refusesATokenSoonAfterItWasRevoked() {
        String token = "short-lived-token-0123456789abcdef";
        API.sql(
                "insert into api_tokens (name, sha256, role) values ('short', '%s', 'viewer')"
                        .formatted(ApiServer.sha256(token)));
        await().until(() -> API.get("/admin/api/verbs", token).status() == 200);
        API.sql("update api_tokens set revoked_at = now() where name = 'short'");
        await().until(() -> API.get("/admin/api/verbs", token).status() == 401);
    }

    @Test
    void hidesWhatItIsMadeOf() {
        for (ApiServer.Answer answer :
                List.of(
                        API.get("/admin/api/gateways", ApiServer.VIEWER),
                        API.get("/admin/api/nowhere", ApiServer.VIEWER),
                        API.get("/admin/api/gateways", null))) {
            assertThat(answer.headers().map()).doesNotContainKeys("server", "x-powered-by");
            assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(answer.header("X-Frame-Options")).isEqualTo("DENY");
            assertThat(answer.header("Cache-Control")).contains("no-store");
            assertThat(answer.header("Content-Security-Policy")).contains("default-src 'none'");
            assertThat(answer.body()).doesNotContain("Exception", "Tomcat", "org.springframework");
        }
    }

    @Test
    void answersOnlyHealthAndMetricsOnTheManagementPort() {
        assertThat(API.management("/actuator/health").status()).isEqualTo(200);
        assertThat(API.management("/actuator/health/liveness").status()).isEqualTo(200);
        assertThat(API.management("/actuator/health/readiness").json().path("status").asString())
                .isIn("UP", "DEGRADED");
        assertThat(API.management("/actuator/prometheus").body()).contains("viw_api_refusals");
        for (String path : List.of("/actuator/env", "/actuator/beans", "/actuator/shutdown")) {
            assertThat(API.management(path).status()).as(path).isIn(401, 404);
        }
        assertThat(API.get("/actuator/health", ApiServer.ADMIN).status()).isEqualTo(404);
    }

    @Test
    void writesRefusalsToTheAuditLogAndBoundsThoseOfStrangers() {
        String strangers = "select outcome from audit_log where who = '(nobody)'";
        int before = API.query(strangers).size();
        Instant begun = Instant.now();
        for (int i = 0; i < 300; i++) {
            API.get("/admin/api/gateways", "flood-" + i);
        }
        // 60 of each minute that began before or during this, and a row that counts the others.
        int most = 61 * ((int) Duration.between(begun, Instant.now()).toMinutes() + 2);

        await().untilAsserted(() ->
                assertThat(API.query(strangers))
                        .contains("unauthorized")
                        .hasSizeLessThanOrEqualTo(before + most));
        assertThat(API.query("select count(*) from audit_log where what like '%flood-%'"))
                .containsExactly("0");
    }

    @Test
    void answersUnknownPathsAndMethodsAsProblems() {
        assertThat(API.get("/admin/api/nowhere", ApiServer.VIEWER).code()).isEqualTo("not_found");
        ApiServer.Answer method =
                API.send(API.request("/admin/api/gateways", ApiServer.ADMIN).DELETE());
        assertThat(method.status()).isEqualTo(405);
        assertThat(method.header("Allow")).isEqualTo("GET");
        ApiServer.Answer accept =
                API.send(
                        API.request("/admin/api/gateways", ApiServer.VIEWER)
                                .header("Accept", "application/xml"));
        assertThat(accept.status()).isEqualTo(406);
        assertThat(accept.header("Content-Type")).isEqualTo("application/problem+json");
    }

    @Test
    void describesItselfWithWireNamesRolesAndProblems() {
        ApiServer.Answer answer = API.get("/v3/api-docs", null);
        assertThat(answer.json().path("openapi").asString()).startsWith("3.1");
        assertThat(answer.body())
                .contains("/admin/api/gateways/{agent_id}", "next_cursor", "agent_id")
                .contains("application/problem+json", "unknown_gateway", "Needs the role viewer")
                .doesNotContain("\"nextCursor\"", "\"agentId\"");
        assertThat(API.get("/swagger-ui/index.html", null).status()).isEqualTo(200);
    }
}
