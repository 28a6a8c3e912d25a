package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.stream.CommandEvent;
import io.viworks.backplane.stream.EventAppender;
import io.viworks.backplane.stream.GatewayEvent;
import io.viworks.backplane.stream.GatewayEvent.What;
import io.viworks.backplane.stream.StreamRecord.OfEvents;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.testkit.TestPostgres;
import io.viworks.testkit.TestRedis;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Changes as panels read them, from two replicas over real sockets. */
final class EventStreamsTest {
    private static final String EVENTS = "/admin/api/events";
    private static final String[] QUICK = {
        "--VIW_EVENTS_HEARTBEAT=400ms",
        "--VIW_EVENTS_QUEUE=50",
        "--VIW_EVENTS_SLOW=5s",
        "--VIW_EVENTS_STREAMS=20",
        "--VIW_EVENTS_STREAMS_PER_CALLER=12",
        "--server.tomcat.connection-timeout=5s"
    };

    private static TestRedis redis;
    private static ApiServer one;
    private static ApiServer two;
    private static RedisConnections connections;
    private static EventAppender appender;

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
        one = ApiServer.start(TestPostgres.shared(), redis, QUICK).ready();
        two = ApiServer.on(one.database(), redis, QUICK).ready();
        connections = RedisConnections.open(redis.url(), "test");
        appender = new EventAppender(connections, Clock.systemUTC(), new SimpleMeterRegistry());
        one.sql(
                """
                insert into os_gateways (agent_id, status, site) values
                ('in-berlin', 'connected', 'berlin'), ('in-paris', 'connected', 'paris'),
                ('nowhere', 'connected', null)
                """);
        tell(gateway("first", What.EXPECTED)); // before it there is no place to go on from
        await().until(() -> redis.command("XLEN viw.events").equals(":1"));
    }

    @AfterAll
    static void stop() {
        appender.close();
        connections.close();
        two.close();
        one.close();
        redis.close();
    }

    private static SseReader open(ApiServer server, String query, String token) {
        return open(server, query, token, null);
    }

    private static SseReader open(
            ApiServer server, String query, String token, @Nullable String lastId) {
        return new SseReader(server.port(), EVENTS + query, token, lastId);
    }

    /** Opens one that misses nothing from now on. */
    private static SseReader ready(ApiServer server, String query, String token) {
        SseReader reader = open(server, query, token);
        await().until(() -> !reader.events("ready").isEmpty());
        return reader;
    }

    private static void tell(OfEvents... events) {
        appender.tell(List.of(events));
    }

    private static GatewayEvent gateway(String agent, What what) {
        return GatewayEvent.of(AgentId.of(agent), Instant.now(), what);
    }

    private static CommandEvent command(String agent, @Nullable UUID batch, String verb, int n) {
        return new CommandEvent(
                AgentId.of(agent),
                Instant.now(),
                new CorrelationId(UUID.randomUUID()),
                batch,
                verb,
                "ACKED",
                null,
                null,
                n);
    }

    private static List<String> told(SseReader reader) {
        return reader.events().stream()
                .filter(event -> List.of("gateway", "command").contains(event.name()))
                .map(event ->
                        event.text("agent_id") + " " + event.text("what") + event.text("state"))
                .toList();
    }

    private static String metric(ApiServer server, String line) {
        return server.management("/actuator/prometheus")
                .body()
                .lines()
                .filter(found -> found.startsWith(line))
                .findFirst()
                .map(found -> found.substring(found.lastIndexOf(' ') + 1))
                .orElse("0.0");
    }

    @Test
    void whatTheApiItselfChangesIsToldAtAllReplicas() {
        try (SseReader here = ready(one, "?agent_id=told-1", ApiServer.VIEWER);
                SseReader there = ready(two, "?agent_id=told-1", ApiServer.VIEWER)) {
            assertThat(
                            one.post(
                                            "/admin/api/gateways/register",
                                            ApiServer.ADMIN,
                                            "{\"agent_id\":\"told-1\",\"name\":\"x\"}")
                                    .status())
                    .isEqualTo(201);
            one.sql(
                    "update os_gateways set supported_verbs = '[\"echo\"]', auth = 'shared' where"
                            + " agent_id = 'told-1'");
            String path = "/admin/api/gateways/told-1/commands";
            ApiServer.Answer accepted = one.post(path, ApiServer.OPERATOR, Commands.ECHO);
            String id = accepted.json().path("correlation_id").asString("");
            assertThat(one.post(path, ApiServer.OPERATOR, "{\"command\":\"nonsense\"}").status())
                    .isEqualTo(422);
            assertThat(one.post(path + "/" + id + "/cancel", ApiServer.OPERATOR, "").status())
                    .isEqualTo(202);
            String gone = "/admin/api/gateways/told-1";
            assertThat(one.send(one.request(gone, ApiServer.ADMIN).DELETE()).status())
                    .isEqualTo(204);
            assertThat(one.post(gone + "/restore", ApiServer.ADMIN, "").status()).isEqualTo(204);
            for (SseReader reader : List.of(here, there)) {
                await().untilAsserted(() ->
                        assertThat(told(reader))
                                .containsExactly(
                                        "told-1 expected",
                                        "told-1 QUEUED",
                                        "told-1 CANCELLED",
                                        "told-1 decommissioned",
                                        "told-1 restored"));
                assertThat(reader.events("command"))
                        .allSatisfy(event -> assertThat(event.text("correlation_id")).isEqualTo(id))
                        .last()
                        .satisfies(event -> {
                            assertThat(event.text("command")).isEqualTo("echo");
                            assertThat(event.text("ended_by")).isEqualTo("ledger");
                            assertThat(event.json().path("attempt").asInt(-1)).isZero();
                        });
                assertThat(reader.wasToldWhenToRetry()).isTrue();
            }
            assertThat(here.response().headers().firstValue("Content-Type"))
                    .hasValue("text/event-stream;charset=UTF-8");
            assertThat(here.response().headers().firstValue("X-Accel-Buffering")).hasValue("no");
            assertThat(here.response().headers().firstValue("Cache-Control")).hasValue("no-store");
            assertThat(here.response().headers().firstValue("X-Content-Type-Options"))
                    .hasValue("nosniff");
        }
    }

    /** A reader that loses its connection again and again, and comes back anywhere. */
    private static final class Wanderer implements Callable<List<Integer>> {
        private final Random random;
        private final int all;

        Wanderer(long seed, int all) {
            this.random = new Random(seed);
            this.all = all;
        }

        @Override
        public List<Integer> call() {
            List<Integer> seen = new ArrayList<>();
            String last = null;
            long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
            while ((seen.isEmpty() || seen.getLast() < all) && System.nanoTime() < deadline) {
                try (SseReader reader =
                        open(
                                random.nextBoolean() ? one : two,
                                "?agent_id=wandered",
                                random.nextBoolean() ? ApiServer.ADMIN : ApiServer.OPERATOR,
                                last)) {
                    int until = random.nextInt(1, 400);
                    long stay = System.nanoTime() + random.nextLong(1_000_000_000L);
                    await().atMost(Duration.ofSeconds(20))
                            .pollInterval(Duration.ofMillis(1))
                            .until(() ->
                                    reader.events().size() >= until || System.nanoTime() > stay);
                    reader.hangUp();
                    for (SseReader.Event event : reader.events()) {
                        assertThat(event.name()).isIn("ready", "command");
                        if (event.name().equals("command")) {
                            seen.add(event.json().path("attempt").asInt());
                        }
                    }
                    last = reader.lastId().isEmpty() ? last : reader.lastId();
                }
            }
            return seen;
        }
    }

    @Test
    void readersWhoComeAndGoMissNothingAndSeeNothingTwice() throws Exception {
        int all = 3_000;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            // They begin at the first event, whenever that comes.
            List<Future<List<Integer>>> readers = new ArrayList<>();
            tell(command("wandered", null, "echo", 0));
            for (int i = 0; i < 4; i++) {
                readers.add(threads.submit(new Wanderer(i, all)));
            }
            await().until(() -> Double.parseDouble(metric(one, "viw_api_events_streams")) > 0);
            for (int n = 1; n <= all; ) {
                List<CommandEvent> some = new ArrayList<>();
                for (int i = 0; i < 25 && n <= all; i++) {
                    some.add(command("wandered", null, "echo", n++));
                    some.add(command("other", null, "echo", n));
                }
                appender.tell(some);
            }
            for (Future<List<Integer>> reader : readers) {
                List<Integer> seen = reader.get();
                assertThat(seen)
                        .containsExactlyElementsOf(
                                IntStream.rangeClosed(seen.getFirst(), all).boxed().toList());
            }
        }
    }

    @Test
    void whatIsNotKeptAnyMoreIsAnsweredByAReset() {
        try (SseReader live = ready(one, "", ApiServer.VIEWER)) {
            tell(gateway("in-paris", What.CONNECTED));
            await().until(() -> told(live).contains("in-paris connected"));
            String last = live.lastId();
            redis.flush();
            await().until(() -> !live.events("reset").isEmpty());
            tell(gateway("in-paris", What.DISCONNECTED));
            await().until(() -> told(live).contains("in-paris disconnected"));

            for (String lost : List.of(last, "99999999999999-0", "nonsense", "0-0")) {
                try (SseReader again = open(two, "", ApiServer.VIEWER, lost)) {
                    await().until(() -> !again.events().isEmpty());
                    assertThat(again.events().getFirst().name()).as(lost).isEqualTo("reset");
                    assertThat(again.events().getFirst().text("reason")).isEqualTo("gap");
                    assertThat(again.lastId()).isEqualTo(live.lastId());
                }
            }
            try (SseReader kept = open(two, "", ApiServer.VIEWER, live.lastId())) {
                await().until(() -> !kept.events().isEmpty());
                assertThat(kept.events().getFirst().name()).isEqualTo("ready");
                assertThat(kept.events().getFirst().json().path("resumed").asBoolean()).isTrue();
            }
        }
    }

    @Test
    void everybodySeesHisSitesAndVerbsOnlyAndWhatHeAskedFor() {
        UUID batch = UUID.randomUUID();
        try (SseReader all =
                        ready(
                                one,
                                "?agent_id=in-berlin&agent_id=in-paris&agent_id=nowhere",
                                ApiServer.VIEWER);
                SseReader berlin = ready(one, "", ApiServer.BERLIN);
                SseReader echo = ready(one, "?type=command", ApiServer.ECHO_ONLY);
                SseReader paris = ready(one, "?site=paris", ApiServer.VIEWER);
                SseReader foreign = ready(one, "?site=paris", ApiServer.BERLIN);
                SseReader gateways = ready(one, "?type=gateway&site=berlin", ApiServer.VIEWER);
                SseReader batched = ready(one, "?batch_id=" + batch, ApiServer.VIEWER)) {
            String begin = all.lastId();
            tell(
                    gateway("in-berlin", What.CONNECTED),
                    gateway("in-paris", What.EDITED),
                    gateway("nowhere", What.UNKNOWN),
                    command("in-berlin", batch, "reboot", 1),
                    command("in-paris", null, "echo", 1));
            String[] everything = {
                "in-berlin connected",
                "in-paris edited",
                "nowhere unknown",
                "in-berlin ACKED",
                "in-paris ACKED"
            };
            await().untilAsserted(() -> {
                assertThat(told(all)).containsExactly(everything);
                assertThat(told(berlin)).containsExactly("in-berlin connected", "in-berlin ACKED");
                assertThat(told(echo)).containsExactly("in-paris ACKED");
                assertThat(told(paris)).containsExactly("in-paris edited", "in-paris ACKED");
                assertThat(told(gateways)).containsExactly("in-berlin connected");
                assertThat(told(batched)).containsExactly("in-berlin ACKED");
            });
            assertThat(told(foreign)).isEmpty();
            try (SseReader later = open(two, "", ApiServer.BERLIN, begin)) {
                await().untilAsserted(() ->
                        assertThat(told(later))
                                .containsExactly("in-berlin connected", "in-berlin ACKED"));
            }
            // What says nothing for long still moves its reader's place on.
            await().until(() -> foreign.comments() > 0 && foreign.lastId().equals(all.lastId()));
        }
        assertThat(one.get(EVENTS + "?type=other", ApiServer.VIEWER).status()).isEqualTo(400);
        assertThat(one.get(EVENTS + "?batch_id=x", ApiServer.VIEWER).status()).isEqualTo(400);
        assertThat(one.get(EVENTS, null).status()).isEqualTo(401);
        assertThat(
                        one.send(
                                        one.request(EVENTS, ApiServer.VIEWER)
                                                .method(
                                                        "HEAD",
                                                        java.net.http.HttpRequest.BodyPublishers
                                                                .noBody()))
                                .header("Content-Type"))
                .startsWith("text/event-stream");
    }

    private static double endedForSlowness() {
        return Stream.of("stalled", "slow")
                .mapToDouble(why ->
                        Double.parseDouble(
                                metric(one, "viw_api_events_ended_total{why=\"" + why + "\"")))
                .sum();
    }

    @Test
    void aReaderWhoTakesNothingIsLetGoAndHoldsNobodyUp() throws IOException {
        Map<String, String> much =
                Map.of("a", "x".repeat(256), "b", "y".repeat(256), "c", "z".repeat(256));
        int all = 9_000;
        String readers = "viw_api_events_readers{feed=\"changes\"";
        // Those of earlier tests are noticed to have gone a little later.
        await().until(() -> metric(one, readers).equals("0.0"));
        double endedBefore = endedForSlowness();
        try (Socket stalled = new Socket();
                SseReader other = ready(one, "?agent_id=slow", ApiServer.VIEWER)) {
            stalled.setReceiveBufferSize(4096);
            stalled.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), one.port()));
            stalled.getOutputStream()
                    .write(
                            ("GET "
                                            + EVENTS
                                            + "?agent_id=slow HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                                            + ApiServer.OPERATOR
                                            + "\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
            await().until(() -> metric(one, readers).equals("2.0"));
            List<GatewayEvent> many = new ArrayList<>();
            for (int i = 0; i < all; i++) {
                many.add(new GatewayEvent(AgentId.of("slow"), Instant.now(), What.EDITED, much));
            }
            appender.tell(many);
            await().until(() -> other.events("gateway").size() == all);
            await().until(() -> metric(one, readers).equals("1.0"));
            assertThat(other.ended()).isFalse();
            assertThat(other.events("reset")).isEmpty();
            await().untilAsserted(() -> assertThat(endedForSlowness() - endedBefore).isEqualTo(1));
        }
    }

    @Test
    void anOutageOfRedisIsToldAndNothingIsMissedAfterIt() throws Exception {
        try (SseReader live = ready(one, "", ApiServer.VIEWER)) {
            tell(gateway("in-paris", What.CONNECTED));
            await().until(() -> told(live).contains("in-paris connected"));
            redis.stop();
            await().until(() -> !live.events("away").isEmpty());
            int beats = live.comments();
            try (SseReader late = open(one, "", ApiServer.VIEWER)) {
                await().until(() -> !late.events("away").isEmpty());
                await().until(() -> live.comments() > beats + 1);
                redis.startAgain();
                await().atMost(Duration.ofSeconds(20))
                        .until(() ->
                                !live.events("back").isEmpty() && !late.events("ready").isEmpty());
                await().until(connections::connected);
                tell(gateway("in-paris", What.DISCONNECTED));
                await().until(() -> told(live).contains("in-paris disconnected"));
                await().until(() -> told(late).contains("in-paris disconnected"));
                assertThat(live.events("reset")).isEmpty();
            }
        }
    }

    @Test
    void aRevokedTokenEndsItsStreams() {
        String token = "revoked-token-0123456789abcdefghijklmnop";
        one.sql(
                "insert into api_tokens (name, sha256, role) values ('rita', '%s', 'viewer')"
                        .formatted(ApiServer.sha256(token)));
        await().until(() -> one.get("/admin/api/gateways?limit=1", token).status() == 200);
        try (SseReader reader = ready(one, "", token);
                SseReader other = ready(one, "", ApiServer.VIEWER)) {
            one.sql("update api_tokens set revoked_at = now() where name = 'rita'");
            await().until(reader::ended);
            assertThat(other.ended()).isFalse();
        }
    }

    @Test
    void oneCallerAndOneProcessHaveSoManyStreams() {
        List<SseReader> readers = new ArrayList<>();
        await().until(() -> metric(two, "viw_api_events_streams").equals("0.0"));
        try {
            for (int i = 0; i < 12; i++) {
                readers.add(ready(two, "", ApiServer.VIEWER));
            }
            ApiServer.Answer own = two.get(EVENTS, ApiServer.VIEWER);
            Commands.assertProblem(own, 429, "too_many_streams");
            assertThat(Integer.parseInt(own.header("Retry-After"))).isPositive();
            for (int i = 0; i < 8; i++) {
                readers.add(ready(two, "", ApiServer.OPERATOR));
            }
            ApiServer.Answer full = two.get(EVENTS, ApiServer.ADMIN);
            Commands.assertProblem(full, 503, "streams_full");
            assertThat(Integer.parseInt(full.header("Retry-After"))).isPositive();
            assertThat(two.get("/admin/api/gateways?limit=1", ApiServer.ADMIN).status())
                    .isEqualTo(200);
        } finally {
            readers.forEach(SseReader::close);
        }
        await().until(() -> metric(two, "viw_api_events_streams").equals("0.0"));
    }

    @Test
    void aProcessThatEndsEndsItsStreamsAtOnce() {
        ApiServer third = ApiServer.on(one.database(), redis, QUICK).ready();
        try (SseReader reader = ready(third, "", ApiServer.VIEWER)) {
            long start = System.nanoTime();
            third.close();
            await().until(reader::ended);
            // As long would the server wait for requests that do not end.
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isLessThan(Duration.ofSeconds(20));
        }
    }
}
