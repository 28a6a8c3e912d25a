package io.viworks.admin;

import static io.viworks.admin.Commands.API;
import static io.viworks.admin.Commands.assertProblem;
import static io.viworks.admin.Commands.gateway;
import static io.viworks.admin.Commands.parameter;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The ledger across gateways: {@code GET /admin/api/commands}. */
final class LedgerListTest {
    private static final String PATH = "/admin/api/commands";
    private static final String BATCH = "00000000-0000-4000-8000-0000000ba7c4";

    /** Twelve commands of two gateways in two sites, a minute apart, and one made by hand. */
    @BeforeAll
    static void commands() {
        gateway("led-paris");
        gateway("led-berlin");
        API.sql(
                """
                update os_gateways set site = 'berlin' where agent_id = 'led-berlin';
                insert into agent_commands (correlation_id, agent_id, verb, args, envelope, origin,
                  delivery, state, ended_by, finished_at, batch_id, issued_by_admin_id, issued_at,
                  expires_at, ends_by, timeout_s)
                select cast(lpad(to_hex(n), 8, '0') || '-0000-4000-8000-00000000001d' as uuid),
                  case when n %% 3 = 0 then 'led-berlin' else 'led-paris' end,
                  case when n %% 2 = 0 then 'echo' else 'list_containers' end,
                  '{"password":"[masked]"}', 'the-envelope', case when n = 12 then 'stream' else 'api' end,
                  'QUEUE', s.state, case when s.state = 'QUEUED' then null else 'result' end,
                  case when s.state = 'QUEUED' then null else now() end,
                  case when n > 10 then cast('%s' as uuid) end,
                  case when n <= 4 then 'led-lena' else 'led-leo' end,
                  timestamptz '2025-03-01 00:00Z' + n * interval '1 min',
                  timestamptz '2025-03-01 01:00Z', timestamptz '2025-03-02 01:00Z', 5
                from generate_series(1, 12) n
                cross join lateral (select case when n %% 4 = 0 then 'FAILED'
                  when n %% 4 = 1 then 'QUEUED' else 'SUCCEEDED' end as state) s
                """
                        .formatted(BATCH));
    }

    private static List<Integer> found(String query, String token) {
        List<Integer> found = new ArrayList<>();
        String cursor = "";
        do {
            ApiServer.Answer answer =
                    API.get(
                            PATH
                                    + "?from=2025-03-01T00:00:00Z&to=2025-03-02T00:00:00Z"
                                    + query
                                    + cursor,
                            token);
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            JsonNode page = answer.json();
            for (JsonNode item : page.path("items")) {
                found.add(Integer.parseInt(item.path("correlation_id").asString(), 0, 8, 16));
            }
            cursor = page.path("next_cursor").asString("");
            cursor = cursor.isEmpty() ? "" : "&cursor=" + cursor;
        } while (!cursor.isEmpty());
        return found;
    }

    private static List<Integer> found(String query) {
        return found(query, ApiServer.VIEWER);
    }

    @Test
    void showsTheNewestFirstInPagesOrTheOldest() {
        assertThat(found("")).containsExactly(12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1);
        assertThat(found("&limit=5")).isEqualTo(found(""));
        assertThat(found("&limit=5&sort=issued_at")).isEqualTo(found("").reversed());
        assertThat(found("&limit=1&sort=correlation_id")).isEqualTo(found("").reversed());
    }

    @Test
    void filtersByEachNamedThingAndByAllTogether() {
        assertThat(found("&state=FAILED")).containsExactly(12, 8, 4);
        assertThat(found("&state=FAILED&state=QUEUED")).containsExactly(12, 9, 8, 5, 4, 1);
        assertThat(found("&verb=echo&limit=2")).containsExactly(12, 10, 8, 6, 4, 2);
        assertThat(found("&verb=echo&verb=list_containers")).hasSize(12);
        assertThat(found("&agent_id=led-berlin")).containsExactly(12, 9, 6, 3);
        assertThat(found("&agent_id=led-berlin&agent_id=led-paris")).hasSize(12);
        assertThat(found("&site=berlin")).containsExactly(12, 9, 6, 3);
        assertThat(found("&issued_by=led-lena")).containsExactly(4, 3, 2, 1);
        assertThat(found("&batch_id=" + BATCH)).containsExactly(12, 11);
        assertThat(found("&origin=stream")).containsExactly(12);
        assertThat(found("&state=FAILED&verb=echo&site=paris&issued_by=led-leo"))
                .containsExactly(8);
        assertThat(
                        API.get(
                                        PATH + "?from=2025-03-01T00:03:00Z&to=2025-03-01T00:05:00Z",
                                        ApiServer.VIEWER)
                                .json()
                                .path("items"))
                .hasSize(2);
    }

    @Test
    void countsAndThinsOut() {
        JsonNode page =
                API.get(
                                PATH
                                        + "?agent_id=led-paris&verb=echo&issued_by=led-leo&count=true"
                                        + "&limit=1&fields=state,issued_at",
                                ApiServer.VIEWER)
                        .json();
        assertThat(page.path("total").asInt()).isEqualTo(2);
        assertThat(page.path("items")).hasSize(1);
        assertThat(new TreeSet<>(page.path("items").path(0).propertyNames()))
                .isEqualTo(
                        new TreeSet<>(Set.of("agent_id", "correlation_id", "issued_at", "state")));
    }

    @Test
    void showsACallerHisSitesAndVerbsOnlyAndNobodyASecret() {
        assertThat(found("", ApiServer.BERLIN)).containsExactly(12, 9, 6, 3);
        assertThat(found("&agent_id=led-paris", ApiServer.BERLIN)).isEmpty();
        assertThat(found("&site=paris", ApiServer.BERLIN)).isEmpty();
        assertThat(found("", ApiServer.ECHO_ONLY)).containsExactly(12, 10, 8, 6, 4, 2);
        assertThat(found("&verb=list_containers", ApiServer.ECHO_ONLY)).isEmpty();
        assertThat(
                        API.get(PATH + "?agent_id=led-paris&count=true", ApiServer.BERLIN)
                                .json()
                                .path("total")
                                .asInt(-1))
                .isZero();
        assertThat(API.get(PATH + "?batch_id=" + BATCH, ApiServer.ADMIN).body())
                .contains("[masked]", "\"batch_id\":\"" + BATCH)
                .doesNotContain("the-envelope");
        assertProblem(API.get(PATH, null), 401, "unauthorized");
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        for (String wrong :
                List.of(
                        "state=DONE",
                        "origin=me",
                        "batch_id=1",
                        "agent_id=%20",
                        "from=yesterday",
                        "sort=verb",
                        "fields=secret",
                        "limit=0",
                        "format=xml")) {
            ApiServer.Answer answer = API.get(PATH + "?" + wrong, ApiServer.VIEWER);
            assertProblem(answer, 400, "bad_parameter");
            assertThat(parameter(answer)).isEqualTo(wrong.substring(0, wrong.indexOf('=')));
        }
        assertProblem(
                API.get(PATH + "?" + "state=QUEUED&".repeat(101), ApiServer.VIEWER),
                400,
                "bad_parameter");
        String cursor =
                API.get(PATH + "?limit=1&state=FAILED", ApiServer.VIEWER)
                        .json()
                        .path("next_cursor")
                        .asString();
        for (String other : List.of("", "&state=QUEUED", "&state=FAILED&sort=issued_at")) {
            assertProblem(
                    API.get(PATH + "?limit=1" + other + "&cursor=" + cursor, ApiServer.VIEWER),
                    400,
                    "bad_cursor");
        }
    }

    @Test
    void offersTheSameForOneGateway() {
        String path = Commands.path("led-paris");
        assertThat(
                        API.get(path + "?state=FAILED&verb=echo&count=true", ApiServer.VIEWER)
                                .json()
                                .path("total")
                                .asInt())
                .isEqualTo(2);
        assertThat(
                        API.get(path + "?issued_by=led-lena&sort=issued_at", ApiServer.VIEWER)
                                .json()
                                .path("items"))
                .hasSize(3);
        String cursor =
                API.get(path + "?limit=1", ApiServer.VIEWER).json().path("next_cursor").asString();
        assertProblem(
                API.get(
                        Commands.path("led-berlin") + "?limit=1&cursor=" + cursor,
                        ApiServer.VIEWER),
                400,
                "bad_cursor");
    }
}
