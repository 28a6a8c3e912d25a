package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Edits of gateways: merge patches with If-Match, and the all-clear after a clone. */
final class GatewayEditsTest {
    private static final ApiServer API = ApiServer.shared().ready();
    private static final AtomicInteger NEXT = new AtomicInteger();

    private static String gateway(String site) {
        String id = "edit-" + NEXT.incrementAndGet();
        API.sql(
                """
                insert into os_gateways (agent_id, display_name, site, labels, notes, status,
                                         supported_verbs, last_seen, edit_version)
                values ('%s', 'Old', '%s', '{"tier":"gold","rack":"7"}', 'first', 'disconnected',
                        '["echo"]', now(), 3)
                """
                        .formatted(id, site));
        return id;
    }

    private static String path(String id) {
        return "/admin/api/gateways/" + id;
    }

    private static ApiServer.Answer patch(
            String id, @Nullable String ifMatch, String body, String token) {
        HttpRequest.Builder request =
                API.request(path(id), token)
                        .header("Content-Type", "application/merge-patch+json")
                        .method("PATCH", HttpRequest.BodyPublishers.ofString(body));
        return API.send(ifMatch == null ? request : request.header("If-Match", ifMatch));
    }

    private static ApiServer.Answer patch(String id, String body) {
        return patch(id, "*", body, ApiServer.OPERATOR);
    }

    private static String audit(String id) {
        return String.join(
                "\n",
                API.query(
                        """
                        select who || ' ' || what || ' ' || detail from audit_log
                        where target = '%s' and outcome = 'accepted'
                        """
                                .formatted(id)));
    }

    @Test
    void changesWhatIsSentAndLeavesTheRest() {
        String id = gateway("berlin");
        ApiServer.Answer answer =
                patch(
                        id,
                        "\"3\"",
                        """
                        {"display_name":"Neu \u00fc", "notes":null,
                         "labels":{"rack":"8","tier":null,"with ' and \\" ":"x"}}
                        """,
                        ApiServer.OPERATOR);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        JsonNode gateway = answer.json();
        assertThat(gateway.path("display_name").asString()).isEqualTo("Neu ü");
        assertThat(gateway.path("site").asString()).isEqualTo("berlin");
        assertThat(gateway.path("notes").isNull()).isTrue();
        assertThat(gateway.path("labels").propertyNames())
                .containsExactlyInAnyOrder("rack", "with ' and \" ");
        assertThat(gateway.path("edit_version").asLong()).isEqualTo(4);
        assertThat(answer.header("ETag")).isEqualTo("\"4\"");
        assertThat(API.get(path(id), ApiServer.VIEWER).header("ETag")).isEqualTo("\"4\"");
        assertThat(audit(id))
                .startsWith("otto gateway.edit ")
                .contains("\"display_name_before\": \"Old\"", "\"notes_after\": \"\"", "labels_")
                .doesNotContain("site");
        assertThat(
                        API.query(
                                "select status || dir_rev || (last_seen > now() - interval '1 hour')"
                                        + " from os_gateways where agent_id = '"
                                        + id
                                        + "'"))
                .as("what is not edited is not written")
                .containsExactly("disconnected1true");
        assertThat(patch(id, "{\"labels\":null}").json().path("labels")).isEmpty();
        await().untilAsserted(() -> assertThat(told(id)).containsExactly("edited", "edited"));
    }

    /** What was told of a gateway on {@code viw.events}. */
    private static List<String> told(String id) {
        List<String> told = new ArrayList<>();
        Matcher events =
                Pattern.compile("edited|clone_cleared")
                        .matcher(
                                API.redis()
                                        .command(
                                                "EVAL \"local t='' for _,e in"
                                                        + " ipairs(redis.call('XRANGE',KEYS[1],'-','+'))"
                                                        + " do local f=cjson.encode(e[2]) if"
                                                        + " f:find(ARGV[1],1,true) then t=t..f end end"
                                                        + " return {ok=t}\" 1 viw.events \"\\\""
                                                        + id
                                                        + "\\\"\""));
        while (events.find()) {
            told.add(events.group());
        }
        return told;
    }

    @Test
    void leavesTheVersionWhereNothingChanges() {
        String id = gateway("berlin");
        for (String same :
                List.of("{}", "{\"site\":\"berlin\",\"labels\":{\"rack\":\"7\",\"none\":null}}")) {
            ApiServer.Answer answer = patch(id, same);
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(answer.header("ETag")).isEqualTo("\"3\"");
        }
        assertThat(audit(id)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"\"3\"", "W/\"3\"", "*", "\"2\", \"3\"", " \"3\" , W/\"x\"", "\"2\",\"3\""})
    void takesAnEditBasedOnTheNewestVersion(String ifMatch) {
        ApiServer.Answer answer =
                patch(gateway("berlin"), ifMatch, "{\"notes\":\"n\"}", ApiServer.OPERATOR);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    }

    @Test
    void refusesAnEditThatIsBasedOnAnotherOrOnNone() {
        String id = gateway("berlin");
        String edit = "{\"notes\":\"mine\"}";
        ApiServer.Answer without = patch(id, null, edit, ApiServer.OPERATOR);
        assertThat(without.status()).isEqualTo(428);
        assertThat(without.code()).isEqualTo("precondition_required");
        for (String stale : List.of("\"2\"", "W/\"2\"", "\"\"", "\"33\"", "\"2\", \"4\"")) {
            ApiServer.Answer answer = patch(id, stale, edit, ApiServer.OPERATOR);
            assertThat(answer.status()).as(stale).isEqualTo(412);
            assertThat(answer.code()).isEqualTo("precondition_failed");
            assertThat(answer.header("ETag")).isEqualTo("\"3\"");
            assertThat(answer.json().path("etag").asString()).isEqualTo("\"3\"");
        }
        for (String wrong : List.of("3", "\"3", "\"2\" \"3\"", "\"3\",", "W/3", "*, \"3\"")) {
            ApiServer.Answer answer = patch(id, wrong, edit, ApiServer.OPERATOR);
            assertThat(answer.status()).as(wrong).isEqualTo(400);
            assertThat(answer.code()).isEqualTo("bad_parameter");
            assertThat(answer.body()).contains("If-Match");
        }
        assertThat(audit(id)).isEmpty();
    }

    @Test
    void letsOneOfManyAtOnceWinAndTellsTheOthers() throws Exception {
        String id = gateway("berlin");
        try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
            List<Callable<Integer>> edits = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                String body = "{\"notes\":\"by " + i + "\"}";
                edits.add(() -> patch(id, "\"3\"", body, ApiServer.OPERATOR).status());
            }
            List<Integer> statuses = new ArrayList<>();
            for (Future<Integer> status : threads.invokeAll(edits)) {
                statuses.add(status.get());
            }
            assertThat(statuses).containsOnly(200, 412).containsOnlyOnce(200);
        }
    }

    /** What the agent reports is no edit: it neither spoils one nor is a page of it still good. */
    @Test
    void knowsTelemetryFromEdits() {
        String id = gateway("berlin");
        API.sql("update os_gateways set status = 'connected' where agent_id = '" + id + "'");
        ApiServer.Answer again =
                API.send(
                        API.request(path(id), ApiServer.VIEWER)
                                .header("If-None-Match", "\"3\"")
                                .GET());
        assertThat(again.status()).isEqualTo(200);
        assertThat(again.json().path("status").asString()).isEqualTo("connected");
        assertThat(patch(id, "\"3\"", "{\"notes\":\"n\"}", ApiServer.OPERATOR).status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {"display_name":""}              | /display_name
                    {"display_name":7}               | /display_name
                    {"site":" "}                     | /site
                    {"site":["a"]}                   | /site
                    {"site":"a\\u0007"}              | /site
                    {"labels":[]}                    | /labels
                    {"labels":{"a":1}}               | /labels/a
                    {"labels":{"a/b":{}}}            | /labels/a~1b
                    {"labels":{"":"x"}}              | /labels
                    {"labels":{"a":""}}              | /labels
                    {"notes":false}                  | /notes
                    {"notes":"a\\u0000"}             | /notes
                    {"status":"connected"}           | /status
                    {"edit_version":9}               | /edit_version
                    {"version_min":"2.0"}            | /version_min
                    """)
    void namesTheMemberThatIsWrong(String body, String pointer) {
        ApiServer.Answer answer = patch(gateway("berlin"), body);
        assertThat(answer.status()).as(answer.body()).isEqualTo(422);
        assertThat(answer.code()).isEqualTo("invalid_body");
        assertThat(answer.json().path("errors").path(0).path("pointer").asString())
                .isEqualTo(pointer);
    }

    @Test
    void keepsLabelsAndNotesInTheirLimits() {
        String id = gateway("berlin");
        StringBuilder labels = new StringBuilder("{\"labels\":{\"a0\":\"x\"");
        for (int i = 1; i < 31; i++) {
            labels.append(",\"a").append(i).append("\":\"x\"");
        }
        ApiServer.Answer many = patch(id, labels + "}}");
        assertThat(many.status()).as("33 with the two there").isEqualTo(422);
        assertThat(patch(id, labels + ",\"rack\":null}}").status()).isEqualTo(200);
        assertThat(patch(id, "{\"notes\":\"" + "n".repeat(4_097) + "\"}").status()).isEqualTo(422);
        assertThat(patch(id, "{\"notes\":\"" + "n\\n\\t".repeat(1_365) + "\"}").status())
                .isEqualTo(200);
    }

    @Test
    void keepsACallerOfSomeSitesWithinThem() {
        String id = gateway("berlin");
        for (String away : List.of("{\"site\":\"paris\"}", "{\"site\":null}")) {
            ApiServer.Answer answer = patch(id, "*", away, ApiServer.BERLIN);
            assertThat(answer.status()).as(away).isEqualTo(403);
            assertThat(answer.code()).isEqualTo("site_forbidden");
        }
        assertThat(patch(id, "*", "{\"notes\":\"n\"}", ApiServer.BERLIN).status()).isEqualTo(200);
        String foreign = gateway("paris");
        for (String body : List.of("{\"site\":\"berlin\"}", "{}")) {
            ApiServer.Answer answer = patch(foreign, null, body, ApiServer.BERLIN);
            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.code()).isEqualTo("unknown_gateway");
        }
        assertThat(patch(id, "*", "{\"site\":\"paris\"}", ApiServer.OPERATOR).status())
                .isEqualTo(200);
        assertThat(API.get(path(id), ApiServer.BERLIN).status()).isEqualTo(404);
    }

    @Test
    void editsNoGatewayThatIsDecommissioned() {
        String id = gateway("berlin");
        API.sql("update os_gateways set status = 'decommissioned' where agent_id = '" + id + "'");
        assertThat(patch(id, "{\"notes\":\"n\"}").code()).isEqualTo("gateway_decommissioned");
    }

    @Test
    void givesTheAllClearOnceAndTakesCommandsAgain() {
        String id = gateway("berlin");
        API.sql(
                """
                update os_gateways set clone_suspected = true where agent_id = '%1$s';
                insert into agent_sessions (session_id, agent_id, bridge_id, conn_id, epoch,
                                            connected_at)
                values (gen_random_uuid(), '%1$s', gen_random_uuid(), gen_random_uuid(), 1,
                        now() + interval '5 seconds')
                """
                        .formatted(id));
        assertThat(API.post(path(id) + "/commands", ApiServer.OPERATOR, Commands.ECHO).code())
                .isEqualTo("clone_suspected");
        assertThat(API.post(path(id) + "/clear-clone", ApiServer.OPERATOR, "").status())
                .isEqualTo(403);
        for (int time = 0; time < 2; time++) {
            ApiServer.Answer cleared = API.post(path(id) + "/clear-clone", ApiServer.ADMIN, "");
            assertThat(cleared.status()).as(cleared.body()).isEqualTo(200);
            assertThat(cleared.json().path("clone_suspected").asBoolean()).isFalse();
            assertThat(cleared.header("ETag")).isEqualTo("\"4\"");
        }
        await().untilAsserted(() -> assertThat(told(id)).containsExactly("clone_cleared"));
        assertThat(audit(id).lines()).containsExactly("anna gateway.clear_clone {}");
        assertThat(
                        API.query(
                                """
                                select bool_and(clone_cleared_at >= connected_at)
                                from os_gateways join agent_sessions using (agent_id)
                                where agent_id = '%s'
                                """
                                        .formatted(id)))
                .as("sessions until now count no more, whatever the bridge's clock says")
                .containsExactly("t");
        assertThat(API.post(path(id) + "/commands", ApiServer.OPERATOR, Commands.ECHO).status())
                .isEqualTo(202);
        assertThat(API.post(path("nobody") + "/clear-clone", ApiServer.ADMIN, "").code())
                .isEqualTo("unknown_gateway");
    }
}
