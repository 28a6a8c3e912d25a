package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What happens to those who ask too often. */
final class LimitsTest {
    private static final ApiServer API =
            ApiServer.start(
                            TestPostgres.shared(),
                            TestRedis.start(),
                            "--VIW_API_FAILURE_RATE=1",
                            "--VIW_API_RATE=5",
                            "--VIW_COMMAND_GATEWAY_RATE=1")
                    .ready();

    @AfterAll
    static void end() {
        API.close();
    }

    @Test
    void boundsHowOftenTokensCanBeTriedButShutsNobodyOutWhoIsIn() {
        assertThat(API.get("/admin/api/verbs", ApiServer.ADMIN).status()).isEqualTo(200);
        await().untilAsserted(() -> {
            ApiServer.Answer answer = API.get("/admin/api/verbs", "guess");
            assertThat(answer.code()).isEqualTo("too_many_failures");
            assertThat(answer.status()).isEqualTo(429);
            assertThat(answer.header("Retry-After")).matches("[1-9][0-9]?");
        });
        assertThat(API.get("/admin/api/verbs", null).status()).isEqualTo(429);
        // A right guess is not told from a wrong one.
        assertThat(API.get("/admin/api/verbs", ApiServer.OPERATOR).status()).isEqualTo(429);
        assertThat(API.get("/admin/api/verbs", ApiServer.ADMIN).status()).isEqualTo(200);
        assertThat(API.get("/v3/api-docs", null).status()).isEqualTo(200);
        assertThat(API.management("/actuator/prometheus").body())
                .contains("viw_api_refusals_total{code=\"too_many_failures\"}")
                .contains("viw_api_limits_remembered{of=\"addresses\"} 1");
        await().untilAsserted(() ->
                assertThat(
                                API.query(
                                        "select who from audit_log where outcome = 'too_many_failures'"))
                        .contains("(nobody)"));
    }

    @Test
    void answers429ToACallerWhoSendsTooMuchAndWritesItDown() {
        ApiServer.Answer answer =
                Stream.generate(() -> API.get("/admin/api/verbs", ApiServer.VIEWER))
                        .limit(5_000)
                        .dropWhile(one -> one.status() == 200)
                        .findFirst()
                        .orElseThrow();
        assertThat(answer.code()).isEqualTo("rate_limited");
        assertThat(answer.header("Retry-After")).matches("[1-9]");
        assertThat(API.get("/admin/api/verbs", ApiServer.ADMIN).status()).isEqualTo(200);
        await().untilAsserted(() ->
                assertThat(API.query("select who from audit_log where outcome = 'rate_limited'"))
                        .contains("vera"));
    }

    @Test
    void boundsHowOftenOneGatewayIsSentSomethingByEitherPath() {
        API.sql(
                """
                insert into os_gateways (agent_id, status, supported_verbs, features, auth)
                values ('limited', 'connected', '["echo"]', '[]', 'shared'),
                       ('other', 'connected', '["echo"]', '[]', 'shared')
                """);
        String path = "/admin/api/gateways/limited/commands";
        assertThat(API.post(path, ApiServer.ADMIN, Commands.ECHO).status()).isEqualTo(202);
        String older = "/agent/commands/limited";
        ApiServer.Answer answer =
                Stream.generate(() -> API.post(older, ApiServer.ADMIN, Commands.ECHO))
                        .limit(1_000)
                        .dropWhile(one -> !one.body().contains("too many commands for"))
                        .findFirst()
                        .orElseThrow();
        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.code()).isEqualTo("rate_limited");
        assertThat(answer.body()).contains("\\\"limited\\\"");
        assertThat(answer.header("Retry-After")).matches("[1-9]");
        // The caller may have to wait for its own sake, never for that of the first gateway.
        await().untilAsserted(() ->
                assertThat(
                                API.post("/agent/commands/other", ApiServer.ADMIN, Commands.ECHO)
                                        .status())
                        .isEqualTo(202));
    }
}
