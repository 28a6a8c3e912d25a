package io.viworks.admin;

import static io.viworks.admin.Commands.API;
import static io.viworks.admin.Commands.assertProblem;
import static io.viworks.admin.Commands.gateway;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** Ledger and audit as files. */
final class ExportsTest {
    private static final String LEDGER = "/admin/api/commands?agent_id=exp-1&agent_id=exp-2";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @BeforeAll
    static void commands() {
        gateway("exp-1");
        gateway("exp-2");
        API.sql("update os_gateways set site = 'berlin' where agent_id = 'exp-2';" + rows(6));
    }

    /** Commands of both gateways, the first with what a spreadsheet would run. */
    private static String rows(int many) {
        return """
        insert into agent_commands (correlation_id, agent_id, verb, args, origin, delivery,
          state, ended_by, finished_at, reason, issued_by_admin_id, issued_at, expires_at,
          ends_by, timeout_s)
        select gen_random_uuid(), 'exp-' || (1 + n %% 2), 'echo', '{"message":"a,b"}', 'api',
          'QUEUE', 'FAILED', 'agent', now(),
          case when n = 1 then '=cmd|''/c calc''!A1' else 'line one' || chr(10) || 'two' end,
          'otto', now() - n * interval '1 s', now() + interval '1 h', now() + interval '1 d', 5
        from generate_series(1, %d) n
        """
                .formatted(many);
    }

    private static ApiServer.Answer file(String path, String accept, String token) {
        return API.send(API.request(path, token).header("Accept", accept));
    }

    @Test
    void writesTheLedgerAsCsvWithAHeaderAndNoFormula() {
        ApiServer.Answer answer = file(LEDGER, "text/csv", ApiServer.VIEWER);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.header("Content-Type"))
                .startsWith("text/csv")
                .contains("charset=utf-8")
                .contains("header=present");
        assertThat(answer.header("Content-Disposition"))
                .isEqualTo("attachment; filename=\"commands.csv\"");
        assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(answer.body())
                .startsWith("correlation_id,agent_id,command,parameters,state,")
                .contains(
                        "\"'=cmd|'/c calc'!A1\"",
                        "\"line one\ntwo\"",
                        "\"{\"\"message\"\":\"\"a,b\"\"}\"")
                .endsWith("\r\n")
                .doesNotContain("results");
        assertThat(answer.body().split("\r\n")).hasSize(7);
    }

    @Test
    void writesOneJsonObjectALine() {
        ApiServer.Answer answer = file(LEDGER, "application/x-ndjson", ApiServer.VIEWER);
        assertThat(answer.header("Content-Type")).startsWith("application/x-ndjson");
        assertThat(answer.header("Content-Disposition")).contains("commands.ndjson");
        List<String> lines = answer.body().lines().toList();
        assertThat(lines).hasSize(6);
        assertThat(lines)
                .allSatisfy(line ->
                        assertThat(JSON.readTree(line).path("command").asString())
                                .isEqualTo("echo"));
        assertThat(JSON.readTree(lines.getFirst()).path("reason").asString())
                .isEqualTo("=cmd|'/c calc'!A1");
    }

    @Test
    void takesTheFormatFromTheQueryForBrowsersAndTheColumnsFromFields() {
        ApiServer.Answer answer =
                file(
                        LEDGER + "&format=csv&fields=state&sort=issued_at",
                        "text/html,*/*;q=0.8",
                        ApiServer.VIEWER);
        assertThat(answer.body().lines().findFirst().orElseThrow())
                .isEqualTo("correlation_id,agent_id,state");
        assertThat(file(LEDGER, "*/*", ApiServer.VIEWER).header("Content-Type"))
                .isEqualTo("application/json");
        assertProblem(file(LEDGER, "application/pdf", ApiServer.VIEWER), 406, "not_acceptable");
        for (String wrong : List.of("&limit=5", "&cursor=x", "&count=true")) {
            ApiServer.Answer refused = file(LEDGER + wrong, "text/csv", ApiServer.VIEWER);
            assertThat(refused.status()).as(wrong).isEqualTo(400);
        }
    }

    @Test
    void readsNothingForWhoAsksForTheHeadersAlone() {
        ApiServer.Answer head =
                API.send(
                        API.request(LEDGER + "&format=csv", ApiServer.VIEWER)
                                .method("HEAD", HttpRequest.BodyPublishers.noBody()));
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.header("Content-Disposition")).contains("commands.csv");
        assertThat(head.body()).isEmpty();
    }

    @Test
    void holdsOnlyWhatTheCallerMaySee() {
        assertThat(file(LEDGER, "text/csv", ApiServer.BERLIN).body())
                .contains("exp-2")
                .doesNotContain("exp-1");
        assertThat(file(LEDGER + "&verb=list_containers", "text/csv", ApiServer.ECHO_ONLY).body())
                .hasLineCount(1);
        assertProblem(file("/admin/api/audit", "text/csv", ApiServer.BERLIN), 403, "forbidden");
    }

    @Test
    void writesTheAuditLogToo() {
        API.sql(
                """
                insert into audit_log (who, what, target, origin, outcome, detail)
                values ('exp-anna', 'thing.make', '@gw', '10.0.0.1', 'accepted', '{"a":"b"}')
                """);
        ApiServer.Answer csv =
                file("/admin/api/audit?who=exp-anna&format=csv", "*/*", ApiServer.ADMIN);
        assertThat(csv.body())
                .startsWith("id,ts,who,what,target,origin,outcome,detail\r\n")
                .contains(",exp-anna,thing.make,\"'@gw\",10.0.0.1,accepted,");
        assertThat(
                        file(
                                        "/admin/api/audit?who=exp-anna",
                                        "application/x-ndjson",
                                        ApiServer.ADMIN)
                                .body())
                .hasLineCount(1)
                .contains("\"detail\":{\"a\":\"b\"}");
    }

    @Test
    void runsNoMoreAtATimeThanItHasPlacesFor() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(2);
                Connection connection = API.database().connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table agent_commands in access exclusive mode");
            List<Future<ApiServer.Answer>> running =
                    IntStream.range(0, 2)
                            .mapToObj(_ ->
                                    threads.submit(
                                            () -> file(LEDGER, "text/csv", ApiServer.VIEWER)))
                            .toList();
            await().untilAsserted(() ->
                    assertThat(API.management("/actuator/prometheus").body())
                            .contains("viw_api_exports_running 2.0"));

            ApiServer.Answer busy = file(LEDGER, "text/csv", ApiServer.VIEWER);

            connection.rollback();
            assertProblem(busy, 429, "exports_busy");
            assertThat(busy.header("Retry-After")).isNotEmpty();
            for (Future<ApiServer.Answer> one : running) {
                assertThat(one.get().status()).isEqualTo(200);
            }
        }
    }

    /** One place, some seconds: a reader that dawdles is cut off, and nobody takes it for whole. */
    @Test
    void breaksOffRecognisablyAndGivesTheConnectionBack() throws Exception {
        try (ApiServer small =
                ApiServer.start(
                                TestPostgres.shared(),
                                TestRedis.start(),
                                "--VIW_EXPORTS_AT_ONCE=1",
                                "--VIW_EXPORT_LONGEST=4s")
                        .ready()) {
            small.sql(rows(60_000));
            try (Socket slow = new Socket(InetAddress.getLoopbackAddress(), small.port())) {
                slow.setSoTimeout(60_000);
                ask(slow);
                InputStream in = slow.getInputStream();
                assertThat(new String(in.readNBytes(15), StandardCharsets.US_ASCII))
                        .isEqualTo("HTTP/1.1 200 \r\n");
                // Longer than an export may take; what it waits for is this reader.
                await().pollDelay(Duration.ofMillis(4_200)).until(() -> true);
                String rest = rest(in);
                assertThat(rest).doesNotEndWith("0\r\n\r\n");
            }
            await().untilAsserted(() ->
                    assertThat(
                                    small.get(
                                                    "/admin/api/commands?format=csv&state=QUEUED",
                                                    ApiServer.VIEWER)
                                            .status())
                            .isEqualTo(200));
            // What else this process does is in a transaction for a moment, too.
            await().untilAsserted(() ->
                    assertThat(
                                    small.query(
                                            "select count(*) from pg_stat_activity where usename ="
                                                    + " 'admin_api' and state like"
                                                    + " 'idle in transaction%'"
                                                    + " and datname = current_database()"))
                            .containsExactly("0"));
            assertThat(small.management("/actuator/prometheus").body())
                    .containsPattern(
                            "viw_api_exports_ended_total\\{[^}]*outcome=\"(too_long|caller_gone)\"[^}]*} 1");
        }
    }

    private static void ask(Socket socket) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(
                ("GET /admin/api/commands?format=ndjson HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                                + ApiServer.VIEWER
                                + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    private static String rest(InputStream in) {
        try {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException reset) {
            return "reset";
        }
    }
}
