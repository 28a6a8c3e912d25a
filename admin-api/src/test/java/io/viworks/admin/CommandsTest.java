package io.viworks.admin;

import static io.viworks.admin.Commands.API;
import static io.viworks.admin.Commands.ECHO;
import static io.viworks.admin.Commands.ECHO_NOW;
import static io.viworks.admin.Commands.awaitInTheDoor;
import static io.viworks.admin.Commands.gateway;
import static io.viworks.admin.Commands.inTheDoor;
import static io.viworks.admin.Commands.owned;
import static io.viworks.admin.Commands.path;
import static io.viworks.admin.Commands.post;
import static io.viworks.admin.Commands.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

final class CommandsTest {
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
        awaitInTheDoor(before + 1);
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

    /** By the gateway first: what else is wrong would tell that it is there. */
    @Test
    void saysOfAnUnknownGatewayThatItIsUnknownWhateverElseIsWrong() {
        String gw = "cmd-nowhere";
        for (String body :
                List.of(
                        ECHO,
                        "{\"command\":\"no_such_verb\"}",
                        "{\"command\":\"echo\",\"parameters\":{\"message\":7}}")) {
            ApiServer.Answer answer = post(gw, body);
            assertThat(answer.status()).as(body).isEqualTo(404);
            assertThat(answer.code()).as(body).isEqualTo("unknown_gateway");
        }
        assertThat(API.query("select agent_id from agent_commands where agent_id = '" + gw + "'"))
                .isEmpty();
        assertThat(
                        API.get(
                                        path(gw) + "/11111111-1111-4111-8111-111111111111",
                                        ApiServer.VIEWER)
                                .code())
                .isEqualTo("unknown_gateway");
    }

    @Test
    void sendsItsAnswerWhole() {
        ApiServer.Answer answer = post(gateway("cmd-whole"), ECHO);
        assertThat(answer.header("Content-Length"))
                .isEqualTo(String.valueOf(answer.body().length()));
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
        String gw = gateway("cmd-now");
        ApiServer.Answer offline = post(gw, ECHO_NOW);
        assertThat(offline.status()).isEqualTo(409);
        assertThat(offline.code()).isEqualTo("agent_offline");
        assertThat(post(gw, ECHO).status()).isEqualTo(202);
        owned(gw);
        ApiServer.Answer busy = post(gw, ECHO_NOW);
        assertThat(busy.status()).isEqualTo(409);
        assertThat(busy.code()).isEqualTo("agent_busy");
        String free = gateway("cmd-free");
        owned(free);
        ApiServer.Answer accepted = post(free, ECHO_NOW);
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
        ApiServer.Answer answer =
                post(
                        gw,
                        "{\"command\":\"create_panel_user\",\"parameters\":"
                                + "{\"username\":\"eve\",\"password\":\"Zq8-marked-secret\"}}");
        assertThat(answer.status()).isEqualTo(409);
        assertThat(answer.code()).isEqualTo("secrets_unavailable");
        assertThat(answer.body()).contains("VIW_SEALING_KEYS_FILE").doesNotContain("Zq8");
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
        awaitInTheDoor(before + 2);
        assertThat(post(gw, ECHO_NOW).code()).isEqualTo("agent_busy");
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
    void countsNoCommandThatHasExpiredAmongThoseThatWait() {
        String gw = gateway("cmd-past");
        for (int i = 0; i < 5; i++) {
            assertThat(post(gw, ECHO).status()).isEqualTo(202);
        }
        API.sql(
                "update agent_commands set issued_at = issued_at - interval '1 h',"
                        + " expires_at = expires_at - interval '1 h' where agent_id = 'cmd-past'");
        owned(gw);
        ApiServer.Answer answer = post(gw, ECHO_NOW);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        assertThat(row("attempt", answer.json().path("correlation_id").asString())).isEqualTo("1");
    }
}
