package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

final class CommandsTest {
    private static final ApiServer API = ApiServer.shared().ready();
    private static final String ECHO = "{\"command\":\"echo\",\"parameters\":{\"message\":\"hi\"}}";

    private static final String BRIDGE = "11111111-1111-4111-8111-111111111111";

    private static String gateway(String agentId) {
        API.sql(
                """
                insert into os_gateways (agent_id, status, site, supported_verbs, features, auth)
                values ('%s', 'connected', 'paris', '["echo","create_panel_user"]',
                  '["ack","journal","job_status","cancel"]', 'shared')
                """
                        .formatted(agentId));
        return agentId;
    }

    /** What a bridge writes when it holds the agent. */
    private static void owned(String agentId) {
        API.redis()
                .command(
                        "HSET viw:owner:"
                                + agentId
                                + " bridge_id "
                                + BRIDGE
                                + " session_id 22222222-2222-4222-8222-222222222222"
                                + " epoch 1 instance_uid 33333333-3333-4333-8333-333333333333");
    }

    private static ApiServer.Answer post(String agentId, String body, String... headers) {
        return API.post(path(agentId), ApiServer.OPERATOR, body, headers);
    }

    private static String path(String agentId) {
        return "/admin/api/gateways/" + agentId + "/commands";
    }

    private static String row(String columns, String correlationId) {
        return API.query(
                        "select concat_ws('|', %s) from agent_commands where correlation_id = '%s'"
                                .formatted(columns, correlationId))
                .getFirst();
    }

    private static int inTheDoor() {
        return Integer.parseInt(API.redis().command("XLEN viw.commands").substring(1));
    }

    @Test
    void acceptsACommandAndSendsItWhenTheGatewayIsHeld() {
        String gw = gateway("cmd-held");
        owned(gw);
        int before = inTheDoor();
        ApiServer.Answer answer = post(gw, ECHO);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        String id = answer.json().path("correlation_id").asString();
        assertThat(answer.header("Location")).isEqualTo(path(gw) + "/" + id);
        assertThat(row("state, attempt, released, instance_uid, issued_by_admin_id, timeout_s", id))
                .isEqualTo("QUEUED|1|0|33333333-3333-4333-8333-333333333333|otto|5");
        assertThat(inTheDoor()).isEqualTo(before + 1);
        String envelope =
                API.query(
                                "select convert_from(envelope, 'UTF8') from agent_commands where"
                                        + " correlation_id = '"
                                        + id
                                        + "'")
                        .getFirst();
        assertThat(envelope)
                .contains(
                        "\"message\":\"hi\"",
                        "\"agent_id\":\"cmd-held\"",
                        "\"issued_by\":\"otto\"");
        JsonNode command = API.get(answer.header("Location"), ApiServer.VIEWER).json();
        assertThat(command.path("state").asString()).isEqualTo("QUEUED");
        assertThat(command.path("parameters").path("message").asString()).isEqualTo("hi");
    }

    @Test
    void queuesACommandForAGatewayThatNobodyHolds() {
        String gw = gateway("cmd-away");
        int before = inTheDoor();
        ApiServer.Answer answer = API.post("/agent/commands/" + gw, ApiServer.OPERATOR, ECHO);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        assertThat(row("state, attempt", answer.json().path("correlation_id").asString()))
                .isEqualTo("QUEUED|0");
        assertThat(inTheDoor()).isEqualTo(before);
    }

    @Test
    void answersTheSameRequestTheSame() {
        String gw = gateway("cmd-again");
        String other = gateway("cmd-again-2");
        ApiServer.Answer first = post(gw, ECHO, "Idempotency-Key", "order-1");
        assertThat(first.status()).as(first.body()).isEqualTo(202);
        String reordered = "{\"parameters\":{\"message\":\"hi\"}, \"command\":\"echo\"}";
        assertThat(post(gw, reordered, "Idempotency-Key", "order-1").json())
                .isEqualTo(first.json());
        ApiServer.Answer conflict =
                post(gw, ECHO.replace("hi", "ho"), "Idempotency-Key", "order-1");
        assertThat(conflict.status()).isEqualTo(409);
        assertThat(conflict.code()).isEqualTo("idempotency_conflict");
        ApiServer.Answer elsewhere = post(other, ECHO, "Idempotency-Key", "order-1");
        assertThat(elsewhere.status()).isEqualTo(202);
        assertThat(elsewhere.json().path("correlation_id"))
                .isNotEqualTo(first.json().path("correlation_id"));
        ApiServer.Answer byAnother =
                API.post(path(gw), ApiServer.ADMIN, ECHO, "Idempotency-Key", "order-1");
        assertThat(byAnother.json().path("correlation_id"))
                .isNotEqualTo(first.json().path("correlation_id"));
        assertThat(post(gw, ECHO, "Idempotency-Key", "with blank").status()).isEqualTo(400);
        API.sql("update os_gateways set status = 'decommissioned' where agent_id = 'cmd-again'");
        assertThat(post(gw, ECHO, "Idempotency-Key", "order-1").json()).isEqualTo(first.json());
    }

    @Test
    void takesACorrelationIdAsTheNameOfTheRequest() {
        String gw = gateway("cmd-named");
        String other = gateway("cmd-named-2");
        String id = UUID.randomUUID().toString();
        String body =
                ECHO.replace("{\"command\"", "{\"correlation_id\":\"" + id + "\",\"command\"");
        ApiServer.Answer first = post(gw, body);
        assertThat(first.json().path("correlation_id").asString()).isEqualTo(id);
        assertThat(post(gw, body).json()).isEqualTo(first.json());
        assertThat(post(gw, body.replace("hi", "ho")).code()).isEqualTo("idempotency_conflict");
        assertThat(post(other, body).code()).isEqualTo("idempotency_conflict");
        assertThat(API.post(path(gw), ApiServer.ADMIN, body).code())
                .isEqualTo("idempotency_conflict");
        assertThat(API.query("select count(*) from agent_commands where agent_id = '" + gw + "'"))
                .containsExactly("1");
    }

    @Test
    void refusesMoreThanTheQueueHolds() {
        String gw = gateway("cmd-full");
        for (int i = 0; i < 5; i++) {
            assertThat(post(gw, ECHO).status()).isEqualTo(202);
        }
        ApiServer.Answer answer = post(gw, ECHO);
        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.code()).isEqualTo("queue_full");
        assertThat(Integer.parseInt(answer.header("Retry-After"))).isPositive();
    }

    @Test
    void deliversImmediatelyOrNotAtAll() {
        String now = ECHO.replace("}}", "},\"delivery\":\"IMMEDIATE\"}");
        String gw = gateway("cmd-now");
        ApiServer.Answer offline = post(gw, now);
        assertThat(offline.status()).isEqualTo(409);
        assertThat(offline.code()).isEqualTo("agent_offline");
        assertThat(post(gw, ECHO).status()).isEqualTo(202);
        owned(gw);
        ApiServer.Answer busy = post(gw, now);
        assertThat(busy.status()).isEqualTo(409);
        assertThat(busy.code()).isEqualTo("agent_busy");
        String free = gateway("cmd-free");
        owned(free);
        ApiServer.Answer accepted = post(free, now);
        assertThat(accepted.status()).as(accepted.body()).isEqualTo(202);
        assertThat(row("delivery, attempt", accepted.json().path("correlation_id").asString()))
                .isEqualTo("IMMEDIATE|1");
    }

    @Test
    void refusesWhatTheGatewayMustNotOrCannotBeSent() {
        String gw = gateway("cmd-odd");
        ApiServer.Answer unsupported =
                post(gw, "{\"command\":\"list_containers\",\"parameters\":{}}");
        assertThat(unsupported.status()).isEqualTo(409);
        assertThat(unsupported.code()).isEqualTo("verb_unsupported");
        API.sql("update os_gateways set clone_suspected = true where agent_id = 'cmd-odd'");
        assertThat(post(gw, ECHO).code()).isEqualTo("clone_suspected");
        API.sql("update os_gateways set status = 'decommissioned' where agent_id = 'cmd-odd'");
        assertThat(post(gw, ECHO).code()).isEqualTo("gateway_decommissioned");
        assertThat(post("cmd-nowhere", ECHO).code()).isEqualTo("unknown_gateway");
    }

    @Test
    void neverStoresASecretThatItCannotSeal() {
        String gw = gateway("cmd-secret");
        String body =
                "{\"command\":\"create_panel_user\",\"parameters\":"
                        + "{\"username\":\"eve\",\"password\":\"Zq8-marked-secret\"}}";
        ApiServer.Answer shared = post(gw, body);
        assertThat(shared.status()).isEqualTo(409);
        assertThat(shared.code()).isEqualTo("not_enrolled");
        API.sql(
                """
                insert into agent_credentials (agent_id, kind, key_id, public_key)
                values ('cmd-secret', 'ed25519', 'cmd-secret-key', decode(repeat('ab', 32), 'hex'))
                """);
        ApiServer.Answer enrolled = post(gw, body);
        assertThat(enrolled.code()).isEqualTo("secrets_unavailable");
        assertThat(shared.body() + enrolled.body()).doesNotContain("Zq8");
        assertThat(API.query("select count(*) from agent_commands where agent_id = 'cmd-secret'"))
                .containsExactly("0");
        await().until(() ->
                !API.query("select 1 from audit_log where target = 'cmd-secret'").isEmpty());
        assertThat(API.query("select a::text from audit_log a where target = 'cmd-secret'"))
                .noneMatch(row -> row.contains("Zq8"));
    }

    @Test
    void holdsToTheRightsOfTheCaller() {
        String gw = gateway("cmd-rights");
        ApiServer.Answer viewer = API.post(path(gw), ApiServer.VIEWER, ECHO);
        assertThat(viewer.status()).isEqualTo(403);
        assertThat(viewer.code()).isEqualTo("forbidden");
        assertThat(API.post(path(gw), ApiServer.BERLIN, ECHO).code()).isEqualTo("unknown_gateway");
        ApiServer.Answer verb =
                API.post(
                        path(gw),
                        ApiServer.ECHO_ONLY,
                        "{\"command\":\"list_containers\",\"parameters\":{}}");
        assertThat(verb.status()).isEqualTo(403);
        assertThat(verb.code()).isEqualTo("verb_forbidden");
        assertThat(API.post(path(gw), ApiServer.ECHO_ONLY, ECHO).status()).isEqualTo(202);
        await().untilAsserted(() ->
                assertThat(
                                API.query(
                                        "select who || ' ' || outcome from audit_log"
                                                + " where target = 'cmd-rights'"))
                        .containsExactlyInAnyOrder(
                                "vera forbidden",
                                "berta unknown_gateway",
                                "echo verb_forbidden",
                                "echo accepted"));
    }

    @Test
    void showsTheHistoryInPagesAndOneCommandWithItsResults() {
        String gw = gateway("cmd-history");
        List<String> sent = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            sent.addFirst(post(gw, ECHO).json().path("correlation_id").asString());
        }
        List<String> shown = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = API.get(path(gw) + "?limit=2" + cursor, ApiServer.VIEWER).json();
            page.path("items").forEach(c -> shown.add(c.path("correlation_id").asString()));
            cursor =
                    page.path("next_cursor").isNull()
                            ? ""
                            : "&cursor=" + page.path("next_cursor").asString();
        } while (!cursor.isEmpty());
        assertThat(shown).containsExactlyElementsOf(sent);
        API.sql(
                """
                update agent_commands set state = 'SUCCEEDED', ended_by = 'result',
                  finished_at = now() where correlation_id = '%1$s';
                insert into agent_command_results (correlation_id, execution_id, agent_id, command,
                  status, rc, stdout_redacted, data, duration_ms, finished_at)
                values ('%1$s', '%1$s', '%2$s', 'echo', 'success', 0, 'hi',
                  '{"message":"hi"}', 3, now());
                """
                        .formatted(sent.getFirst(), gw));
        JsonNode command = API.get(path(gw) + "/" + sent.getFirst(), ApiServer.VIEWER).json();
        assertThat(command.path("state").asString()).isEqualTo("SUCCEEDED");
        assertThat(command.path("results").path(0).path("data").path("message").asString())
                .isEqualTo("hi");
        assertThat(
                        API.get("/admin/api/gateways/" + gw, ApiServer.VIEWER)
                                .json()
                                .path("last_results")
                                .path(0)
                                .path("correlation_id")
                                .asString())
                .isEqualTo(sent.getFirst());
        assertThat(API.get(path(gw) + "/" + UUID.randomUUID(), ApiServer.VIEWER).code())
                .isEqualTo("unknown_command");
        assertThat(API.get(path(gw) + "/x", ApiServer.VIEWER).code()).isEqualTo("unknown_command");
        assertThat(API.get(path(gw) + "/" + sent.getFirst(), ApiServer.BERLIN).status())
                .isEqualTo(404);
    }

    @Test
    void passesTheTraceOnAndIgnoresAMalformedOne() {
        String gw = gateway("cmd-trace");
        String trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        String traced =
                post(gw, ECHO, "traceparent", trace).json().path("correlation_id").asString();
        assertThat(row("traceparent", traced)).isEqualTo(trace);
        String untraced =
                post(gw, ECHO, "traceparent", "00-zz").json().path("correlation_id").asString();
        assertThat(row("coalesce(traceparent, 'none')", untraced)).isEqualTo("none");
    }

    private static ApiServer.Answer cancel(String agentId, String correlationId) {
        return API.post(path(agentId) + "/" + correlationId + "/cancel", ApiServer.OPERATOR, "");
    }

    @Test
    void cancelsAtOnceWhatNoAgentHas() {
        String gw = gateway("cmd-cancel");
        String id = post(gw, ECHO).json().path("correlation_id").asString();
        ApiServer.Answer answer = cancel(gw, id);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        assertThat(answer.json().path("state").asString()).isEqualTo("CANCELLED");
        assertThat(answer.header("Location")).isEqualTo(path(gw) + "/" + id);
        ApiServer.Answer again = cancel(gw, id);
        assertThat(again.status()).isEqualTo(409);
        assertThat(again.code()).isEqualTo("not_cancellable");
        assertThat(again.json().path("state").asString()).isEqualTo("CANCELLED");
        assertThat(
                        API.query(
                                "select what || ' ' || who from audit_log where target = '"
                                        + gw
                                        + "'"))
                .contains("command.accept otto", "command.cancel otto");
        assertThat(cancel(gw, UUID.randomUUID().toString()).code()).isEqualTo("unknown_command");
        assertThat(API.post(path(gw) + "/" + id + "/cancel", ApiServer.VIEWER, "").status())
                .isEqualTo(403);
    }

    @Test
    void asksTheAgentToGiveBackWhatIsOut() {
        String gw = gateway("cmd-recall");
        owned(gw);
        String id = post(gw, ECHO).json().path("correlation_id").asString();
        ApiServer.Answer answer = cancel(gw, id);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        assertThat(answer.json().path("state").asString()).isEqualTo("QUEUED");
        assertThat(answer.json().path("cancel_requested_at").asString()).endsWith("Z");
        assertThat(API.redis().command("XLEN viw.commands." + BRIDGE)).isEqualTo(":1");
        assertThat(cancel(gw, id).status()).isEqualTo(202);
        assertThat(API.redis().command("XLEN viw.commands." + BRIDGE)).isEqualTo(":1");
    }

    @Test
    void saysWhenWhatIsOutCannotBeAskedBack() {
        String gw = gateway("cmd-plain");
        API.sql("update os_gateways set features = '[\"ack\"]' where agent_id = 'cmd-plain'");
        owned(gw);
        String id = post(gw, ECHO).json().path("correlation_id").asString();
        ApiServer.Answer answer = cancel(gw, id);
        assertThat(answer.status()).as(answer.body()).isEqualTo(409);
        assertThat(answer.code()).isEqualTo("not_cancellable");
        assertThat(answer.json().path("state").asString()).isEqualTo("QUEUED");
        assertThat(row("state, cancel_requested_at is null", id)).isEqualTo("QUEUED|t");
    }

    @Test
    void claimsOnlyWhatTheGatewayHasRoomFor() {
        String gw = gateway("cmd-room");
        API.sql("update os_gateways set max_concurrency = 2 where agent_id = 'cmd-room'");
        owned(gw);
        int before = inTheDoor();
        List<String> attempts = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            String id = post(gw, ECHO).json().path("correlation_id").asString();
            attempts.add(row("attempt", id));
        }
        assertThat(attempts).containsExactly("1", "1", "0", "0");
        assertThat(inTheDoor()).isEqualTo(before + 2);
        String now = ECHO.replace("}}", "},\"delivery\":\"IMMEDIATE\"}");
        assertThat(post(gw, now).code()).isEqualTo("agent_busy");
    }

    @Test
    void leavesNothingBehindOfACommandThatItRefused() {
        String gw = gateway("cmd-clean");
        API.sql("update os_gateways set clone_suspected = true where agent_id = 'cmd-clean'");
        owned(gw);
        int before = inTheDoor();
        assertThat(post(gw, ECHO).code()).isEqualTo("clone_suspected");
        assertThat(API.query("select count(*) from agent_commands where agent_id = 'cmd-clean'"))
                .containsExactly("0");
        assertThat(inTheDoor()).isEqualTo(before);
        await().untilAsserted(() ->
                assertThat(
                                API.query(
                                        "select outcome from audit_log where target ="
                                                + " 'cmd-clean'"))
                        .containsExactly("clone_suspected"));
    }

    @Test
    void refusesAnotherCorrelationIdUnderTheSameKey() {
        String gw = gateway("cmd-two-names");
        assertThat(post(gw, ECHO, "Idempotency-Key", "k").status()).isEqualTo(202);
        String named =
                ECHO.replace(
                        "{\"command\"",
                        "{\"correlation_id\":\"" + UUID.randomUUID() + "\",\"command\"");
        assertThat(post(gw, named, "Idempotency-Key", "k").code())
                .isEqualTo("idempotency_conflict");
    }

    @Test
    void takesTheSameRequestSentManyTimesAtOnceForOne() throws Exception {
        String gw = gateway("cmd-storm");
        owned(gw);
        int before = inTheDoor();
        Set<String> ids = ConcurrentHashMap.newKeySet();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 20; i++) {
                callers.execute(() ->
                        ids.add(
                                post(gw, ECHO, "Idempotency-Key", "storm")
                                        .json()
                                        .path("correlation_id")
                                        .asString("refused")));
            }
        }
        assertThat(ids).hasSize(1).doesNotContain("refused");
        assertThat(inTheDoor()).isEqualTo(before + 1);
    }
}
