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

/**
 * Measures how TELEMETRY comes into Redis: the bridge, a floor written by hand, the obvious way.
 */
public final class Ingest implements Scenario {
    private static final String STREAM = "viw.telemetry";

    /** Frames on their way while it goes as fast as confirmed. */
    private static final int WINDOW = 4_000;

    @Override
    public String name() {
        return "ingest";
    }

    /** Few connections and many are measured apart, and so are flags of the JVM. */
    @Override
    public String section(Options options) {
        return options.words("also").isEmpty()
                ? name() + " by " + agents(options)
                : name() + " by flags";
    }

    @Override
    public String about() {
        return "telemetry into Redis: the bridge, a floor by hand, the obvious way (--agents 1000"
                + " --frame 600 --rate 10000 --rounds 3 --seconds 8 --warm 20;"
                + " --also bench/flags/g1: one more bridge, with other flags)";
    }

    @Override
    public String measure(Options options) throws Exception {
        options.only(
                "agents", "frame", "rate", "rounds", "seconds", "warm", "flags", "only", "also");
        LoadPlan agents =
                LoadPlan.of(0, agents(options)).frames(options.number("frame", 600, 500, 200_000));
        int rate = options.number("rate", 10_000, 100, 1_000_000);
        int rounds = options.number("rounds", 3, 1, 50);
        int seconds = options.number("seconds", 8, 2, 600);
        int warm = options.number("warm", 20, 0, 600);
        List<String> flags = options.words("flags");
        List<String> only = options.words("only");
        Path folder = Files.createTempDirectory("viw-bench");
        List<Runner> runners = new ArrayList<>();
        try (BenchRedis redis = BenchRedis.start(folder.resolve("redis"))) {
            Contender.Place place = new Contender.Place(folder, redis, flags);
            LoadPlan confirmed = agents.confirmedBy(redis.port());
            try {
                if (wanted(only, "floor")) {
                    runners.add(runner(Contender.floor(place, confirmed, false), folder));
                }
                if (wanted(only, "obvious")) {
                    runners.add(runner(Contender.obvious(place, confirmed), folder));
                }
                if (wanted(only, "bridge")) {
                    runners.add(runner(Contender.bridge(place, confirmed), folder));
                }
                for (String file : options.words("also")) {
                    // One more bridge, with the flags of a file: to see what they are worth.
                    runners.add(
                            runner(
                                    Contender.bridge(
                                                    place.with("@" + file),
                                                    confirmed.called("also" + runners.size() + "-"))
                                            .called(Path.of(file).getFileName().toString()),
                                    folder));
                }
                for (Runner runner : runners) {
                    say("warming up " + runner.contender().name());
                    runner.warmUp(redis, warm, rate);
                }
                for (int round = 0; round < rounds; round++) {
                    for (Runner runner : runners) {
                        Turn turn = runner.turn(redis, seconds, rate);
                        runner.turns().add(turn);
                        say(runner.contender().name() + " " + turn);
                    }
                }
                return table(runners, agents, rate, rounds, seconds);
            } finally {
                runners.forEach(Runner::close);
            }
        }
    }

    private static int agents(Options options) {
        return options.number("agents", 1_000, 1, 20_000);
    }

    private static boolean wanted(List<String> only, String name) {
        return only.isEmpty() || only.contains(name);
    }

    private static Runner runner(Contender contender, Path folder) throws Exception {
        say("connecting to " + contender.name() + ", process " + contender.server().pid());
        Load load = Load.start(contender.plan(), folder.resolve(contender.name() + "-load.log"));
        var _ = load.connect(64);
        return new Runner(contender, load, new ArrayList<>());
    }

    /**
     * What one turn gave.
     *
     * @param fullRate frames a second, as fast as confirmed
     * @param full microseconds of processor time a frame, at that rate
     * @param steady the same at the steady rate
     * @param lost frames sent and never confirmed
     */
    private record Turn(double fullRate, Cost full, double steadyRate, Cost steady, long lost) {}

    private record Cost(double server, double redis, double load) {}

    private record Runner(Contender contender, Load load, List<Turn> turns)
            implements AutoCloseable {
        void warmUp(BenchRedis redis, int seconds, int rate) throws Exception {
            load.full(WINDOW);
            Thread.sleep(seconds * 600L);
            load.rate(rate);
            Thread.sleep(seconds * 400L);
            load.rate(0);
            settle();
            redis.tidy(STREAM);
        }

        /** Waits until what was sent is confirmed, or nothing more is for a second. */
        private Load.Report settle() throws Exception {
            Load.Report all = load.report();
            Load.Report latest;
            do {
                Thread.sleep(1_000);
                latest = load.report();
                all = all.plus(latest);
            } while (latest.get("confirmed") > 0);
            return all;
        }

        Turn turn(BenchRedis redis, int seconds, int rate) throws Exception {
            var _ = load.report();
            load.full(WINDOW);
            Thread.sleep(1_000);
            Stretch full = stretch(redis, seconds);
            load.rate(0);
            Load.Report all = full.all().plus(settle());
            redis.tidy(STREAM);
            load.rate(rate);
            Thread.sleep(1_000);
            Stretch steady = stretch(redis, seconds);
            load.rate(0);
            all = all.plus(steady.all()).plus(settle());
            redis.tidy(STREAM);
            return new Turn(
                    full.perSecond(),
                    full.cost(),
                    steady.perSecond(),
                    steady.cost(),
                    all.get("sent") - all.get("confirmed"));
        }

        private record Stretch(Load.Report all, double perSecond, Cost cost) {}

        private Stretch stretch(BenchRedis redis, int seconds) throws Exception {
            Load.Report before = load.report();
            long begun = System.nanoTime();
            long server = contender.server().cpu().toNanos();
            long store = redis.cpu().toNanos();
            Thread.sleep(seconds * 1_000L);
            Load.Report after = load.report();
            double frames = Math.max(1, after.get("confirmed"));
            double took = System.nanoTime() - begun;
            return new Stretch(
                    before.plus(after),
                    frames * 1e9 / took,
                    new Cost(
                            (contender.server().cpu().toNanos() - server) / frames / 1e3,
                            (redis.cpu().toNanos() - store) / frames / 1e3,
                            (after.get("cpu_nanos") - before.get("cpu_nanos")) / frames / 1e3));
        }

        @Override
        public void close() {
            load.close();
            contender.close();
        }

        Spread of(java.util.function.ToDoubleFunction<Turn> what) {
            return Spread.of(values(what));
        }

        List<Double> values(java.util.function.ToDoubleFunction<Turn> what) {
            return turns.stream().map(what::applyAsDouble).toList();
        }
    }

    private static String table(
            List<Runner> runners, LoadPlan agents, int rate, int rounds, int seconds) {
        StringBuilder table = new StringBuilder();
        table.append(
                "%d connections, %d-byte frames; %d rounds, each %d s as fast as confirmed and %d s at %d/s.%n%n"
                        .formatted(
                                agents.agents(),
                                agents.frameBytes(),
                                rounds,
                                seconds,
                                seconds,
                                rate));
        table.append(
                "| | frames/s | server µs/frame | Redis | generator | at %d/s: server µs/frame | Redis | lost |\n"
                        .formatted(rate));
        table.append("|---|---|---|---|---|---|---|---|\n");
        Map<String, Runner> named = new LinkedHashMap<>();
        for (Runner runner : runners) {
            named.put(runner.contender().name(), runner);
            table.append(
                    "| %s | %s | %s | %.1f | %.1f | %s | %.1f | %d |%n"
                            .formatted(
                                    runner.contender().name(),
                                    runner.of(Turn::fullRate).text(0),
                                    runner.of(turn -> turn.full().server()).text(1),
                                    runner.of(turn -> turn.full().redis()).median(),
                                    runner.of(turn -> turn.full().load()).median(),
                                    runner.of(turn -> turn.steady().server()).text(1),
                                    runner.of(turn -> turn.steady().redis()).median(),
                                    runner.turns().stream().mapToLong(Turn::lost).sum()));
        }
        Runner bridge = named.get("bridge");
        if (bridge != null) {
            table.append(
                    "\n| the bridge against | frames/s | processor time at full | at %d/s |\n"
                            .formatted(rate));
            table.append("|---|---|---|---|\n");
            for (Runner other : runners) {
                if (!other.contender().name().equals("bridge")) {
                    table.append(ratios(bridge, other));
                }
            }
        }
        return table.toString();
    }

    /** How much more the bridge does in the same time, or with the same processor time. */
    private static String ratios(Runner bridge, Runner other) {
        return "| %s | %s | %s | %s |%n"
                .formatted(
                        other.contender().name(),
                        Spread.ratio(bridge.values(Turn::fullRate), other.values(Turn::fullRate))
                                .text(2),
                        Spread.ratio(
                                        other.values(turn -> turn.full().server()),
                                        bridge.values(turn -> turn.full().server()))
                                .text(2),
                        Spread.ratio(
                                        other.values(turn -> turn.steady().server()),
                                        bridge.values(turn -> turn.steady().server()))
                                .text(2));
    }

    private static void say(String text) {
        System.out.println("bench: " + text);
    }
}
