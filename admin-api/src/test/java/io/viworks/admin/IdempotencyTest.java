package io.viworks.admin;

import static io.viworks.admin.Commands.API;
import static io.viworks.admin.Commands.assertProblem;
import static io.viworks.admin.Commands.gateway;
import static io.viworks.admin.Commands.parameter;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** POSTs that are sent again under the same {@code Idempotency-Key}. */
final class IdempotencyTest {
    private static final String TOKENS = "/admin/api/enrollment-tokens";
    private static final String REGISTER = "/admin/api/gateways/register";

    private static ApiServer.Answer post(String path, String body, String key) {
        return API.post(path, ApiServer.ADMIN, body, "Idempotency-Key", key);
    }

    private static String key() {
        return UUID.randomUUID().toString();
    }

    private static String count(String table, String where) {
        return API.query("select count(*) from " + table + " where " + where).getFirst();
    }

    @Test
    void answersTheSameAgainWithTheSecretThatIsNowhereElse() {
        String key = key();
        ApiServer.Answer first = post(REGISTER, "{\"agent_id\":\"idem-1\",\"site\":\"x\"}", key);
        assertThat(first.status()).as(first.body()).isEqualTo(201);
        String token = first.json().path("token").asString();
        assertThat(token).startsWith("viwj_");
        ApiServer.Answer again = post(REGISTER, "{\"agent_id\":\"idem-1\",\"site\":\"x\"}", key);
        assertThat(again.status()).isEqualTo(201);
        assertThat(again.body()).isEqualTo(first.body());
        assertThat(again.header("Content-Type")).isEqualTo(first.header("Content-Type"));
        assertThat(count("enrollment_tokens", "agent_id = 'idem-1'")).isEqualTo("1");
        assertThat(count("audit_log", "target = 'idem-1' and what = 'gateway.register'"))
                .isEqualTo("1");
        for (String column : List.of("sealed_body", "key_mark", "request_sha256")) {
            assertThat(
                            count(
                                    "idempotent_answers",
                                    "position('%s'::bytea in %s) > 0 or position('%s'::bytea in %s) > 0"
                                            .formatted(token, column, key, column)))
                    .as(column)
                    .isEqualTo("0");
        }
        assertProblem(
                post(REGISTER, "{\"agent_id\":\"idem-2\"}", key), 409, "idempotency_conflict");
        assertThat(count("os_gateways", "agent_id = 'idem-2'")).isEqualTo("0");
    }

    @Test
    void wantsARandomKeyWhereTheAnswerHoldsASecret() {
        for (String weak : List.of("register-gateway-7", "a".repeat(64), "0".repeat(32))) {
            ApiServer.Answer answer = post(TOKENS, "{}", weak);
            assertProblem(answer, 400, "bad_parameter");
            assertThat(parameter(answer)).isEqualTo("Idempotency-Key");
        }
        gateway("idem-weak");
        String cancel = Commands.path("idem-weak") + "/" + key() + "/cancel";
        assertProblem(post(cancel, "", "short"), 404, "unknown_command");
        assertProblem(post(cancel, "", "with blank"), 400, "bad_parameter");
        assertProblem(post(cancel, "", "x".repeat(129)), 400, "bad_parameter");
    }

    @Test
    void keepsNothingOfWhatItRefuses() {
        String key = key();
        assertProblem(post(REGISTER, "{\"agent_id\":\"no way\"}", key), 422, "invalid_body");
        assertThat(post(REGISTER, "{\"agent_id\":\"idem-3\"}", key).status()).isEqualTo(201);
        assertProblem(post(REGISTER, "{\"agent_id\":\"idem-3\"}", key()), 409, "gateway_exists");
    }

    @Test
    void namesARequestOfOneCallerAndPathForADay() {
        String key = key();
        assertThat(post(TOKENS, "{\"uses\":2}", key).status()).isEqualTo(201);
        assertThat(post(REGISTER, "{\"agent_id\":\"idem-4\"}", key).status()).isEqualTo(201);
        assertProblem(
                API.post(TOKENS, ApiServer.OPERATOR, "{\"uses\":2}", "Idempotency-Key", key),
                403,
                "forbidden");
        String first = post(TOKENS, "{\"uses\":2}", key).json().path("id").asString();
        API.sql("update idempotent_answers set created_at = now() - interval '25 h'");
        assertThat(post(TOKENS, "{\"uses\":2}", key).json().path("id").asString())
                .as("a day later it is a new request")
                .isNotEqualTo(first);
    }

    @Test
    void runsOneOfManyThatComeAtTheSameTime() throws Exception {
        String key = key();
        List<Callable<ApiServer.Answer>> calls = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            calls.add(() -> post(TOKENS, "{\"site\":\"idem-race\"}", key));
        }
        HashSet<String> answers = new HashSet<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
            for (Future<ApiServer.Answer> call : threads.invokeAll(calls)) {
                assertThat(call.get().status()).as(call.get().body()).isEqualTo(201);
                answers.add(call.get().body());
            }
        }
        assertThat(answers).hasSize(1);
        assertThat(count("enrollment_tokens", "site = 'idem-race'")).isEqualTo("1");
    }

    /** The first hangs in the database: whoever repeats it is told so, and later its answer. */
    @Test
    void tellsWhoComesWhileTheFirstIsWorkedOn() throws Exception {
        String key = key();
        gateway("idem-slow");
        String path = "/admin/api/gateways/idem-slow/credentials/reopen";
        try (Connection connection = API.database().connect();
                Statement statement = connection.createStatement();
                ExecutorService threads = Executors.newFixedThreadPool(1)) {
            connection.setAutoCommit(false);
            statement.execute("select 1 from os_gateways where agent_id = 'idem-slow' for update");
            Future<ApiServer.Answer> first = threads.submit(() -> post(path, "", key));
            org.awaitility.Awaitility.await()
                    .until(() ->
                            !API.query(
                                            "select 1 from pg_stat_activity where wait_event_type ="
                                                    + " 'Lock' and query like '%for update%'")
                                    .isEmpty());
            ApiServer.Answer second = post(path, "", key);
            connection.commit();
            assertThat(first.get().status()).as(first.get().body()).isEqualTo(204);
            assertProblem(second, 409, "request_in_progress");
            assertThat(second.header("Retry-After")).isEqualTo("1");
        }
    }

    /** The effect and the kept answer are one transaction: a crash leaves both or neither. */
    @Test
    void doesNotDoWhatItCannotKeep() throws SQLException {
        String key = key();
        API.sql(
                """
                create function not_kept() returns trigger language plpgsql as $$
                begin raise exception 'gone' using errcode = '57P01'; end $$;
                create trigger not_kept before update on idempotent_answers for each row
                  execute function not_kept();
                """);
        try {
            assertProblem(
                    post(REGISTER, "{\"agent_id\":\"idem-crash\"}", key), 503, "database_away");
        } finally {
            API.sql("drop trigger not_kept on idempotent_answers; drop function not_kept()");
        }
        assertThat(count("os_gateways", "agent_id = 'idem-crash'")).isEqualTo("0");
        assertThat(post(REGISTER, "{\"agent_id\":\"idem-crash\"}", key).status()).isEqualTo(201);
    }
}
