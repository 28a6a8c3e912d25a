package io.viworks.admin;

import static io.viworks.admin.Commands.API;
import static io.viworks.admin.Commands.ECHO;
import static io.viworks.admin.Commands.ECHO_NOW;
import static io.viworks.admin.Commands.assertProblem;
import static io.viworks.admin.Commands.awaitInTheDoor;
import static io.viworks.admin.Commands.gateway;
import static io.viworks.admin.Commands.inTheDoor;
import static io.viworks.admin.Commands.owned;
import static io.viworks.admin.Commands.path;
import static io.viworks.admin.Commands.post;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

final class RepeatedCommandsTest {
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
        awaitInTheDoor(before + 1);
    }

    @Test
    void forgetsAnIdempotencyKeyAfterADay() {
        String gw = gateway("cmd-day");
        String first =
                post(gw, ECHO, "Idempotency-Key", "daily").json().path("correlation_id").asString();
        API.sql(
                "update agent_commands set issued_at = issued_at - interval '23 h' where"
                        + " agent_id = 'cmd-day'");
        assertThat(
                        post(gw, ECHO, "Idempotency-Key", "daily")
                                .json()
                                .path("correlation_id")
                                .asString())
                .isEqualTo(first);
        API.sql(
                "update agent_commands set issued_at = issued_at - interval '2 h' where"
                        + " agent_id = 'cmd-day'");
        ApiServer.Answer next = post(gw, ECHO.replace("hi", "ho"), "Idempotency-Key", "daily");
        assertThat(next.status()).as(next.body()).isEqualTo(202);
        assertThat(next.json().path("correlation_id").asString()).isNotEqualTo(first);
    }

    @Test
    void leavesTheNameOfARefusedRequestFree() {
        String gw = gateway("cmd-free-name");
        assertProblem(post(gw, ECHO_NOW, "Idempotency-Key", "k"), 409, "agent_offline");
        assertThat(post(gw, ECHO, "Idempotency-Key", "k").status()).isEqualTo(202);
    }

    @Test
    void takesAnotherTtlTimeoutOrDeliveryForAnotherRequest() {
        String gw = gateway("cmd-other");
        assertThat(post(gw, ECHO, "Idempotency-Key", "k").status()).isEqualTo(202);
        String open = ECHO.substring(0, ECHO.length() - 1);
        assertThat(post(gw, open + ",\"ttl_s\":60}", "Idempotency-Key", "k").status())
                .as("the default, spelled out")
                .isEqualTo(202);
        for (String more :
                List.of("\"ttl_s\":61", "\"timeout_s\":9", "\"delivery\":\"IMMEDIATE\"")) {
            assertProblem(
                    post(gw, open + "," + more + "}", "Idempotency-Key", "k"),
                    409,
                    "idempotency_conflict");
        }
        assertThat(API.query("select count(*) from agent_commands where agent_id = 'cmd-other'"))
                .containsExactly("1");
    }
}
