package io.viworks.admin;

import static io.viworks.admin.Commands.API;
import static io.viworks.admin.Commands.ECHO;
import static io.viworks.admin.Commands.assertProblem;
import static io.viworks.admin.Commands.cancel;
import static io.viworks.admin.Commands.gateway;
import static io.viworks.admin.Commands.parameter;
import static io.viworks.admin.Commands.path;
import static io.viworks.admin.Commands.post;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

final class CommandHistoryTest {
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
    void pagesThroughCommandsIssuedInTheSameInstant() {
        String gw = gateway("cmd-ties");
        for (int i = 0; i < 5; i++) {
            post(gw, ECHO);
        }
        API.sql("update agent_commands set issued_at = now() where agent_id = 'cmd-ties'");
        List<String> shown = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = API.get(path(gw) + "?limit=1" + cursor, ApiServer.VIEWER).json();
            page.path("items").forEach(c -> shown.add(c.path("correlation_id").asString()));
            JsonNode next = page.path("next_cursor");
            cursor = next.isString() ? "&cursor=" + next.asString() : "";
        } while (!cursor.isEmpty());
        assertThat(shown).hasSize(5).doesNotHaveDuplicates();
    }

    @Test
    void refusesWhatNamesNoPage() {
        String gw = gateway("cmd-pages");
        gateway("cmd-pages-2");
        for (String limit : List.of("0", "201", "-1", "x", "1.5", "99999999999999999999")) {
            ApiServer.Answer answer = API.get(path(gw) + "?limit=" + limit, ApiServer.VIEWER);
            assertProblem(answer, 400, "bad_parameter");
            assertThat(parameter(answer)).isEqualTo("limit");
        }
        assertProblem(
                API.get(path(gw) + "?limit=1&limit=2", ApiServer.VIEWER), 400, "bad_parameter");
        assertProblem(API.get(path(gw) + "?status=x", ApiServer.VIEWER), 400, "bad_parameter");
        String elsewhere =
                API.get("/admin/api/gateways?limit=1", ApiServer.VIEWER)
                        .json()
                        .path("next_cursor")
                        .asString();
        for (String cursor : List.of("x", "%00", "", "Y29tbWFuZHM", elsewhere)) {
            assertProblem(
                    API.get(path(gw) + "?cursor=" + cursor, ApiServer.VIEWER),
                    400,
                    cursor.equals("%00") ? "bad_parameter" : "bad_cursor");
        }
        assertProblem(API.get(path("cmd-unheard"), ApiServer.VIEWER), 404, "unknown_gateway");
    }

    @Test
    void showsACallerOnlyWhatItMaySee() {
        String gw = gateway("cmd-seen");
        String echo = post(gw, ECHO).json().path("correlation_id").asString();
        API.sql(
                """
                insert into agent_commands (correlation_id, agent_id, verb, args, envelope, origin,
                  delivery, state, issued_by_admin_id, issued_at, expires_at, ends_by, timeout_s)
                values ('00000000-0000-4000-8000-00000000c0de', 'cmd-seen', 'list_containers',
                  '{}', '{}', 'api', 'QUEUE', 'QUEUED', 'otto', now(), now() + interval '1 h',
                  now() + interval '2 h', 5)
                """);
        assertThat(API.get(path(gw), ApiServer.OPERATOR).json().path("items")).hasSize(2);
        JsonNode ofVerb = API.get(path(gw), ApiServer.ECHO_ONLY).json().path("items");
        assertThat(ofVerb).hasSize(1);
        assertThat(ofVerb.path(0).path("correlation_id").asString()).isEqualTo(echo);
        String other = path(gw) + "/00000000-0000-4000-8000-00000000c0de";
        assertProblem(API.get(other, ApiServer.ECHO_ONLY), 404, "unknown_command");
        assertProblem(API.post(other + "/cancel", ApiServer.ECHO_ONLY, ""), 404, "unknown_command");
        assertProblem(API.get(path(gw), ApiServer.BERLIN), 404, "unknown_gateway");
        assertProblem(API.get(path(gw), null), 401, "unauthorized");
        assertProblem(API.get(path(gw), ApiServer.EXPIRED), 401, "unauthorized");
    }

    @Test
    void findsNoCommandUnderAnotherGateway() {
        String gw = gateway("cmd-mine");
        String other = gateway("cmd-yours");
        String id = post(gw, ECHO).json().path("correlation_id").asString();
        assertProblem(API.get(path(other) + "/" + id, ApiServer.ADMIN), 404, "unknown_command");
        assertProblem(cancel(other, id), 404, "unknown_command");
        assertProblem(
                API.get(path(gw) + "/" + id.toUpperCase(Locale.ROOT) + "x", ApiServer.VIEWER),
                404,
                "unknown_command");
    }
}
