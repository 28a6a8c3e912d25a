package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OutagesTest {
    private final TestPostgres postgres = TestPostgres.start();
    private final TestRedis redis = TestRedis.start();
    private final ApiServer api = ApiServer.start(postgres, redis);

    @BeforeAll
    void oneGateway() {
        api.ready();
        api.sql(
                """
                insert into os_gateways (agent_id, status, supported_verbs)
                values ('gw', 'connected', '["echo"]')
                """);
    }

    @AfterAll
    void stop() {
        api.close();
        redis.close();
        postgres.close();
    }

    @Test
    void answers503WhilePostgresIsAwayAndRecoversByItself() {
        postgres.kill();
        try {
            ApiServer.Answer answer = api.get("/admin/api/gateways", ApiServer.VIEWER);
            assertThat(answer.status()).as(answer.body()).isEqualTo(503);
            assertThat(answer.code()).isEqualTo("database_away");
            assertThat(answer.header("Retry-After")).isEqualTo("5");
            assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
            assertThat(api.get("/admin/api/gateways", "wrong").status()).isEqualTo(401);
            assertThat(api.management("/actuator/health/liveness").status()).isEqualTo(200);
            ApiServer.Answer readiness = api.management("/actuator/health/readiness");
            assertThat(readiness.status()).isEqualTo(200);
            assertThat(readiness.json().path("status").asString()).isEqualTo("DEGRADED");
            assertThat(readiness.body()).contains("Postgres");
        } finally {
            postgres.startAgain();
        }
        await().untilAsserted(() ->
                assertThat(api.get("/admin/api/gateways", ApiServer.VIEWER).status())
                        .isEqualTo(200));
    }

    @Test
    void readsGoOnWhileRedisIsAway() {
        redis.kill();
        try {
            await().until(() ->
                    api.management("/actuator/health/readiness")
                            .json()
                            .path("status")
                            .asString()
                            .equals("DEGRADED"));
            assertThat(api.management("/actuator/health/readiness").body()).contains("Redis");
            assertThat(api.get("/admin/api/gateways/gw", ApiServer.VIEWER).status()).isEqualTo(200);
        } finally {
            redis.startAgain();
        }
        await().until(() ->
                api.management("/actuator/health/readiness")
                        .json()
                        .path("status")
                        .asString()
                        .equals("UP"));
    }
}
