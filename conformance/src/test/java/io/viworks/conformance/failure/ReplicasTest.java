package io.viworks.conformance.failure;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.launcher.Child;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Two replicas of the API behind a balancer, asked all the time; one is killed and comes back. A
 * caller notices broken connections and nothing else: what he repeats under its key is done once,
 * his pages go on on the other replica, and so does his stream of events.
 */
@Tag("failure")
class ReplicasTest {
    private static final int GATEWAYS = 60;
    private static final int CALLERS = 6;
    private static final int READERS = 2;
    private static final int STREAMS = 2;
    private static final Duration BEFORE = Duration.ofSeconds(5);
    private static final Duration WITHOUT = Duration.ofSeconds(8);
    private static final Duration AFTER = Duration.ofSeconds(8);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final AtomicInteger broken = new AtomicInteger();
    private final AtomicInteger brokenPages = new AtomicInteger();
    private final AtomicInteger brokenStreams = new AtomicInteger();
    private final AtomicInteger repeated = new AtomicInteger();
    private final AtomicInteger walks = new AtomicInteger();
    private final AtomicInteger resets = new AtomicInteger();
    private final Map<String, String> accepted = new ConcurrentHashMap<>();
    private final Set<String> heardOf = ConcurrentHashMap.newKeySet();
    private final List<String> wrong = new CopyOnWriteArrayList<>();
    private volatile boolean over;

    @Test
    void aCallerNoticesBrokenConnectionsAndNothingElse() throws Exception {
        Path target = Path.of("target").toAbsolutePath();
        try (Fleet fleet =
                        Fleet.start(
                                target.resolve("failures-replicas"),
                                target.resolve("../..").normalize(),
                                1,
                                2);
                Balancer balancer = Balancer.start()) {
            balancer.to(fleet.apis().stream().map(url -> URI.create(url).getPort()).toList());
            String base = "http://127.0.0.1:" + balancer.port() + "/admin/api";
            gateways(fleet);
            List<Future<?>> work = new ArrayList<>();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < STREAMS; i++) {
                    work.add(threads.submit(() -> follow(base, fleet.operatorToken())));
                }
                Pauses.sleep(Duration.ofSeconds(1));
                for (int i = 0; i < CALLERS; i++) {
                    String name = "caller-" + i;
                    work.add(threads.submit(() -> call(base, fleet.operatorToken(), name)));
                }
                for (int i = 0; i < READERS; i++) {
                    work.add(threads.submit(() -> walk(base, fleet.operatorToken())));
                }
                Pauses.sleep(BEFORE);
                Child killed = fleet.all("admin-api").getFirst();
                int brokenBefore = broken.get() + brokenPages.get();
                fleet.signal(killed, "KILL");
                Pauses.sleep(WITHOUT);
                fleet.restart(killed);
                Pauses.sleep(AFTER);
                Set<String> all = Set.copyOf(accepted.values());
                Awaitility.await("events of every command")
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> resets.get() > 0 || heardOf.containsAll(all));
                over = true;
                assertThat(brokenBefore).as("connections broken before the kill").isZero();
            }
            for (Future<?> one : work) {
                one.get();
            }
            System.out.printf(
                    "failure: | one of two APIs killed | %d commands accepted, %d requests repeated"
                            + " after %d broken connections, none done twice; %d walks through %d"
                            + " gateways, %d pages asked again; streams resumed %d times, %d resets"
                            + " |%n",
                    accepted.size(),
                    repeated.get(),
                    broken.get(),
                    walks.get(),
                    GATEWAYS,
                    brokenPages.get(),
                    brokenStreams.get(),
                    resets.get());
            assertThat(wrong).isEmpty();
            assertThat(accepted).hasSizeGreaterThan(100);
            assertThat(walks.get()).isGreaterThan(10);
            assertThat(brokenStreams.get()).isPositive();
            assertThat(Set.copyOf(accepted.values())).hasSameSizeAs(accepted.keySet());
            assertThat(
                            fleet.number(
                                    "select count(*) from agent_commands where agent_id like"
                                            + " 'far-%'"))
                    .isEqualTo(accepted.size());
        }
    }

    private static void gateways(Fleet fleet) throws SQLException {
        try (Connection connection = fleet.database();
                Statement statement = connection.createStatement()) {
            int added =
                    statement.executeUpdate(
                            """
                            insert into os_gateways (agent_id, status, supported_verbs)
                            select 'far-' || lpad(n::text, 3, '0'), 'disconnected', '["echo"]'
                            from generate_series(1, %d) n
                            """
                                    .formatted(GATEWAYS));
            assertThat(added).isEqualTo(GATEWAYS);
        }
    }

    /** Sends commands, each under a key, until it is over; asks again when nobody answers. */
    private void call(String base, String token, String name) {
        for (int n = 0; !over; n++) {
            String key = name + "-" + n;
            String path = "/gateways/far-%03d/commands".formatted(1 + accepted.size() % GATEWAYS);
            for (int tries = 0; ; tries++) {
                HttpRequest request =
                        request(base + path, token)
                                .header("Content-Type", "application/json")
                                .header("Idempotency-Key", key)
                                .POST(
                                        HttpRequest.BodyPublishers.ofString(
                                                "{\"command\":\"echo\",\"parameters\":"
                                                        + "{\"message\":\"m\"},\"ttl_s\":3600}"))
                                .build();
                try (HttpClient http = client()) {
                    HttpResponse<String> answer =
                            http.send(request, HttpResponse.BodyHandlers.ofString());
                    if (answer.statusCode() == 202) {
                        accepted.put(
                                key,
                                JSON.readTree(answer.body()).path("correlation_id").asString());
                    } else if (answer.statusCode() != 429) {
                        wrong.add(path + ": " + answer.statusCode() + " " + answer.body());
                    }
                    if (tries > 0) {
                        repeated.incrementAndGet();
                    }
                    break;
                } catch (IOException gone) {
                    broken.incrementAndGet();
                    pause();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
            pause();
        }
    }

    /** Reads the list from its beginning to its end, over and over. */
    private void walk(String base, String token) {
        while (!over) {
            List<String> seen = new ArrayList<>();
            String cursor = "";
            do {
                String url = base + "/gateways?limit=7&fields=agent_id" + cursor;
                try (HttpClient http = client()) {
                    HttpResponse<String> answer =
                            http.send(
                                    request(url, token).build(),
                                    HttpResponse.BodyHandlers.ofString());
                    if (answer.statusCode() != 200) {
                        wrong.add(url + ": " + answer.statusCode() + " " + answer.body());
                        return;
                    }
                    JsonNode page = JSON.readTree(answer.body());
                    page.path("items").forEach(item -> seen.add(item.path("agent_id").asString()));
                    cursor =
                            page.path("next_cursor").isNull()
                                    ? ""
                                    : "&cursor=" + page.path("next_cursor").asString();
                } catch (IOException gone) {
                    brokenPages.incrementAndGet();
                    pause();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            } while (!cursor.isEmpty() && !over);
            if (over) {
                return;
            }
            walks.incrementAndGet();
            long far = seen.stream().filter(id -> id.startsWith("far-")).count();
            if (far != GATEWAYS || Set.copyOf(seen).size() != seen.size()) {
                wrong.add("a walk saw " + seen);
            }
        }
    }

    /** Reads changes, and goes on behind the last one wherever it is let in. */
    private void follow(String base, String token) {
        String last = "";
        while (!over) {
            HttpRequest.Builder request = request(base + "/events?type=command", token);
            if (!last.isEmpty()) {
                request.header("Last-Event-ID", last);
            }
            try (HttpClient http = client()) {
                HttpResponse<InputStream> answer =
                        http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
                if (answer.statusCode() != 200) {
                    wrong.add("events: " + answer.statusCode());
                    return;
                }
                last = read(answer.body(), last);
            } catch (IOException gone) {
                // Counted below.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            if (!over) {
                brokenStreams.incrementAndGet();
                pause();
            }
        }
    }

    /** Reads to the end of a stream; answers the last id it had. */
    private String read(InputStream stream, String before) {
        String last = before;
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null && !over; line = lines.readLine()) {
                if (line.startsWith("id:")) {
                    last = line.substring(3).strip();
                } else if (line.equals("event: reset") || line.equals("event:reset")) {
                    resets.incrementAndGet();
                } else if (line.startsWith("data:")) {
                    JsonNode data = JSON.readTree(line.substring(5));
                    if (data.has("correlation_id")) {
                        heardOf.add(data.path("correlation_id").asString());
                    }
                }
            }
        } catch (IOException gone) {
            return last;
        }
        return last;
    }

    /** A client of its own for each request, so that the balancer chooses anew. */
    private static HttpClient client() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(5))
                .build();
    }

    private static HttpRequest.Builder request(String url, String token) {
        return HttpRequest.newBuilder(URI.create(url))
                .timeout(Duration.ofSeconds(15))
                .header("Authorization", "Bearer " + token)
                .header("X-Request-Id", UUID.randomUUID().toString());
    }

    private static void pause() {
        try {
            Pauses.sleep(40);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
