package io.viworks.bench.ingest;

import io.viworks.bench.BenchRedis;
import io.viworks.bench.Options;
import io.viworks.bench.Scenario;
import io.viworks.bench.load.Load;
import io.viworks.bench.load.LoadPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Measures what an agent costs in memory, idle and active, against a bare reactor-netty. */
public final class Memory implements Scenario {
    private static final Duration HEARTBEAT = Duration.ofSeconds(10);
    private static final int TELEMETRY_S = 30;

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public String about() {
        return "heap and resident memory of each agent, idle and active, against a bare"
                + " reactor-netty (--agents 10000 --minutes 3)";
    }

    @Override
    public String measure(Options options) throws Exception {
        options.only("agents", "minutes", "flags", "only");
        LoadPlan agents = LoadPlan.of(0, options.number("agents", 10_000, 100, 20_000));
        int minutes = options.number("minutes", 3, 1, 600);
        StringBuilder table = new StringBuilder();
        table.append(
                "%d agents; active: HEARTBEAT every 10 s, 600 bytes of TELEMETRY every 30 s, for %d minutes. KiB of each, after full collections.%n%n"
                        .formatted(agents.agents(), minutes));
        table.append(
                """
                | | heap idle | heap active | resident idle | resident active | without agents: heap MiB | resident MiB |
                |---|---|---|---|---|---|---|
                """);
        Path folder = Files.createTempDirectory("viw-bench");
        try (BenchRedis redis = BenchRedis.start(folder.resolve("redis"))) {
            Contender.Place place = new Contender.Place(folder, redis, options.words("flags"));
            if (options.words("only").isEmpty() || options.words("only").contains("reactor")) {
                try (Contender bare = Contender.reactor(place, agents)) {
                    table.append(row(bare, folder, minutes));
                }
            }
            try (Contender bridge = Contender.bridge(place, agents)) {
                table.append(row(bridge, folder, minutes));
            }
        }
        return table.toString();
    }

    private record Taken(double heap, double resident) {
        static Taken of(Contender server) throws Exception {
            double heap = server.server().liveHeap();
            return new Taken(heap, server.server().rss());
        }
    }

    private static String row(Contender server, Path folder, int minutes) throws Exception {
        int agents = server.plan().agents();
        Path log = folder.resolve(server.name() + "-load.log");
        try (Load load = Load.start(server.plan(), log)) {
            Thread.sleep(3_000);
            Taken none = Taken.of(server);
            var _ = load.connect(64);
            Taken idle = Taken.of(server);
            load.heartbeats(HEARTBEAT);
            load.rate(agents / TELEMETRY_S);
            Thread.sleep(minutes * 60_000L);
            Taken active = Taken.of(server);
            String row =
                    "| %s | %.1f | %.1f | %.1f | %.1f | %.0f | %.0f |%n"
                            .formatted(
                                    server.name(),
                                    (idle.heap - none.heap) / agents / 1024,
                                    (active.heap - none.heap) / agents / 1024,
                                    (idle.resident - none.resident) / agents / 1024,
                                    (active.resident - none.resident) / agents / 1024,
                                    none.heap / (1 << 20),
                                    none.resident / (1 << 20));
            System.out.print("bench: " + row);
            Files.writeString(
                    folder.resolve(server.name() + "-histogram.txt"),
                    server.server().jcmd("GC.class_histogram"));
            System.out.println("bench: histogram in " + folder);
            return row;
        }
    }
}
