package io.viworks.conformance.failure;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.testkit.ScriptedAgent;
import io.viworks.testkit.ScriptedHandshake;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** 10 000 commands wait for 100 gateways that are offline and then connect within one second. */
@Tag("failure")
class BurstTest {
    private static final int GATEWAYS = 100;
    private static final int EACH = 100;
    private static final int MAX_INFLIGHT = 4;
    private static final int CALLERS = 16;
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    /** Commands claimed earlier than one of the same gateway that was issued before them. */
    private static final String CLAIMED_BEFORE_AN_OLDER =
            """
            select count(*)
            from (select sent_at,
                         max(sent_at) over (partition by agent_id
                                            order by issued_at, correlation_id
                                            rows between unbounded preceding
                                                     and 1 preceding) as older
                  from agent_commands where attempt = 1) c
            where older > sent_at
            """;

    /** What one gateway saw. */
    private record Seen(List<String> order, int mostInFlight, Duration connected) {}

    @Test
    void deliversAllInTheOrderIssuedNeverMoreThanMayBeOut() throws Exception {
        Path target = Path.of("target").toAbsolutePath();
        try (Fleet fleet =
                Fleet.start(
                        target.resolve("failures-burst"), target.resolve("../..").normalize(), 0)) {
            List<String> names = new ArrayList<>();
            for (int i = 0; i < GATEWAYS; i++) {
                names.add("burst-" + i);
            }
            makeKnown(fleet, names);
            long asking = System.nanoTime();
            ask(fleet, names);
            Duration asked = Duration.ofNanos(System.nanoTime() - asking);
            assertThat(Verdict.open(fleet)).isEqualTo((long) GATEWAYS * EACH);

            long begun = System.nanoTime();
            List<Future<Seen>> gateways = new ArrayList<>();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (String name : names) {
                    gateways.add(threads.submit(() -> play(fleet, name, begun)));
                }
                Awaitility.await("every command's end")
                        .atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(200))
                        .until(() -> Verdict.open(fleet) == 0);
            }
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            Map<String, List<String>> issued = issued(fleet);
            Duration lastConnected = Duration.ZERO;
            int most = 0;
            for (int i = 0; i < GATEWAYS; i++) {
                Seen seen = gateways.get(i).get();
                inOrder(seen.order(), issued.getOrDefault(names.get(i), List.of()));
                most = Math.max(most, seen.mostInFlight());
                lastConnected =
                        seen.connected().compareTo(lastConnected) > 0
                                ? seen.connected()
                                : lastConnected;
            }
            System.out.printf(
                    "failure: | burst | %d commands asked for in %.1f s; all %d gateways connected"
                            + " after %.2f s; all delivered and ended after %.1f s (%.0f/s);"
                            + " at most %d in flight |%n",
                    GATEWAYS * EACH,
                    asked.toMillis() / 1000.0,
                    GATEWAYS,
                    lastConnected.toMillis() / 1000.0,
                    took.toMillis() / 1000.0,
                    GATEWAYS * EACH * 1000.0 / took.toMillis(),
                    most);
            assertThat(most).isLessThanOrEqualTo(MAX_INFLIGHT);
            assertThat(fleet.number(CLAIMED_BEFORE_AN_OLDER)).isZero();
            assertThat(
                            fleet.number(
                                    "select count(*) from agent_commands where state <> 'SUCCEEDED'"))
                    .isZero();
            assertThat(fleet.number("select count(*) from agent_command_results"))
                    .isEqualTo((long) GATEWAYS * EACH);
        }
    }

    /** Commands in flight together may overtake each other, others may not (spec 3.4). */
    private static void inOrder(List<String> seen, List<String> issued) {
        assertThat(seen).containsExactlyInAnyOrderElementsOf(issued);
        for (int place = 0; place < seen.size(); place++) {
            assertThat(Math.abs(issued.indexOf(seen.get(place)) - place))
                    .as("places that a command was overtaken by")
                    .isLessThan(MAX_INFLIGHT);
        }
    }

    /** Each connects once and leaves, so that the API knows it. */
    private static void makeKnown(Fleet fleet, List<String> names) throws SQLException {
        for (String name : names) {
            try (ScriptedAgent agent = connect(fleet, name)) {
                JsonNode _ = agent.send(hello(agent, instance(name))).next("WELCOME");
            }
        }
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .until(() ->
                        fleet.number(
                                        "select count(*) from os_gateways where status = 'disconnected'")
                                == GATEWAYS);
    }

    private static ScriptedAgent connect(Fleet fleet, String name) {
        return ScriptedHandshake.to(fleet.balancer().port(), name)
                .secret(fleet.sharedSecret())
                .open();
    }

    private static UUID instance(String name) {
        return UUID.nameUUIDFromBytes(name.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private static ObjectNode hello(ScriptedAgent agent, UUID instance) {
        ObjectNode hello = agent.hello("ack", "journal", "job_status", "cancel");
        hello.put("instance_uid", instance.toString());
        hello.putArray("supported_verbs").add(Witness.VERB);
        return hello;
    }

    private static void ask(Fleet fleet, List<String> names) throws Exception {
        Api api = fleet.api();
        Semaphore atOnce = new Semaphore(CALLERS);
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> answers = new ArrayList<>();
            for (int i = 0; i < EACH; i++) {
                for (String name : names) {
                    String user = "s0-" + i;
                    answers.add(
                            callers.submit(() -> {
                                atOnce.acquire();
                                try {
                                    return api.command(name, UUID.randomUUID(), user, 3600);
                                } finally {
                                    atOnce.release();
                                }
                            }));
                }
            }
            for (Future<Integer> answer : answers) {
                assertThat(answer.get()).isEqualTo(202);
            }
        }
    }

    /** A gateway that takes what comes, answers it after a moment, and writes down what it saw. */
    private static Seen play(Fleet fleet, String name, long begun) throws Exception {
        List<String> order = new ArrayList<>();
        AtomicInteger inFlight = new AtomicInteger();
        int most = 0;
        try (ScriptedAgent agent = connect(fleet, name)) {
            JsonNode _ = agent.send(hello(agent, instance(name))).next("WELCOME");
            Duration connected = Duration.ofNanos(System.nanoTime() - begun);
            while (order.size() < EACH) {
                JsonNode command = agent.next("COMMAND");
                String id = command.path("correlation_id").asString("");
                order.add(id);
                most = Math.max(most, inFlight.incrementAndGet());
                var _ =
                        agent.send(
                                agent.json("ACK")
                                        .put("correlation_id", id)
                                        .put("attempt", command.path("attempt").asInt(1))
                                        .put("status", "accepted"));
                var _ =
                        Thread.ofVirtual()
                                .start(() -> {
                                    inFlight.decrementAndGet();
                                    var _ =
                                            agent.send(
                                                    agent.json("RESULT")
                                                            .put("correlation_id", id)
                                                            .put(
                                                                    "execution_id",
                                                                    UUID.randomUUID().toString())
                                                            .put("status", "success")
                                                            .put("rc", 0));
                                });
            }
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> agent.frames("RESULT_ACK").size() >= EACH);
            return new Seen(order, most, connected);
        }
    }

    /** What was issued to each gateway, in the order the ledger has. */
    private static Map<String, List<String>> issued(Fleet fleet) throws SQLException {
        Map<String, List<String>> issued = new HashMap<>();
        try (Connection connection = fleet.database();
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                "select agent_id, correlation_id from agent_commands"
                                        + " order by issued_at, correlation_id")) {
            while (row.next()) {
                issued.computeIfAbsent(row.getString(1), _ -> new ArrayList<>())
                        .add(row.getString(2));
            }
        }
        return issued;
    }
}
