package io.viworks.admin;

import static io.viworks.admin.Commands.API;
import static io.viworks.admin.Commands.BRIDGE;
import static io.viworks.admin.Commands.ECHO;
import static io.viworks.admin.Commands.assertProblem;
import static io.viworks.admin.Commands.cancel;
import static io.viworks.admin.Commands.gateway;
import static io.viworks.admin.Commands.owned;
import static io.viworks.admin.Commands.path;
import static io.viworks.admin.Commands.post;
import static io.viworks.admin.Commands.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Locale;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CancelTest {
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
        int before = toTheBridge();
        ApiServer.Answer answer = cancel(gw, id);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        assertThat(answer.json().path("state").asString()).isEqualTo("QUEUED");
        assertThat(answer.json().path("cancel_requested_at").asString()).endsWith("Z");
        await().untilAsserted(() -> assertThat(toTheBridge()).isEqualTo(before + 1));
        assertThat(cancel(gw, id).status()).isEqualTo(202);
        assertThat(toTheBridge()).isEqualTo(before + 1);
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
    void remembersACancelForAnAgentThatNobodyHoldsNow() {
        String gw = gateway("cmd-lost");
        owned(gw);
        String id = post(gw, ECHO).json().path("correlation_id").asString();
        API.redis().command("DEL viw:owner:cmd-lost");
        ApiServer.Answer answer = cancel(gw, id);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        assertThat(row("state, cancel_requested_by, next_signal_at is null", id))
                .as("asked at once when the agent is held again")
                .isEqualTo("QUEUED|otto|t");
    }

    private static int toTheBridge() {
        return Integer.parseInt(API.redis().command("XLEN viw.commands." + BRIDGE).substring(1));
    }

    /** A gateway of its own with one command that is out, moved to the state. */
    private static String out(String agentId, String state, String endedBy) {
        owned(gateway(agentId));
        String id = post(agentId, ECHO).json().path("correlation_id").asString();
        API.sql(
                """
                update agent_commands set state = '%s', ended_by = %s,
                  finished_at = case when %2$s is not null then now() end
                where correlation_id = '%s'
                """
                        .formatted(state, endedBy, id));
        return id;
    }

    @ParameterizedTest
    @ValueSource(strings = {"DISPATCHED", "ACKED"})
    void asksForWhatAnAgentHasWhateverItDoesWithIt(String state) {
        String gw = "cmd-cancel-" + state.toLowerCase(Locale.ROOT);
        String id = out(gw, state, "null");
        ApiServer.Answer answer = cancel(gw, id);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        assertThat(row("state, cancel_requested_by", id)).isEqualTo(state + "|otto");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SUCCEEDED",
                "FAILED",
                "REJECTED",
                "EXPIRED",
                "EXEC_TIMED_OUT",
                "CANCELLED",
                "OUTCOME_UNKNOWN"
            })
    void leavesWhatHasEndedAsItIs(String state) {
        String gw = "cmd-cancel-" + state.toLowerCase(Locale.ROOT);
        String id = out(gw, state, "'ledger'");
        ApiServer.Answer answer = cancel(gw, id);
        assertProblem(answer, 409, "not_cancellable");
        assertThat(answer.json().path("state").asString()).isEqualTo(state);
        assertThat(row("state, cancel_requested_at is null", id)).isEqualTo(state + "|t");
    }
}
