package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

final class AuditTest {
    private static final ApiServer API = ApiServer.shared().ready();
    private static final String PATH = "/admin/api/audit";

    private static List<JsonNode> rows(String query) {
        ApiServer.Answer answer = API.get(PATH + query, ApiServer.ADMIN);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json().path("items").valueStream().toList();
    }

    private static void insert(String who, String what, Instant ts) {
        API.sql(
                """
                insert into audit_log (ts, who, what, target, origin, outcome, detail)
                values ('%s', '%s', '%s', 'gw-audit', '10.0.0.1', 'accepted', '{"a":"b"}')
                """
                        .formatted(ts, who, what));
    }

    @Test
    void showsTheNewestFirstInPagesWithoutGapOrRepetition() {
        Instant same = Instant.parse("2026-01-01T00:00:00Z");
        for (int i = 0; i < 7; i++) {
            insert("pages", "page." + i, i < 4 ? same : same.plusSeconds(i));
        }
        List<String> seen = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = API.get(PATH + "?who=pages&limit=2" + cursor, ApiServer.ADMIN).json();
            page.path("items").forEach(row -> seen.add(row.path("what").asString()));
            cursor = page.path("next_cursor").asString("");
            cursor = cursor.isEmpty() ? "" : "&cursor=" + cursor;
        } while (!cursor.isEmpty());
        assertThat(seen)
                .containsExactly(
                        "page.6", "page.5", "page.4", "page.3", "page.2", "page.1", "page.0");
    }

    @Test
    void filtersByWhoWhatTargetOutcomeAndTime() {
        Instant then = Instant.parse("2026-02-02T02:00:00Z");
        insert("filters", "thing.make", then);
        insert("filters", "thing.end", then.plusSeconds(60));
        assertThat(rows("?who=filters")).hasSize(2);
        assertThat(rows("?who=filters&what=thing.m")).hasSize(1);
        assertThat(rows("?who=filters&what=thing%25")).isEmpty();
        assertThat(rows("?who=filter")).isEmpty();
        assertThat(rows("?who=filters&target=gw-audit&outcome=accepted")).hasSize(2);
        assertThat(rows("?who=filters&outcome=forbidden")).isEmpty();
        assertThat(rows("?who=filters&from=2026-02-02T02:00:30Z")).hasSize(1);
        assertThat(rows("?who=filters&to=2026-02-02T02:01:00Z")).hasSize(1);
        JsonNode row = rows("?who=filters&what=thing.make").getFirst();
        assertThat(row.path("ts").asString()).isEqualTo("2026-02-02T02:00:00Z");
        assertThat(row.path("origin").asString()).isEqualTo("10.0.0.1");
        assertThat(row.path("detail").path("a").asString()).isEqualTo("b");
        for (String wrong :
                List.of(
                        "?from=yesterday",
                        "?to=%2B1000000000-12-31T23:59:59Z",
                        "?limit=0",
                        "?cursor=x",
                        "?nobody=x")) {
            assertThat(API.get(PATH + wrong, ApiServer.ADMIN).status()).as(wrong).isEqualTo(400);
        }
    }

    @Test
    void holdsEveryRefusedChangeWithItsCode() {
        // Callers of this test's own: of each only so many refusals a minute are written.
        caller("audrey", "admin");
        caller("audun", "viewer");
        String gateway = Commands.gateway("gw-refusals");
        String path = Commands.path(gateway);
        API.post(path, token("audun"), Commands.ECHO);
        API.post(path, ApiServer.BERLIN, Commands.ECHO);
        API.post(path, token("audrey"), "{\"command\":\"no_such\"}");
        API.post(path, token("audrey"), Commands.ECHO.replace("hi", "x".repeat(5_000)));
        API.post(path, token("audrey"), Commands.ECHO_NOW);
        API.get("/admin/api/dead-letters", token("audun"));
        await().untilAsserted(() ->
                assertThat(
                                rows("?target=gw-refusals").stream()
                                        .map(row ->
                                                row.path("who").asString()
                                                        + " "
                                                        + row.path("outcome").asString())
                                        .toList())
                        .contains(
                                "audun forbidden",
                                "berta unknown_gateway",
                                "audrey unknown_verb",
                                "audrey invalid_arguments",
                                "audrey agent_offline"));
        await().untilAsserted(() ->
                assertThat(rows("?who=audun&outcome=forbidden&what=refused%20GET")).isNotEmpty());
    }

    private static String token(String name) {
        return name + "-token-0123456789abcdefghijklmnop";
    }

    private static void caller(String name, String role) {
        API.sql(
                "insert into api_tokens (name, sha256, role) values ('%s', '%s', '%s')"
                        .formatted(name, ApiServer.sha256(token(name)), role));
        await().until(() -> API.get("/admin/api/verbs", token(name)).status() == 200);
    }

    @Test
    void boundsTheRefusalsOfOneCaller() {
        caller("flora", "viewer");
        Instant begun = Instant.now();
        for (int i = 0; i < 400; i++) {
            API.get("/admin/api/dead-letters", token("flora"));
        }
        // 300 of each minute that this took, and one row that counts the others.
        int most = 301 * ((int) Duration.between(begun, Instant.now()).toMinutes() + 1);

        await().untilAsserted(() ->
                assertThat(API.query("select count(*) from audit_log where who = 'flora'"))
                        .singleElement()
                        .satisfies(
                                count -> assertThat(Integer.parseInt(count)).isBetween(300, most)));
    }

    @Test
    void letsNoServiceChangeOrTakeAwayARow() {
        insert("kept", "kept", Instant.now());
        for (String role : List.of("admin_api", "results_writer", "telemetry_writer")) {
            for (String change :
                    List.of(
                            "update audit_log set who = 'x'",
                            "delete from audit_log",
                            "truncate audit_log",
                            "drop table audit_log",
                            "alter table audit_log disable trigger all",
                            "create rule hide as on insert to audit_log do instead nothing")) {
                assertThatThrownBy(() -> as(role, change))
                        .as(role + ": " + change)
                        .isInstanceOf(SQLException.class)
                        .extracting(refused -> ((SQLException) refused).getSQLState())
                        .isEqualTo("42501");
            }
        }
        assertThat(rows("?who=kept")).hasSize(1);
    }

    private static void as(String role, String sql) throws SQLException {
        try (Connection connection = API.database().as(role).connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    void keepsWhatStrangersSendHarmless() {
        String nasty =
                "x\u001b[2J\u2028\u202e\"'; drop table audit_log; --<script>${jndi:ldap://x}";
        API.get(
                "/admin/api/gateways/"
                        + URLEncoder.encode(nasty, StandardCharsets.UTF_8).replace("+", "%20"),
                ApiServer.BERLIN);
        API.sql(
                "insert into audit_log (who, what, outcome) values ('raw', E'a\\u001b\\u009b\\u2028\\u202e', 'accepted')");
        ApiServer.Answer shown = API.get(PATH + "?who=raw", ApiServer.ADMIN);
        assertThat(shown.body().codePoints())
                .noneMatch(c ->
                        Character.isISOControl(c)
                                || Character.getType(c) == Character.FORMAT
                                || c == 0x2028);
        assertThat(shown.json().path("items").path(0).path("what").asString())
                .isEqualTo("a\u001b\u009b\u2028\u202e");
        assertThat(
                        API.query(
                                "select count(*) from audit_log where what ~ '[[:cntrl:]]' and who <> 'raw'"))
                .containsExactly("0");
    }
}
