package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OutagesTest {
    private final TestPostgres postgres = TestPostgres.start();
    private final TestRedis redis = TestRedis.start();
    private final ApiServer api = ApiServer.start(postgres, redis);

    /** What a caller never waits for, whatever is away. */
    private static final Duration HANGING = Duration.ofSeconds(15);

    /** As {@link ApiServer} sets it. */
    private static final int QUEUE_MAX = 5;

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
        Instant before = Instant.now();
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
            await().untilAsserted(() -> {
                JsonNode health = health();
                assertThat(health.path("status").asString()).isEqualTo("degraded");
                assertThat(health.path("away").toString()).contains("\"postgres\"");
                assertThat(part(health, "postgres").path("state").asString()).isEqualTo("away");
                assertThat(Instant.parse(part(health, "postgres").path("since").asString()))
                        .isBetween(before, Instant.now());
                assertThat(part(health, "postgres").path("effect").asString()).contains("503");
                assertThat(part(health, "redis").path("state").asString()).isEqualTo("up");
            });
        } finally {
            postgres.startAgain();
        }
        await().untilAsserted(() ->
                assertThat(api.get("/admin/api/gateways", ApiServer.VIEWER).status())
                        .isEqualTo(200));
    }

    private JsonNode health() {
        ApiServer.Answer answer = api.get("/admin/api/health", ApiServer.VIEWER);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json();
    }

    private static JsonNode part(JsonNode health, String name) {
        for (JsonNode part : health.path("parts")) {
            if (part.path("name").asString().equals(name)) {
                return part;
            }
        }
        throw new AssertionError("no " + name + " in " + health);
    }

    @Test
    void saysThatNoBridgeLivesAndThatAWriterIsBehind() {
        await().untilAsserted(
                        () -> assertThat(health().path("away").toString()).contains("\"bridges\""));
        String bridge = "44444444-4444-4444-8444-444444444444";
        redis.command("ZADD viw:bridges 1 " + bridge);
        redis.command("SET viw:bridge:" + bridge + " 1");
        redis.command("XADD viw.telemetry 1-1 kind TELEMETRY");
        await().untilAsserted(() -> {
            JsonNode health = health();
            assertThat(part(health, "bridges").path("state").asString()).isEqualTo("up");
            assertThat(part(health, "bridges").path("alive").asInt()).isEqualTo(1);
            assertThat(part(health, "telemetry_writer").path("state").asString())
                    .isEqualTo("behind");
            assertThat(part(health, "telemetry_writer").path("behind_s").asLong())
                    .isGreaterThan(10);
        });
        redis.command("DEL viw.telemetry");
        await().untilAsserted(() -> {
            assertThat(health().path("status").asString()).isEqualTo("up");
            assertThat(health().path("away")).isEmpty();
        });
        redis.command("DEL viw:bridge:" + bridge);
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
            await().untilAsserted(() -> {
                JsonNode health = health();
                assertThat(part(health, "redis").path("state").asString()).isEqualTo("away");
                assertThat(part(health, "bridges").path("state").asString()).isEqualTo("unknown");
            });
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

    private static final String ECHO = "{\"command\":\"echo\",\"parameters\":{\"message\":\"hi\"}}";

    @Test
    void takesCommandsIntoTheLedgerWhileRedisIsAwayAndRefusesImmediateOnes() {
        String path = "/admin/api/gateways/gw/commands";
        redis.kill();
        try {
            ApiServer.Answer queued = api.post(path, ApiServer.OPERATOR, ECHO);
            assertThat(queued.status()).as(queued.body()).isEqualTo(202);
            String id = queued.json().path("correlation_id").asString();
            assertThat(
                            api.query(
                                    "select state || attempt from agent_commands where"
                                            + " correlation_id = '"
                                            + id
                                            + "'"))
                    .containsExactly("QUEUED0");
            String now = ECHO.replace("}}", "},\"delivery\":\"IMMEDIATE\"}");
            ApiServer.Answer refused = api.post(path, ApiServer.OPERATOR, now);
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.code()).isEqualTo("backplane_away");
            assertThat(refused.header("Retry-After")).isEqualTo("5");
            assertThat(api.query("select 1 from agent_commands where delivery = 'IMMEDIATE'"))
                    .isEmpty();
            assertThat(api.post(path + "/" + id + "/cancel", ApiServer.OPERATOR, "").status())
                    .isEqualTo(202);
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

    @Test
    void boundsTheWaitForARedisThatHangs() {
        redis.pause();
        try {
            Instant before = Instant.now();
            ApiServer.Answer queued =
                    api.post("/admin/api/gateways/gw/commands", ApiServer.OPERATOR, ECHO);
            assertThat(queued.status()).as(queued.body()).isEqualTo(202);
            assertThat(Duration.between(before, Instant.now())).isLessThan(HANGING);
        } finally {
            redis.resume();
        }
        await().until(() ->
                api.management("/actuator/health/readiness")
                        .json()
                        .path("status")
                        .asString()
                        .equals("UP"));
    }

    @Test
    void refusesACommandWithoutATraceWhilePostgresIsAway() {
        long before = Long.parseLong(redis.command("XLEN viw.commands").substring(1));
        postgres.kill();
        try {
            ApiServer.Answer answer =
                    api.post("/admin/api/gateways/gw/commands", ApiServer.OPERATOR, ECHO);
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.code()).isEqualTo("database_away");
        } finally {
            postgres.startAgain();
        }
        await().untilAsserted(() ->
                assertThat(api.get("/admin/api/gateways", ApiServer.VIEWER).status())
                        .isEqualTo(200));
        assertThat(redis.command("XLEN viw.commands")).isEqualTo(":" + before);
    }

    /** Spec 3.4: once the row is committed, the answer is 202 whatever Redis says. */
    @Test
    void answers202WhateverRedisSaysAfterTheCommit() {
        api.sql("insert into os_gateways (agent_id, status) values ('odd', 'connected')");
        redis.command(
                "HSET viw:owner:odd bridge_id 11111111-1111-4111-8111-111111111111"
                        + " session_id 22222222-2222-4222-8222-222222222222 epoch 1"
                        + " instance_uid 33333333-3333-4333-8333-333333333333");
        redis.command("RENAME viw.commands aside");
        redis.command("SET viw.commands text");
        try {
            ApiServer.Answer answer =
                    api.post("/admin/api/gateways/odd/commands", ApiServer.OPERATOR, ECHO);
            assertThat(answer.status()).as(answer.body()).isEqualTo(202);
            redis.command("HSET viw:owner:odd bridge_id nonsense");
            assertThat(
                            api.post("/admin/api/gateways/odd/commands", ApiServer.OPERATOR, ECHO)
                                    .status())
                    .isEqualTo(202);
            assertThat(
                            api.query(
                                    "select state || attempt || released from agent_commands"
                                            + " where agent_id = 'odd' order by issued_at"))
                    .containsExactly("QUEUED10", "QUEUED00");
        } finally {
            redis.command("DEL viw.commands");
            redis.command("RENAME aside viw.commands");
        }
    }

    /** The outage itself is the wait here: what is asked during it is asked all the time. */
    private static final Duration OUTAGE = Duration.ofSeconds(20);

    @Test
    void acceptsEveryCommandOfTwentySecondsWithoutRedis() {
        api.sql("insert into os_gateways (agent_id, status) values ('dark', 'connected')");
        List<String> accepted = new ArrayList<>();
        redis.kill();
        try {
            Instant end = Instant.now().plus(OUTAGE);
            await().atMost(OUTAGE.plusSeconds(60))
                    .until(() -> {
                        Instant before = Instant.now();
                        ApiServer.Answer answer =
                                api.post(
                                        "/admin/api/gateways/dark/commands",
                                        ApiServer.OPERATOR,
                                        ECHO.replace("}}", "},\"ttl_s\":3600}"),
                                        "Idempotency-Key",
                                        "dark-" + accepted.size());
                        assertThat(Duration.between(before, Instant.now())).isLessThan(HANGING);
                        if (accepted.size() < QUEUE_MAX) {
                            assertThat(answer.status()).as(answer.body()).isEqualTo(202);
                            accepted.add(answer.json().path("correlation_id").asString());
                        } else {
                            assertThat(answer.code()).isEqualTo("queue_full");
                        }
                        assertThat(
                                        api.get(
                                                        "/admin/api/gateways/dark/commands",
                                                        ApiServer.VIEWER)
                                                .status())
                                .isEqualTo(200);
                        return Instant.now().isAfter(end);
                    });
        } finally {
            redis.startAgain();
        }
        assertThat(
                        api.query(
                                "select correlation_id from agent_commands where agent_id = 'dark'"
                                        + " and state = 'QUEUED' and attempt = 0 order by issued_at"))
                .containsExactlyElementsOf(accepted);
        await().untilAsserted(() ->
                assertThat(
                                api.management("/actuator/health/readiness")
                                        .json()
                                        .path("status")
                                        .asString())
                        .isEqualTo("UP"));
    }

    @Test
    void answers503ForTwentySecondsWithoutPostgresAndAcceptsTheSameRequestOnceAfterwards() {
        api.sql("insert into os_gateways (agent_id, status) values ('mute', 'connected')");
        String path = "/admin/api/gateways/mute/commands";
        postgres.kill();
        try {
            Instant end = Instant.now().plus(OUTAGE);
            await().atMost(OUTAGE.plusSeconds(60))
                    .until(() -> {
                        Instant before = Instant.now();
                        ApiServer.Answer post =
                                api.post(path, ApiServer.OPERATOR, ECHO, "Idempotency-Key", "mute");
                        assertThat(Duration.between(before, Instant.now())).isLessThan(HANGING);
                        assertThat(post.status()).as(post.body()).isEqualTo(503);
                        assertThat(post.code()).isEqualTo("database_away");
                        assertThat(post.header("Retry-After")).isEqualTo("5");
                        ApiServer.Answer list = api.get(path, ApiServer.VIEWER);
                        assertThat(list.code()).as(list.body()).isEqualTo("database_away");
                        assertThat(api.management("/actuator/health/liveness").status())
                                .isEqualTo(200);
                        return Instant.now().isAfter(end);
                    });
        } finally {
            postgres.startAgain();
        }
        await().until(() ->
                api.post(path, ApiServer.OPERATOR, ECHO, "Idempotency-Key", "mute").status()
                        == 202);
        assertThat(api.query("select count(*) from agent_commands where agent_id = 'mute'"))
                .containsExactly("1");
    }

    @Test
    void acceptsCommandsWhileRedisIsFull() {
        api.sql("insert into os_gateways (agent_id, status) values ('full', 'connected')");
        redis.command(
                "HSET viw:owner:full bridge_id 11111111-1111-4111-8111-111111111111"
                        + " session_id 22222222-2222-4222-8222-222222222222 epoch 1"
                        + " instance_uid 33333333-3333-4333-8333-333333333333");
        redis.command("CONFIG SET maxmemory 1");
        try {
            ApiServer.Answer answer =
                    api.post("/admin/api/gateways/full/commands", ApiServer.OPERATOR, ECHO);
            assertThat(answer.status()).as(answer.body()).isEqualTo(202);
            assertThat(
                            api.query(
                                    "select state || attempt || released from agent_commands"
                                            + " where agent_id = 'full'"))
                    .as("out on paper, until the ledger sends it again")
                    .containsExactly("QUEUED10");
        } finally {
            redis.command("CONFIG SET maxmemory 0");
        }
    }
}
