package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.admin.Contract.Operation;
import io.viworks.admin.OddRequests.Odd;
import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Whatever is asked of any call of the document, right or wrong, is answered as the document says,
 * and never by a mistake of our own. {@code -Dviw.fuzz.seed=…} makes another run, {@code
 * -Dviw.fuzz.requests=…} a longer one; a failure names the seed.
 */
final class FuzzTest {
    private static final long SEED = Long.getLong("viw.fuzz.seed", 20_261_121L);
    private static final int REQUESTS = Integer.getInteger("viw.fuzz.requests", 2_500);

    /** What a caller never waits for while nothing is away. */
    private static final Duration HANGING = Duration.ofSeconds(15);

    /** Requests after which what earlier ones took away is put back. */
    private static final int AGAIN = 40;

    private static final List<String> INSIDE =
            List.of(
                    "Exception",
                    "\\tat ",
                    "org.springframework",
                    "io.viworks",
                    "java.lang",
                    "org.postgresql",
                    "PSQL",
                    "ERROR:",
                    "agent_commands",
                    "jdbc",
                    "Tomcat");

    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(HANGING)
                    .build();

    /** What went wrong, each kind once, with the first request that did it. */
    private final Map<String, String> failures = new TreeMap<>();

    private final Map<Integer, Integer> statuses = new TreeMap<>();

    @Test
    void answersEveryRequestAsTheDocumentSaysAndStaysWhole() throws Exception {
        TestRedis redis = TestRedis.start();
        try (ApiServer api =
                ApiServer.start(
                                TestPostgres.shared(),
                                redis,
                                "--VIW_API_RATE=100000",
                                "--VIW_ENROL_SOURCE_RATE=100000")
                        .ready()) {
            Contract contract = Contract.of(api);
            things(api);
            Map<String, List<String>> known = known(api);
            OddRequests requests = new OddRequests(contract, new SplittableRandom(SEED), known);
            List<Operation> operations = contract.operations();
            for (int i = 0; i < REQUESTS; i++) {
                if (i % AGAIN == 0) {
                    things(api);
                    known.putAll(known(api));
                }
                ask(api, contract, requests.next(operations.get(i % operations.size())), i);
            }
            System.out.println("fuzz: seed " + SEED + ", " + REQUESTS + " requests: " + statuses);
            assertThat(failures).as("with -Dviw.fuzz.seed=" + SEED).isEmpty();
            assertWhole(api);
        } finally {
            redis.close();
        }
    }

    private void ask(ApiServer api, Contract contract, Odd odd, int number)
            throws InterruptedException {
        Optional<HttpRequest> request = request(api, odd);
        if (request.isEmpty()) {
            return; // No client can send this.
        }
        Instant before = Instant.now();
        try {
            HttpResponse<InputStream> response =
                    http.send(request.get(), HttpResponse.BodyHandlers.ofInputStream());
            String type = response.headers().firstValue("Content-Type").orElse("");
            statuses.merge(response.statusCode(), 1, Integer::sum);
            try (InputStream stream = response.body()) {
                if (type.startsWith("text/event-stream")) {
                    return; // It has no end; that it has begun is the answer.
                }
                String body = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
                judge(
                        contract,
                        odd,
                        request.get().uri().getRawPath(),
                        response.statusCode(),
                        response.headers(),
                        body);
            }
        } catch (IOException e) {
            fail(odd, "no answer: " + e);
        }
        if (Duration.between(before, Instant.now()).compareTo(HANGING) > 0) {
            fail(odd, "took longer than " + HANGING + " at request " + number);
        }
    }

    private static Optional<HttpRequest> request(ApiServer api, Odd odd) {
        try {
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(
                                    URI.create("http://127.0.0.1:" + api.port() + odd.path()))
                            .timeout(HANGING.multipliedBy(2))
                            .method(
                                    odd.method(),
                                    odd.body() == null
                                            ? HttpRequest.BodyPublishers.noBody()
                                            : HttpRequest.BodyPublishers.ofString(odd.body()));
            odd.headers().forEach(request::setHeader);
            if (odd.token() != null) {
                request.setHeader("Authorization", "Bearer " + odd.token());
            }
            return Optional.of(request.build());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private void judge(
            Contract contract,
            Odd odd,
            String rawPath,
            int status,
            HttpHeaders headers,
            String body) {
        String type = headers.firstValue("Content-Type").orElse("");
        String outcome = Contract.outcome(status, type, body);
        if (status >= 500) {
            fail(odd, outcome);
        }
        if (status >= 400) {
            INSIDE.stream()
                    .filter(body::contains)
                    .forEach(word -> fail(odd, outcome + " tells of \"" + word + "\""));
        }
        Optional<Operation> operation = contract.operation(odd.method(), rawPath);
        if (operation.isEmpty()) {
            // Its variables made it another path, or none.
            if (status < 400 || !Contract.PROBLEM.equals(type)) {
                fail(odd, "answered by " + status + " " + type + " of no call");
            }
            return;
        }
        if (!operation.get().documented().contains(outcome)) {
            fail(odd, operation.get() + ": " + outcome + " is not described: " + body);
        }
        contract.mistakes(operation.get(), status, headers, body)
                .forEach(mistake -> fail(odd, operation.get() + ": " + outcome + ": " + mistake));
    }

    private void fail(Odd odd, String what) {
        failures.putIfAbsent(what, odd.toString());
    }

    /** A fleet in little, whatever was taken away of it. */
    private static void things(ApiServer api) {
        api.sql(
                """
                insert into os_gateways (agent_id, site, labels, status, supported_verbs, features,
                  auth)
                values
                ('gw-1', 'berlin', '{"ring":"canary"}', 'connected', '["echo"]',
                  '["ack","journal","job_status","cancel"]', 'shared'),
                ('gw-2', 'paris', '{}', 'disconnected', '["echo","agent_info"]', '[]', 'shared'),
                ('gw-3', null, '{}', 'decommissioned', '[]', '[]', 'none')
                on conflict (agent_id) do update set status = excluded.status;
                insert into os_gateway_status (agent_id, reported_at, ts, cpu_pct, payload,
                  containers, services, epoch, n)
                values ('gw-1', now(), now(), 12.5, '{"cpu_pct": 12.5}', '[]', '{}', 1, 1)
                on conflict (agent_id) do nothing;
                """);
    }

    private static Map<String, List<String>> known(ApiServer api) {
        Map<String, List<String>> known = new TreeMap<>();
        known.put("agent_id", List.of("gw-1", "gw-1", "gw-2", "gw-3"));
        known.put("stream", List.of("viw.commands", "viw.telemetry"));
        known.put("label", List.of("ring=canary", "ring", "!ring", "ring!=canary"));
        known.put("status", List.of("connected", "disconnected"));
        put(
                known,
                "correlation_id",
                api.query(last("correlation_id", "agent_commands", "issued_at")));
        put(known, "key_id", api.query(last("key_id", "agent_credentials", "id")));
        put(known, "id", api.query(last("id", "enrollment_tokens", "id")));
        return known;
    }

    private static String last(String column, String table, String by) {
        return "select " + column + " from " + table + " order by " + by + " desc limit 5";
    }

    private static void put(Map<String, List<String>> known, String name, List<String> values) {
        if (!values.isEmpty()) {
            known.put(name, new ArrayList<>(values));
        }
    }

    /** What must be so after anything. */
    private static void assertWhole(ApiServer api) {
        await().untilAsserted(() ->
                assertThat(
                                api.management("/actuator/health/readiness")
                                        .json()
                                        .path("status")
                                        .asString())
                        .isEqualTo("UP"));
        assertThat(api.management("/actuator/health/liveness").status()).isEqualTo(200);
        assertThat(api.get("/admin/api/gateways?limit=200", ApiServer.VIEWER).status())
                .isEqualTo(200);
        Stream.of(
                        "select agent_id from os_gateways"
                                + " where agent_id !~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'",
                        "select agent_id from agent_commands where state in ('QUEUED',"
                                + " 'DISPATCHED', 'ACKED') group by 1 having count(*) > 5",
                        "select c.correlation_id::text from agent_commands c left join audit_log a"
                                + " on a.what = 'command.accept' and a.detail ->> 'correlation_id'"
                                + " = c.correlation_id::text where a.id is null",
                        "select correlation_id::text from agent_commands"
                                + " where expires_at <= issued_at",
                        "select agent_id from agent_credentials c where not exists"
                                + " (select 1 from os_gateways g where g.agent_id = c.agent_id)",
                        "select pid::text from pg_stat_activity where datname = current_database()"
                                + " and state like 'idle in transaction%'"
                                + " and state_change < now() - interval '2 seconds'")
                .forEach(claim ->
                        await().untilAsserted(
                                        () -> assertThat(api.query(claim)).as(claim).isEmpty()));
    }
}
