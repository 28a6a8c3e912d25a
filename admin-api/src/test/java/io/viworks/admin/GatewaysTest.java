package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

final class GatewaysTest {
    /** Of its own, for a list shows the gateways of all tests that share one. */
    private static final TestRedis REDIS = TestRedis.start();

    private static final ApiServer API = ApiServer.start(TestPostgres.shared(), REDIS).ready();

    @AfterAll
    static void stop() {
        API.close();
        REDIS.close();
    }

    @BeforeAll
    static void threeGateways() {
        API.sql(
                """
                insert into os_gateways (agent_id, display_name, site, labels, status, hostname,
                  version, supported_verbs, features, first_seen, last_seen, auth)
                values
                ('gw-a', 'Alpha 100%', 'berlin', '{"tier":"gold","rack":"7"}', 'connected',
                 'host-a', '1.2.3', '["echo"]', '["ack","journal"]', now(), now(), 'shared'),
                ('gw-b', 'Beta', 'paris', '{"tier":"gold"}', 'disconnected', 'host-b', '1.2.0',
                 '[]', '[]', now(), now(), 'shared'),
                ('gw-c', null, null, '{}', 'decommissioned', null, null, '[]', '[]', null, null, null);
                insert into os_gateway_status (agent_id, cpu_pct, mem_pct, disk_pct, load1,
                  containers_running, services, containers, payload, reported_at, ts, epoch, n)
                values
                ('gw-a', 12.5, 40, 71, 0.5, 1, '{"sshd":"active"}',
                 '[{"id":"1","name":"web","image":"nginx","state":"running"}]',
                 '{"cpu_pct":12.5,"gpu_pct":3,"services":{"sshd":"active"}}', now(), now(), 1, 1),
                ('gw-b', 1, 1, 1, 1, 0, '{}', '[]', '{}', now() - interval '1 hour', null, 1, 1);
                insert into agent_sessions (session_id, agent_id, bridge_id, conn_id, epoch,
                  connected_at, remote_ip, version)
                values ('11111111-1111-4111-8111-111111111111', 'gw-a',
                  '22222222-2222-4222-8222-222222222222', '33333333-3333-4333-8333-333333333333',
                  7, now(), '10.0.0.1', '1.2.3');
                """);
    }

    private static List<String> ids(String query) {
        return ids(query, ApiServer.VIEWER);
    }

    private static List<String> ids(String query, String token) {
        ApiServer.Answer answer = API.get("/admin/api/gateways" + query, token);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        List<String> ids = new ArrayList<>();
        answer.json().path("items").forEach(item -> ids.add(item.path("agent_id").asString()));
        return ids;
    }

    @Test
    void listsTheInventoryJoinedWithTheLatestFigures() {
        JsonNode first =
                API.get("/admin/api/gateways?q=gw-a", ApiServer.VIEWER)
                        .json()
                        .path("items")
                        .path(0);
        assertThat(first.path("display_name").asString()).isEqualTo("Alpha 100%");
        assertThat(first.path("labels").path("tier").asString()).isEqualTo("gold");
        assertThat(first.path("stale").asBoolean()).isFalse();
        assertThat(first.path("telemetry").path("cpu_pct").asDouble()).isEqualTo(12.5);
        assertThat(first.path("telemetry").path("reported_at").asString()).endsWith("Z");
    }

    @Test
    void filtersByEachOfTheNamedFilters() {
        assertThat(ids("?status=connected")).contains("gw-a").doesNotContain("gw-b", "gw-c");
        assertThat(ids("?status=decommissioned")).contains("gw-c").doesNotContain("gw-a", "gw-b");
        assertThat(ids("?site=paris")).containsExactly("gw-b");
        assertThat(ids("?label=tier%3Dgold")).containsExactly("gw-a", "gw-b");
        assertThat(ids("?label=tier%3Dgold&label=rack%3D7")).containsExactly("gw-a");
        assertThat(ids("?q=HOST-B")).containsExactly("gw-b");
        assertThat(ids("?q=100%25")).containsExactly("gw-a");
        assertThat(ids("?q=g_-a")).isEmpty();
        assertThat(ids("?stale=true")).contains("gw-b").doesNotContain("gw-a");
        assertThat(ids("?stale=false")).contains("gw-a").doesNotContain("gw-b");
    }

    @Test
    void hidesGatewaysOfOtherSitesAsIfTheyDidNotExist() {
        assertThat(ids("", ApiServer.BERLIN)).containsExactly("gw-a");
        assertThat(API.get("/admin/api/gateways/gw-a", ApiServer.BERLIN).status()).isEqualTo(200);
        for (String path : List.of("", "/telemetry/latest", "/containers", "/services")) {
            ApiServer.Answer answer = API.get("/admin/api/gateways/gw-b" + path, ApiServer.BERLIN);
            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.code()).isEqualTo("unknown_gateway");
        }
    }

    @Test
    void showsOneGatewayWithItsLiveSession() {
        JsonNode gateway = API.get("/admin/api/gateways/gw-a", ApiServer.VIEWER).json();
        assertThat(gateway.path("session").path("remote_ip").asString()).isEqualTo("10.0.0.1");
        assertThat(gateway.path("supported_verbs").path(0).asString()).isEqualTo("echo");
        assertThat(gateway.path("last_results").isArray()).isTrue();
        assertThat(gateway.path("telemetry").path("mem_pct").asDouble()).isEqualTo(40);
        JsonNode absent =
                API.get("/admin/api/gateways/gw-b", ApiServer.VIEWER).json().path("session");
        assertThat(absent.isNull()).isTrue();
    }

    @Test
    void answersTheLastFrameWithContainersAndServices() {
        JsonNode latest =
                API.get("/admin/api/gateways/gw-a/telemetry/latest", ApiServer.VIEWER).json();
        assertThat(latest.path("metrics").path("gpu_pct").asInt()).isEqualTo(3);
        assertThat(API.get("/agent/telemetry/gw-a/latest", ApiServer.VIEWER).json())
                .isEqualTo(latest);
        assertThat(
                        API.get("/admin/api/gateways/gw-a/containers", ApiServer.VIEWER)
                                .json()
                                .path("items")
                                .path(0)
                                .path("image")
                                .asString())
                .isEqualTo("nginx");
        assertThat(
                        API.get("/admin/api/gateways/gw-a/services", ApiServer.VIEWER)
                                .json()
                                .path("services")
                                .path("sshd")
                                .asString())
                .isEqualTo("active");
    }

    @Test
    void tellsAGatewayThatNeverReportedFromOneThatDoesNotExist() {
        assertThat(API.get("/admin/api/gateways/gw-c/telemetry/latest", ApiServer.VIEWER).code())
                .isEqualTo("no_telemetry");
        for (String id : List.of("gw-nowhere", "-bad", "x%20y", "a".repeat(65))) {
            ApiServer.Answer answer = API.get("/admin/api/gateways/" + id, ApiServer.VIEWER);
            assertThat(answer.status()).as(id).isEqualTo(404);
            assertThat(answer.code()).isEqualTo("unknown_gateway");
            assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        }
    }

    @Test
    void pagesThatStayStableWhileGatewaysAreAdded() {
        API.sql(
                """
                insert into os_gateways (agent_id, site)
                select 'page-' || to_char(n, 'FM0000'), 'paging' from generate_series(2, 20, 2) n
                """);
        List<String> seen = new ArrayList<>();
        String cursor = "";
        int added = 1;
        do {
            JsonNode page =
                    API.get("/admin/api/gateways?site=paging&limit=3" + cursor, ApiServer.VIEWER)
                            .json();
            page.path("items").forEach(item -> seen.add(item.path("agent_id").asString()));
            API.sql(
                    "insert into os_gateways (agent_id, site) values ('page-%04d', 'paging')"
                            .formatted(added));
            added += 2;
            cursor =
                    page.path("next_cursor").isNull()
                            ? ""
                            : "&cursor=" + page.path("next_cursor").asString();
        } while (!cursor.isEmpty());
        assertThat(seen).doesNotHaveDuplicates().isSorted();
        assertThat(seen).contains("page-0002", "page-0004", "page-0010", "page-0018", "page-0020");
    }

    @Test
    void refusesParametersThatAreWrongOrUnknown() {
        for (String query :
                List.of(
                        "?staus=connected",
                        "?status=online",
                        "?limit=0",
                        "?limit=201",
                        "?limit=ten",
                        "?label=",
                        "?label=!",
                        "?label=%3Dgold",
                        "?sort=notes",
                        "?fields=notes",
                        "?count=2x",
                        "?clone_suspected=perhaps",
                        "?stale=maybe",
                        "?site=a&site=b",
                        "?q=%00")) {
            ApiServer.Answer answer = API.get("/admin/api/gateways" + query, ApiServer.VIEWER);
            assertThat(answer.status()).as(query).isEqualTo(400);
            assertThat(answer.code()).isEqualTo("bad_parameter");
            assertThat(answer.json().path("errors").path(0).path("parameter").asString())
                    .isNotEmpty();
        }
        for (String cursor : List.of("nonsense!", "AAAA", "Z2F0ZXdheXM")) {
            assertThat(API.get("/admin/api/gateways?cursor=" + cursor, ApiServer.VIEWER).code())
                    .isEqualTo("bad_cursor");
        }
    }
}
