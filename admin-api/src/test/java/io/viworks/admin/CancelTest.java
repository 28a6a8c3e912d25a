package io.viworks.admin;

import static io.viworks.admin.Commands.API;
import static io.viworks.admin.Commands.BRIDGE;
import static io.viworks.admin.Commands.ECHO;
import static io.viworks.admin.Commands.cancel;
import static io.viworks.admin.Commands.gateway;
import static io.viworks.admin.Commands.owned;
import static io.viworks.admin.Commands.path;
import static io.viworks.admin.Commands.post;
import static io.viworks.admin.Commands.row;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;

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
}
