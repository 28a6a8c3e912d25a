package io.viworks.bench.journey;

import io.viworks.bench.AdminApi;
import io.viworks.bench.BenchRedis;
import io.viworks.bench.Options;
import io.viworks.bench.Packaged;
import io.viworks.bench.Scenario;
import io.viworks.bench.Stores;
import io.viworks.bench.ingest.Contender;
import io.viworks.bench.load.Load;
import io.viworks.bench.load.LoadPlan;
import io.viworks.embedded.FreePort;
import io.viworks.protocol.AgentId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Measures commands from the POST to the 202, and from the POST until a GET shows the result,
 * through the packaged services, against the sum of the way's parts.
 *
 * <p>The parts ({@link Part}) are walked one after another in the same run, in turns with the
 * product, at the same pace and by the same HTTP client; a walk's sum is what the product is
 * compared with. Dispatch and answer are one part: a command is XADDed to the public door, a bare
 * relay blocked in XREADGROUP writes it to the socket, an agent of the same generator answers at
 * once, the relay XADDs that, and a reader blocked in XREAD has it. A writer that polls has nothing
 * to do there: results-writer blocks likewise.
 *
 * <p>The product's result is looked for by GETs without a pause, one after another: it is visible
 * when the first GET that shows it has been read, so up to one GET's time is the looking.
 */
public final class Journey implements Scenario {
    private static final String SECRET = "a secret of the journey, thirty-two characters";
    private static final String BODY =
            """
            {"command":"echo","parameters":{"message":"journey"},"ttl_s":120}\
            """;
    private static final int AT_ONCE = 32;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Override
    public String name() {
        return "journey";
    }

    @Override
    public String about() {
        return "POST until 202 and until the result is there, against the sum of its parts"
                + " (--agents 200 --rate 20 --runs 200 --rounds 3 --warm 40)";
    }

    @Override
    public String measure(Options options) throws Exception {
        options.only("agents", "rate", "runs", "rounds", "warm");
        int agents = options.number("agents", 200, 10, 10_000);
        int rate = options.number("rate", 20, 1, 1_000);
        int runs = options.number("runs", 200, 10, 100_000);
        int rounds = options.number("rounds", 3, 3, 50);
        Duration warm = Duration.ofSeconds(options.number("warm", 40, 0, 600));
        Path checkout = Path.of(System.getProperty("viw.checkout", ".")).toAbsolutePath();
        Path folder = Files.createTempDirectory("viw-bench");
        int port = FreePort.or(0);
        LoadPlan plan = LoadPlan.of(port, agents).secret(SECRET);
        try (Stores stores = Stores.start(folder, Map.of());
                AdminApi api = AdminApi.start(checkout, folder, stores);
                Packaged _ = service("telemetry-writer", checkout, folder, stores);
                Packaged _ = service("results-writer", checkout, folder, stores);
                Packaged _ = bridge(checkout, folder, stores, port);
                Load load = Load.start(plan, folder.resolve("load.log"));
                BenchRedis redis = BenchRedis.start(folder.resolve("redis-bare"));
                Contender relay =
                        Contender.floor(
                                new Contender.Place(folder, redis, List.of()),
                                plan.called("bare-"),
                                false);
                Load ofRelay = Load.start(relay.plan(), folder.resolve("load-bare.log"))) {
            var _ = ofRelay.connect(AT_ONCE);
            var _ = load.connect(AT_ONCE);
            awaitAll(stores, agents);
            Product product = new Product(api);
            Way first = product.walk(agent(plan, 0), BODY);
            say("the first command took " + first.visible() / 1_000 + " µs");
            try (ByHand byHand =
                    ByHand.start(
                            folder,
                            redis.url(),
                            stores,
                            product.receipt().length(),
                            product.view().length())) {
                for (int i = 0; i < agents; i++) {
                    byHand.own(agent(relay.plan(), i));
                }
                Turns turns = new Turns(product, plan, byHand, relay.plan(), rate);
                turns.warm(warm);
                return turns.measured(rounds, runs);
            }
        }
    }

    private static Packaged service(String name, Path checkout, Path folder, Stores stores)
            throws Exception {
        return Packaged.start(name, checkout, folder, stores.settings(name.replace('-', '_')));
    }

    private static Packaged bridge(Path checkout, Path folder, Stores stores, int port)
            throws Exception {
        Map<String, String> settings = new HashMap<>();
        settings.put("VIW_REDIS_URL", stores.redisUrl());
        settings.put("AGENT_BRIDGE_ENABLED", "true");
        settings.put("AGENT_BRIDGE_BIND", "127.0.0.1:" + port);
        settings.put("AGENT_BRIDGE_SHARED_SECRET", SECRET);
        return Packaged.start("agent-bridge", checkout, folder, settings);
    }

    /** Until the database has heard of every agent. */
    private static void awaitAll(Stores stores, int agents) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        try (Connection connection = stores.connect();
                Statement statement = connection.createStatement()) {
            int known = 0;
            while (known < agents) {
                if (System.nanoTime() > end) {
                    throw new IllegalStateException(
                            known + " of " + agents + " agents are connected in the database");
                }
                TimeUnit.MILLISECONDS.sleep(100);
                try (ResultSet row =
                        statement.executeQuery(
                                "select count(*) from os_gateways where status = 'connected'")) {
                    row.next();
                    known = row.getInt(1);
                }
            }
        }
    }

    private static AgentId agent(LoadPlan plan, long number) {
        return AgentId.of(plan.id((int) (number % plan.agents())));
    }

    /** The turns of both. */
    private static final class Turns {
        private final Product product;
        private final LoadPlan agents;
        private final ByHand byHand;
        private final LoadPlan bareAgents;
        private final int rate;
        private long number;
        private int late;

        Turns(Product product, LoadPlan agents, ByHand byHand, LoadPlan bareAgents, int rate) {
            this.product = product;
            this.agents = agents;
            this.byHand = byHand;
            this.bareAgents = bareAgents;
            this.rate = rate;
        }

        /** Both without a pause, as long as it takes their JVMs to compile what they will. */
        void warm(Duration time) throws Exception {
            say("warming up for " + time.toSeconds() + " s");
            long end = System.nanoTime() + time.toNanos();
            while (System.nanoTime() < end) {
                var _ = byHand.walk(agent(bareAgents, number), BODY);
                var _ = product.walk(agent(agents, number), BODY);
                number++;
            }
            say(number + " commands by then");
        }

        String measured(int rounds, int runs) throws Exception {
            Comparison comparison = new Comparison();
            long before = product.gets();
            for (int round = 0; round < rounds; round++) {
                List<Map<Part, Long>> walked = new ArrayList<>();
                Pace pace = new Pace(rate);
                for (int i = 0; i < runs; i++) {
                    pace.await();
                    walked.add(byHand.walk(agent(bareAgents, number++), BODY));
                }
                late += pace.late();
                List<Way> ways = new ArrayList<>();
                pace = new Pace(rate);
                for (int i = 0; i < runs; i++) {
                    pace.await();
                    ways.add(product.walk(agent(agents, number++), BODY));
                }
                late += pace.late();
                comparison.add(walked, ways);
                say("round " + (round + 1) + "%n%s".formatted(comparison.table()));
            }
            return """
            %d agents that answer at once, %d commands a second one after another, %d rounds of %d; %d began late; %.1f GETs for each command.

            %s\
            """
                    .formatted(
                            agents.agents(),
                            rate,
                            rounds,
                            runs,
                            late,
                            (product.gets() - before) / (double) (rounds * runs),
                            comparison.table());
        }
    }

    private static void say(String text) {
        System.out.println("bench: " + text);
    }
}
