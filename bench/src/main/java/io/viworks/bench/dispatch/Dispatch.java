package io.viworks.bench.dispatch;

import io.viworks.backplane.Keys;
import io.viworks.bench.BenchRedis;
import io.viworks.bench.Options;
import io.viworks.bench.Scenario;
import io.viworks.bench.ingest.Contender;
import io.viworks.bench.load.Load;
import io.viworks.bench.load.LoadPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Measures commands on their way from {@code viw.commands} to the agent's socket while telemetry
 * flows, through the packaged bridge and through a bare relay.
 */
public final class Dispatch implements Scenario {
    private static final List<Integer> RATES = List.of(100, 2_000);
    private static final int AT_ONCE = 50;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Override
    public String name() {
        return "dispatch";
    }

    @Override
    public String about() {
        return "commands from their stream to the socket against a bare relay"
                + " (--agents 1000 --telemetry 5000 --seconds 10 --rounds 3 --warm 2)";
    }

    /** One of the two, with its agents. */
    private record Side(Contender server, Load load) {
        void telemetry(int perSecond) throws Exception {
            load.rate(perSecond);
        }
    }

    @Override
    public String measure(Options options) throws Exception {
        options.only("agents", "telemetry", "seconds", "rounds", "warm");
        int agents = options.number("agents", 1_000, 100, 20_000);
        int telemetry = options.number("telemetry", 5_000, 0, 100_000);
        Duration time = Duration.ofSeconds(options.number("seconds", 10, 2, 600));
        int rounds = options.number("rounds", 3, 3, 50);
        int warm = options.number("warm", 2, 1, 20);
        Path folder = Files.createTempDirectory("viw-bench");
        LoadPlan common = LoadPlan.of(0, agents);
        LoadPlan plan =
                new LoadPlan(
                        0,
                        0,
                        agents,
                        common.prefix(),
                        common.sources(),
                        common.auth(),
                        common.secret(),
                        common.frameBytes(),
                        common.loops(),
                        0,
                        false);
        // A Redis for each: commands that one is given the other must not read.
        try (BenchRedis below = BenchRedis.start(folder.resolve("redis-floor"));
                BenchRedis above = BenchRedis.start(folder.resolve("redis-bridge"));
                Contender floor =
                        Contender.floor(
                                new Contender.Place(folder, below, List.of()), plan, false);
                Contender bridge =
                        Contender.bridge(new Contender.Place(folder, above, List.of()), plan);
                Load ofFloor = Load.start(floor.plan(), folder.resolve("load-floor.log"));
                Load ofBridge = Load.start(bridge.plan(), folder.resolve("load-bridge.log"));
                Commands toFloor = new Commands(below.url(), plan);
                Commands toBridge = new Commands(above.url(), plan)) {
            var _ = ofFloor.connect(AT_ONCE);
            var _ = ofBridge.connect(AT_ONCE);
            Figures figures = new Figures();
            for (int round = 1 - warm; round <= rounds; round++) {
                Map<Integer, Figures.Turn> ofRelay =
                        turn(new Side(floor, ofFloor), toFloor, telemetry, time);
                Map<Integer, Figures.Turn> ofSubject =
                        turn(new Side(bridge, ofBridge), toBridge, telemetry, time);
                for (int rate : round < 1 ? List.<Integer>of() : RATES) {
                    figures.add(
                            rate,
                            Objects.requireNonNull(ofRelay.get(rate)),
                            Objects.requireNonNull(ofSubject.get(rate)));
                }
                tidy(below);
                tidy(above);
            }
            return """
            %,d agents, %,d telemetry frames/s meanwhile, each rate for %d s, %d rounds after %d to warm up; microseconds from before XADD until the agent has the frame. A side that is more than %.0f ms behind when the last command is written does not keep up, and no ratio is made of its queue.

            %s\
            """
                    .formatted(
                            agents,
                            telemetry,
                            time.toSeconds(),
                            rounds,
                            warm,
                            Figures.KEEPS_UP,
                            figures.table());
        }
    }

    /** The stream of commands stays: its group would be gone with it. */
    private static void tidy(BenchRedis redis) throws Exception {
        redis.tidy(Keys.TELEMETRY);
        redis.tidy(Keys.COMMAND_RESULTS);
    }

    private static Map<Integer, Figures.Turn> turn(
            Side side, Commands commands, int telemetry, Duration time) throws Exception {
        Map<Integer, Figures.Turn> turns = new LinkedHashMap<>();
        side.telemetry(telemetry);
        TimeUnit.SECONDS.sleep(2);
        for (int rate : RATES) {
            var _ = side.load().report();
            long written = commands.write(rate, time);
            Duration behind = commands.awaitTaken(PATIENCE);
            TimeUnit.SECONDS.sleep(1);
            Load.Report report = side.load().report();
            long frames = report.get("sent");
            double lasted = time.plus(behind).toMillis() / 1e3 + 1;
            System.out.printf(
                    "bench: %s at %d/s: p50 %d µs, p99 %d µs, %d of %d, %d ms behind; %.0f telemetry/s, %d held back%n",
                    side.server().name(),
                    rate,
                    report.get("command_p50"),
                    report.get("command_p99"),
                    report.get("command_count"),
                    written,
                    behind.toMillis(),
                    frames / lasted,
                    report.get("stalled"));
            turns.put(
                    rate,
                    new Figures.Turn(
                            report.get("command_p50"),
                            report.get("command_p99"),
                            behind.toMillis(),
                            written - report.get("command_count")));
        }
        side.telemetry(0);
        return turns;
    }
}
