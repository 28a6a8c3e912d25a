package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Order, members, counts and selectors of the list of gateways. */
final class GatewayListTest {
    private static final ApiServer API = ApiServer.shared().ready();
    private static final String LIST = "/admin/api/gateways";
    private static final List<String> SORTS =
            List.of(
                    "agent_id",
                    "display_name",
                    "site",
                    "status",
                    "last_seen",
                    "first_seen",
                    "cpu_pct",
                    "mem_pct",
                    "disk_pct");

    /** Thirty gateways with equal values and missing ones. */
    private static void fleet(String site) {
        API.sql(
                """
                insert into os_gateways (agent_id, display_name, site, labels, status, first_seen,
                                         last_seen, version)
                select '%1$s-' || to_char(n, 'FM00'),
                       case when n %% 4 > 0 then 'Näme %% ' || n %% 7 end, '%1$s',
                       jsonb_build_object('n', (n %% 3)::text),
                       (array['connected','disconnected','unknown'])[1 + n %% 3],
                       case when n %% 5 > 0 then timestamptz '2026-01-01 00:00:00.000001Z'
                                                 + n %% 6 * interval '1 microsecond' end,
                       case when n %% 5 > 0 then now() - n %% 6 * interval '1 hour' end, '1.' || n
                from generate_series(1, 30) n;
                insert into os_gateway_status (agent_id, cpu_pct, mem_pct, disk_pct, reported_at,
                                               epoch, n)
                select agent_id, 0.1 * (substr(agent_id, length('%1$s') + 2)::int %% 8),
                       nullif(substr(agent_id, length('%1$s') + 2)::int %% 3, 0), 1e-9 / 3,
                       now(), 1, 1
                from os_gateways
                where site = '%1$s' and substr(agent_id, length('%1$s') + 2)::int %% 6 > 0;
                """
                        .formatted(site));
    }

    @BeforeAll
    static void fleets() {
        fleet("list");
        API.sql(
                """
                insert into os_gateways (agent_id, site, labels, reported_labels, clone_suspected,
                                         version, status) values
                ('sel-1', 'sel', '{"tier":"gold","rack":"7"}', '{}', false, '9.1', 'expected'),
                ('sel-2', 'sel', '{"tier":"iron"}', '{"tier":"gold"}', true, '9.2', 'expected'),
                ('sel-3', 'sel', '{}', '{"rack":"7"}', false, null, 'unknown'),
                ('sel-4', 'sel', '{"note":"a, b = c"}', '{}', false, null, 'connected'),
                ('sel-5', 'sel', '{"tier":"gold"}', '{}', false, null, 'decommissioned');
                """);
    }

    /** Other tests look at the first page of everything. */
    @AfterAll
    static void gone() {
        API.sql(
                """
                delete from os_gateway_status where agent_id ~ '^(list|churn|sel|long)-';
                delete from os_gateways where agent_id ~ '^(list|churn|sel|long)-';
                """);
    }

    private static JsonNode page(String query) {
        ApiServer.Answer answer = API.get(LIST + query, ApiServer.VIEWER);
        assertThat(answer.status()).as(query + ": " + answer.body()).isEqualTo(200);
        return answer.json();
    }

    private static List<String> ids(JsonNode page) {
        List<String> ids = new ArrayList<>();
        page.path("items").forEach(item -> ids.add(item.path("agent_id").asString()));
        return ids;
    }

    private static List<String> ids(String query) {
        return ids(page("?site=sel" + query));
    }

    /** Reads all pages, doing something between any two. */
    private static List<String> walk(String query, Runnable between) {
        List<String> seen = new ArrayList<>();
        JsonNode page = page(query);
        seen.addAll(ids(page));
        while (!page.path("next_cursor").isNull()) {
            between.run();
            page = page(query + "&cursor=" + page.path("next_cursor").asString());
            seen.addAll(ids(page));
        }
        return seen;
    }

    static Stream<String> orders() {
        return SORTS.stream().flatMap(sort -> Stream.of(sort, "-" + sort));
    }

    @ParameterizedTest
    @MethodSource("orders")
    void pagesInTheOrderAskedForWithMissingValuesLast(String sort) {
        String direction = sort.startsWith("-") ? " desc" : "";
        String column = sort.replace("-", "");
        List<String> expected =
                API.query(
                        """
                        select agent_id from os_gateways g left join os_gateway_status s
                          using (agent_id)
                        where site = 'list'
                        order by %1$s%2$s nulls last, agent_id%2$s
                        """
                                .formatted(column, direction));
        assertThat(expected).hasSize(30);
        assertThat(walk("?site=list&limit=7&sort=" + sort, () -> {})).isEqualTo(expected);
    }

    @ParameterizedTest
    @MethodSource("orders")
    void showsEachGatewayThatDoesNotChangeOnceWhateverOthersDo(String sort) {
        String site = "churn-" + sort.replace("-", "down-");
        fleet(site);
        // Every third gateway is left alone.
        String others = "right(rtrim(agent_id, 'x'), 2)::int % 3 > 0";
        int[] step = {0};
        List<String> seen =
                walk(
                        "?site=" + site + "&limit=4&sort=" + sort,
                        () ->
                                API.sql(
                                        """
                                        insert into os_gateways (agent_id, site, display_name, last_seen)
                                        values ('%1$s-%2$02dx', '%1$s', 'Näme', now());
                                        update os_gateways
                                        set display_name = 'Z' || random(), last_seen = now(),
                                            first_seen = now() - random() * interval '1 year',
                                            status = 'disconnected'
                                        where site = '%1$s' and %3$s;
                                        update os_gateway_status
                                        set cpu_pct = random(), mem_pct = null, disk_pct = random()
                                        where agent_id like '%1$s-%%' and %3$s;
                                        update os_gateways set site = 'elsewhere'
                                        where agent_id = (select min(agent_id) from os_gateways
                                                          where site = '%1$s' and %3$s);
                                        """
                                                .formatted(site, step[0]++, others)));
        List<String> still =
                API.query(
                        """
                        select agent_id from os_gateways
                        where agent_id like '%1$s-__' and not (%2$s)
                        """
                                .formatted(site, others));
        assertThat(still).hasSize(10);
        assertThat(seen.stream().filter(still::contains))
                .containsExactlyInAnyOrderElementsOf(still);
    }

    @Test
    void refusesACursorOfAnotherQuestion() {
        String cursor =
                page("?site=list&limit=4&sort=-cpu_pct&label=n").path("next_cursor").asString();
        String same = "?label=n&site=list&sort=-cpu_pct&limit=9&count=true&fields=site&cursor=";
        assertThat(ids(page(same + cursor))).hasSize(9);
        for (String other :
                List.of(
                        "?site=list&sort=cpu_pct&label=n&cursor=",
                        "?site=list&label=n&cursor=",
                        "?site=list&sort=-cpu_pct&cursor=",
                        "?site=list&sort=-cpu_pct&label=n&label=n&cursor=",
                        "?site=sel&sort=-cpu_pct&label=n&cursor=",
                        "?site=list&sort=-cpu_pct&label=n&stale=false&cursor=")) {
            ApiServer.Answer answer = API.get(LIST + other + cursor, ApiServer.VIEWER);
            assertThat(answer.status()).as(other).isEqualTo(400);
            assertThat(answer.code()).as(other).isEqualTo("bad_cursor");
        }
        String long255 = "ü".repeat(255);
        API.sql(
                "insert into os_gateways (agent_id, display_name, site) values"
                        + " ('long-1', '%1$s', 'long'), ('long-2', '%1$s', 'long')"
                                .formatted(long255));
        assertThat(walk("?site=long&limit=1&sort=display_name", () -> {}))
                .containsExactly("long-1", "long-2");
    }

    @Test
    void showsOnlyTheMembersAskedForAndAlwaysTheId() {
        JsonNode page = page("?site=list&limit=2&sort=-cpu_pct&fields=telemetry,labels");
        for (JsonNode item : page.path("items")) {
            assertThat(item.propertyNames())
                    .containsExactlyInAnyOrder("agent_id", "telemetry", "labels");
            assertThat(item.path("telemetry").path("reported_at").asString()).endsWith("Z");
            assertThat(item.path("labels").path("n").asString()).isNotEmpty();
        }
        assertThat(page.path("next_cursor").asString()).isNotEmpty();
        assertThat(
                        page("?site=list&limit=1&fields=display_name")
                                .path("items")
                                .path(0)
                                .propertyNames())
                .containsExactlyInAnyOrder("agent_id", "display_name");
        assertThat(page("?site=nowhere&fields=site").path("items")).isEmpty();
    }

    @Test
    void countsOnlyWhenAskedTo() {
        JsonNode counted = page("?site=list&limit=3&count=true&label=n%3D1");
        assertThat(counted.path("total").asLong()).isEqualTo(10);
        assertThat(counted.path("total_exact").asBoolean()).isTrue();
        assertThat(page("?site=list&limit=3").propertyNames())
                .containsExactlyInAnyOrder("items", "next_cursor");
        JsonNode limited =
                API.get(LIST + "?limit=1&count=true&label=tier", ApiServer.BERLIN).json();
        assertThat(limited.path("total").asLong())
                .isEqualTo(
                        API.query(
                                        """
                                        select agent_id from os_gateways where site = 'berlin'
                                          and status <> 'decommissioned' and jsonb_exists(labels, 'tier')
                                        """)
                                .size());
    }

    @Test
    void selectsByLabelsThatAdminsSetAndNeverByReportedOnes() {
        assertThat(ids("&label=tier%3Dgold")).containsExactly("sel-1");
        assertThat(ids("&label=tier!%3Dgold")).containsExactly("sel-2", "sel-3", "sel-4");
        assertThat(ids("&label=tier&label=tier!%3Dgold")).containsExactly("sel-2");
        assertThat(ids("&label=rack")).containsExactly("sel-1");
        assertThat(ids("&label=!tier")).containsExactly("sel-3", "sel-4");
        assertThat(ids("&label=tier%3Dgold&label=tier%3Diron")).isEmpty();
        assertThat(ids("&label=note%3Da,%20b%20%3D%20c")).containsExactly("sel-4");
        assertThat(ids("&label=tier%3D%27%20or%20true")).isEmpty();
    }

    @Test
    void filtersByAnyOfSeveralStatusesByVersionAndBySuspicion() {
        assertThat(ids("&status=connected&status=unknown")).containsExactly("sel-3", "sel-4");
        assertThat(ids("&status=decommissioned&status=expected"))
                .containsExactly("sel-1", "sel-2", "sel-5");
        assertThat(ids("&version=9.1")).containsExactly("sel-1");
        assertThat(ids("&clone_suspected=true")).containsExactly("sel-2");
        assertThat(ids("&clone_suspected=false&version=9.2")).isEmpty();
        assertThat(ids(page("?site=&q=sel-"))).isEmpty();
    }

    @Test
    void countsTheFleetByStatusAndBySite() {
        JsonNode fleet = API.get("/admin/api/fleet", ApiServer.VIEWER).json();
        JsonNode sel = null;
        for (JsonNode site : fleet.path("by_site")) {
            sel = "sel".equals(site.path("site").asString("")) ? site : sel;
        }
        assertThat(sel).isNotNull();
        assertThat(sel.path("total").asLong()).isEqualTo(4);
        assertThat(sel.path("stale").asLong()).isEqualTo(4);
        assertThat(sel.path("clone_suspected").asLong()).isEqualTo(1);
        assertThat(sel.path("by_status").path("expected").asLong()).isEqualTo(2);
        assertThat(sel.path("by_status").path("decommissioned").asLong()).isEqualTo(1);
        assertThat(fleet.path("total").asLong()).isGreaterThanOrEqualTo(34);
        assertThat(fleet.path("by_status").propertyNames()).hasSize(5);
        JsonNode berlin = API.get("/admin/api/fleet", ApiServer.BERLIN).json();
        assertThat(berlin.path("by_site")).hasSizeLessThanOrEqualTo(1);
        assertThat(berlin.toString()).doesNotContain("\"sel\"", "\"list\"");
    }
}
