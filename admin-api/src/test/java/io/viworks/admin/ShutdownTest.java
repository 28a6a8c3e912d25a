package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** The end of a gateway whose agent is told to end first. */
final class ShutdownTest {
    /** Fewer threads than ends that are waited for. */
    private static final ApiServer API =
            ApiServer.start(
                            TestPostgres.shared(),
                            TestRedis.start(),
                            "--server.tomcat.threads.max=3",
                            "--server.tomcat.threads.min-spare=1")
                    .ready();

    @AfterAll
    static void end() {
        API.close();
    }

    private static String gateway(String id, boolean held) {
        API.sql(
                """
                insert into os_gateways (agent_id, status, supported_verbs, features, auth)
                values ('%s', 'connected', '["shutdown_agent","echo"]', '["ack","journal"]', 'shared')
                """
                        .formatted(id));
        if (held) {
            API.redis()
                    .command(
                            "HSET viw:owner:"
                                    + id
                                    + " bridge_id 11111111-1111-4111-8111-111111111111"
                                    + " session_id 22222222-2222-4222-8222-222222222222 epoch 1"
                                    + " instance_uid 33333333-3333-4333-8333-333333333333");
        }
        return id;
    }

    private static ApiServer.Answer delete(String id, String query, String token) {
        return API.send(API.request("/admin/api/gateways/" + id + query, token).DELETE());
    }

    private static CompletableFuture<ApiServer.Answer> shutdown(String id) {
        return CompletableFuture.supplyAsync(
                () -> delete(id, "?shutdown=true", ApiServer.ADMIN), Thread::startVirtualThread);
    }

    private static List<String> commands(String id) {
        return API.query(
                "select verb || ' ' || state from agent_commands where agent_id = '" + id + "'");
    }

    private static String status(String id) {
        return API.query("select status from os_gateways where agent_id = '" + id + "'").getFirst();
    }

    private static void endCommandsOf(String id) {
        API.sql(
                """
                update agent_commands set state = 'SUCCEEDED', ended_by = 'result',
                  finished_at = now() where agent_id = '%s'
                """
                        .formatted(id));
    }

    @Test
    void waitsForTheEndOfTheAgentAndDecommissionsThen() {
        gateway("ends", true);
        CompletableFuture<ApiServer.Answer> answer = shutdown("ends");
        await().until(() ->
                commands("ends").stream().anyMatch(c -> c.startsWith("shutdown_agent")));
        assertThat(status("ends")).isEqualTo("connected");
        assertThat(answer).isNotDone();
        endCommandsOf("ends");
        assertThat(answer.join().status()).as(answer.join().body()).isEqualTo(204);
        assertThat(status("ends")).isEqualTo("decommissioned");
        assertThat(
                        API.query(
                                "select what from audit_log where target = 'ends' and outcome ="
                                        + " 'accepted' order by id"))
                .containsExactly("command.accept", "gateway.decommission");
    }

    @Test
    void waitsForManyWithoutAThreadForEachAndNoLongerThanTenSeconds() {
        List<CompletableFuture<ApiServer.Answer>> answers = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            answers.add(shutdown(gateway("silent-" + i, true)));
        }
        await().until(() ->
                API.query("select 1 from agent_commands where agent_id like 'silent-%'").size()
                        == 12);
        Instant begun = Instant.now();
        assertThat(API.get("/admin/api/verbs", ApiServer.VIEWER).status()).isEqualTo(200);
        for (CompletableFuture<ApiServer.Answer> answer : answers) {
            assertThat(answer.join().status()).isEqualTo(204);
        }
        assertThat(Duration.between(begun, Instant.now())).isLessThan(Duration.ofSeconds(30));
        assertThat(
                        API.query(
                                """
                                select 1 from agent_commands
                                where agent_id like 'silent-%' and issued_at <
                                    (select min(ts) from audit_log
                                     where what = 'gateway.decommission'
                                       and target like 'silent-%')
                                """))
                .as("asked to end before the first was waited for: more than there are threads")
                .hasSizeGreaterThan(3);
        assertThat(
                        API.query(
                                "select distinct status from os_gateways where agent_id like"
                                        + " 'silent-%'"))
                .containsExactly("decommissioned");
    }

    @Test
    void doesNotWaitForAnAgentThatIsAway() {
        gateway("away", false);
        assertThat(delete("away", "?shutdown=true", ApiServer.ADMIN).status()).isEqualTo(204);
        assertThat(status("away")).isEqualTo("decommissioned");
        assertThat(commands("away")).isEmpty();
        assertThat(delete("away", "?shutdown=true", ApiServer.ADMIN).status()).isEqualTo(204);
    }

    @Test
    void leavesTheGatewayAloneWhenTheCallerMayNot() {
        gateway("kept", true);
        String token = "echo-admin-0123456789abcdefghijklmnop";
        API.sql(
                "insert into api_tokens (name, sha256, role, verbs) values ('echoadmin', '%s', 'admin', '{echo}')"
                        .formatted(ApiServer.sha256(token)));
        await().until(() -> API.get("/admin/api/verbs", token).status() == 200);
        assertThat(delete("kept", "?shutdown=true", token).code()).isEqualTo("verb_forbidden");
        assertThat(delete("kept", "?shutdown=true", ApiServer.OPERATOR).status()).isEqualTo(403);
        assertThat(delete("kept", "?shutdown=perhaps", ApiServer.ADMIN).status()).isEqualTo(400);
        assertThat(status("kept")).isEqualTo("connected");
        assertThat(delete("nowhere", "?shutdown=true", ApiServer.ADMIN).code())
                .isEqualTo("unknown_gateway");
        assertThat(delete("kept", "?shutdown=false", ApiServer.ADMIN).status()).isEqualTo(204);
        assertThat(commands("kept")).isEmpty();
    }
}
