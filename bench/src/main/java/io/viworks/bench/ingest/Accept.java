package io.viworks.bench.ingest;

import io.viworks.bench.BenchRedis;
import io.viworks.bench.Options;
import io.viworks.bench.Scenario;
import io.viworks.bench.Spread;
import io.viworks.bench.load.Load;
import io.viworks.bench.load.LoadPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Measures how many agents a second come to WELCOME, against an upgrade by hand with the MAC. */
public final class Accept implements Scenario {
    @Override
    public String name() {
        return "accept";
    }

    @Override
    public String about() {
        return "handshakes until WELCOME, with HMAC and with Ed25519, against a floor by hand"
                + " (--agents 2000 --at-once 64 --rounds 3 --warm 3)";
    }

    @Override
    public String measure(Options options) throws Exception {
        options.only("agents", "at-once", "rounds", "warm", "flags");
        LoadPlan agents = LoadPlan.of(0, options.number("agents", 2_000, 10, 20_000));
        int atOnce = options.number("at-once", 64, 1, 5_000);
        int rounds = options.number("rounds", 3, 1, 50);
        int warm = options.number("warm", 3, 0, 50);
        StringBuilder table = new StringBuilder();
        table.append(
                "%d agents, %d at a time, their requests signed beforehand; %d rounds after %d that are not counted.%n%n"
                        .formatted(agents.agents(), atOnce, rounds, warm));
        table.append(
                """
                | proof | floor/s | bridge/s | ratio | floor CPU µs | bridge CPU µs | ratio |
                |---|---|---|---|---|---|---|
                """);
        for (LoadPlan.Auth auth : new LoadPlan.Auth[] {LoadPlan.Auth.HMAC, LoadPlan.Auth.KEY}) {
            table.append(row(options, agents.provedBy(auth), atOnce, rounds, warm));
        }
        return table.toString();
    }

    /**
     * What one turn gave.
     *
     * @param perSecond agents that came to WELCOME
     * @param micros processor time of the server for each
     */
    private record Turn(double perSecond, double micros) {}

    private static String row(Options options, LoadPlan agents, int atOnce, int rounds, int warm)
            throws Exception {
        Path folder = Files.createTempDirectory("viw-bench");
        try (BenchRedis redis = BenchRedis.start(folder.resolve("redis"))) {
            Contender.Place place = new Contender.Place(folder, redis, options.words("flags"));
            try (Contender floor = Contender.floor(place, agents, true);
                    Contender bridge = Contender.bridge(place, agents);
                    Load floorLoad = Load.start(floor.plan(), folder.resolve("floor-load.log"));
                    Load bridgeLoad = Load.start(bridge.plan(), folder.resolve("load.log"))) {
                Map<String, List<Turn>> turns = new LinkedHashMap<>();
                for (int round = -warm; round < rounds; round++) {
                    Turn below = turn(floor, floorLoad, atOnce);
                    Turn above = turn(bridge, bridgeLoad, atOnce);
                    System.out.println("bench: " + agents.auth() + " " + below + " " + above);
                    if (round >= 0) {
                        turns.computeIfAbsent("floor", _ -> new ArrayList<>()).add(below);
                        turns.computeIfAbsent("bridge", _ -> new ArrayList<>()).add(above);
                    }
                }
                return line(
                        agents.auth() == LoadPlan.Auth.KEY ? "Ed25519" : "HMAC",
                        turns.getOrDefault("floor", List.of()),
                        turns.getOrDefault("bridge", List.of()));
            }
        }
    }

    private static Turn turn(Contender server, Load load, int atOnce) throws Exception {
        load.prepare();
        long before = server.server().cpu().toNanos();
        double nanos = load.connect(atOnce).toNanos();
        double cpu = server.server().cpu().toNanos() - before;
        load.disconnect();
        // The bridge tells of every end; the next turn must not meet that.
        Thread.sleep(2_000);
        int agents = server.plan().agents();
        return new Turn(agents * 1e9 / nanos, cpu / agents / 1e3);
    }

    private static String line(String proof, List<Turn> floor, List<Turn> bridge) {
        List<Double> floorRates = floor.stream().map(Turn::perSecond).toList();
        List<Double> bridgeRates = bridge.stream().map(Turn::perSecond).toList();
        List<Double> floorCpu = floor.stream().map(Turn::micros).toList();
        List<Double> bridgeCpu = bridge.stream().map(Turn::micros).toList();
        return "| %s | %s | %s | %s | %s | %s | %s |%n"
                .formatted(
                        proof,
                        Spread.of(floorRates).text(0),
                        Spread.of(bridgeRates).text(0),
                        Spread.ratio(bridgeRates, floorRates).text(2),
                        Spread.of(floorCpu).text(0),
                        Spread.of(bridgeCpu).text(0),
                        Spread.ratio(floorCpu, bridgeCpu).text(2));
    }
}
