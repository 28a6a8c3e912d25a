package io.viworks.bench.growth;

import io.viworks.bench.BenchRedis;
import io.viworks.bench.Options;
import io.viworks.bench.Scenario;
import io.viworks.bench.Spread;
import io.viworks.bench.ingest.Contender;
import io.viworks.bench.load.Load;
import io.viworks.bench.load.LoadPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures processor time of a frame, and memory of an agent, at 100, 1 000 and 10 000 agents of
 * one bridge, and with three bridges beside one.
 */
public final class Growth implements Scenario {
    private static final String STREAM = "viw.telemetry";
    private static final int CALM_MS = 1_000;

    @Override
    public String name() {
        return "growth";
    }

    @Override
    public String about() {
        return "cost of a frame and of an agent as there are more (--agents 100,1000,10000"
                + " --bridges 3 --each 1000 --rate 1000 --rounds 3 --seconds 6 --warm 10)";
    }

    @Override
    public String measure(Options options) throws Exception {
        options.only("agents", "bridges", "each", "rate", "rounds", "seconds", "warm");
        List<Integer> sizes = sizes(options.words("agents"));
        int bridges = options.number("bridges", 3, 2, 10);
        int each = options.number("each", 1_000, 1, 10_000);
        int rate = options.number("rate", 1_000, 10, 100_000);
        int rounds = options.number("rounds", 3, 3, 50);
        int seconds = options.number("seconds", 6, 1, 600);
        int warm = options.number("warm", 10, 0, 600);
        Path folder = Files.createTempDirectory("viw-bench");
        try (BenchRedis redis = BenchRedis.start(folder.resolve("redis"))) {
            return "TELEMETRY of 600 bytes at %d/s for each bridge; %d rounds of %d s.%n%n"
                            .formatted(rate, rounds, seconds)
                    + agents(redis, folder, sizes, rate, rounds, seconds, warm)
                    + "\n"
                    + bridges(redis, folder, bridges, each, rate, rounds, seconds, warm);
        }
    }

    private static List<Integer> sizes(List<String> words) {
        return words.isEmpty()
                ? List.of(100, 1_000, 10_000)
                : words.stream().map(Integer::parseInt).toList();
    }

    /** A bridge and its agents. */
    private record Member(String name, Contender bridge, Load load, long emptyHeap, long emptyRss)
            implements AutoCloseable {
        static Member start(BenchRedis redis, Path folder, String name, int agents)
                throws IOException, InterruptedException {
            Path own = Files.createDirectories(folder.resolve(name));
            Contender bridge =
                    Contender.bridge(
                            new Contender.Place(own, redis, List.of()),
                            LoadPlan.of(0, agents).called(name + "-").confirmedBy(redis.port()));
            long heap = bridge.server().liveHeap();
            long rss = bridge.server().rss();
            Load load = Load.start(bridge.plan(), own.resolve("load.log"));
            say("connecting " + agents + " agents of " + name);
            var _ = load.connect(64);
            return new Member(name, bridge, load, heap, rss);
        }

        int agents() {
            return bridge.plan().agents();
        }

        /** Heap in use for one agent, in KiB. */
        double heapEach() throws IOException {
            return (bridge.server().liveHeap() - emptyHeap) / 1024.0 / agents();
        }

        double rssEach() throws IOException {
            return (bridge.server().rss() - emptyRss) / 1024.0 / agents();
        }

        @Override
        public void close() {
            load.close();
            bridge.close();
        }
    }

    /**
     * Processor time in microseconds.
     *
     * @param bridge of the bridges for a frame, without what they use when no frame comes
     * @param redis the same of Redis
     * @param idle of a bridge for a second of an agent that says nothing: its pings
     */
    private record Cost(double bridge, double redis, double perSecond, double idle) {}

    private static Cost cost(BenchRedis redis, List<Member> members, int rate, int seconds)
            throws Exception {
        Used silent = used(redis, members, seconds);
        for (Member member : members) {
            member.load().rate(rate);
        }
        Thread.sleep(CALM_MS);
        Used busy = used(redis, members, seconds);
        for (Member member : members) {
            member.load().rate(0);
        }
        Thread.sleep(CALM_MS);
        redis.tidy(STREAM);
        double agents = members.stream().mapToInt(Member::agents).sum();
        double frames = Math.max(1, busy.frames());
        return new Cost(
                (busy.bridges() - silent.bridges() * busy.took() / silent.took()) / frames / 1e3,
                (busy.redis() - silent.redis() * busy.took() / silent.took()) / frames / 1e3,
                frames * 1e9 / busy.took(),
                silent.bridges() * 1e6 / silent.took() / agents);
    }

    /** Nanoseconds of processor time, and of time, and frames in them. */
    private record Used(double bridges, double redis, double frames, double took) {}

    private static Used used(BenchRedis redis, List<Member> members, int seconds) throws Exception {
        var _ = members.getFirst().load().report();
        long bridges = cpu(members);
        long store = redis.cpu().toNanos();
        long begun = System.nanoTime();
        Thread.sleep(seconds * 1_000L);
        // Each generator counts the XADDs of all, for Redis counts them so.
        double frames = members.getFirst().load().report().get("confirmed");
        return new Used(
                cpu(members) - bridges,
                redis.cpu().toNanos() - store,
                frames,
                System.nanoTime() - begun);
    }

    private static long cpu(List<Member> members) throws IOException {
        long sum = 0;
        for (Member member : members) {
            sum += member.bridge().server().cpu().toNanos();
        }
        return sum;
    }

    private static String agents(
            BenchRedis redis,
            Path folder,
            List<Integer> sizes,
            int rate,
            int rounds,
            int seconds,
            int warm)
            throws Exception {
        Map<Member, List<Cost>> costs = new LinkedHashMap<>();
        try {
            for (int size : sizes) {
                costs.put(Member.start(redis, folder, "n" + size, size), new ArrayList<>());
            }
            for (Member member : costs.keySet()) {
                var _ = cost(redis, List.of(member), rate, Math.max(1, warm));
            }
            for (int round = 0; round < rounds; round++) {
                for (Map.Entry<Member, List<Cost>> one : costs.entrySet()) {
                    Cost cost = cost(redis, List.of(one.getKey()), rate, seconds);
                    one.getValue().add(cost);
                    say(one.getKey().name() + " " + cost);
                }
            }
            StringBuilder table =
                    new StringBuilder(
                            """
                            | agents of one bridge | frames/s | bridge µs/frame | Redis µs/frame | against the fewest | silent: bridge µs/s of an agent | heap KiB/agent | RSS KiB/agent |
                            |---|---|---|---|---|---|---|---|
                            """);
            List<Double> base = micros(costs.values().iterator().next());
            for (Map.Entry<Member, List<Cost>> one : costs.entrySet()) {
                Member member = one.getKey();
                // Its RSS before its heap: looking at the heap collects it and moves its pages.
                double rss = member.rssEach();
                table.append(
                        "| %d | %s | %s | %.1f | %s | %s | %.1f | %.1f |%n"
                                .formatted(
                                        member.agents(),
                                        rates(one.getValue()).text(0),
                                        Spread.of(micros(one.getValue())).text(1),
                                        redis(one.getValue()),
                                        Spread.ratio(micros(one.getValue()), base).text(2),
                                        Spread.of(one.getValue().stream().map(Cost::idle).toList())
                                                .text(1),
                                        member.heapEach(),
                                        rss));
            }
            return table.toString();
        } finally {
            costs.keySet().forEach(Member::close);
        }
    }

    private static String bridges(
            BenchRedis redis,
            Path folder,
            int count,
            int each,
            int rate,
            int rounds,
            int seconds,
            int warm)
            throws Exception {
        List<Member> all = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                all.add(Member.start(redis, folder, "b" + i, each));
            }
            List<Member> first = List.of(all.getFirst());
            List<Cost> one = new ArrayList<>();
            List<Cost> many = new ArrayList<>();
            var _ = cost(redis, all, rate, Math.max(1, warm));
            for (int round = 0; round < rounds; round++) {
                one.add(cost(redis, first, rate, seconds));
                many.add(cost(redis, all, rate, seconds));
                say("one bridge " + one.getLast() + ", " + count + " " + many.getLast());
            }
            return """
            | bridges of %d agents each | frames/s | bridge µs/frame | Redis µs/frame | against one |
            |---|---|---|---|---|
            """
                            .formatted(each)
                    + row(1, one, one)
                    + row(count, many, one);
        } finally {
            all.forEach(Member::close);
        }
    }

    private static String row(int bridges, List<Cost> costs, List<Cost> base) {
        return "| %d | %s | %s | %.1f | %s |%n"
                .formatted(
                        bridges,
                        rates(costs).text(0),
                        Spread.of(micros(costs)).text(1),
                        redis(costs),
                        Spread.ratio(micros(costs), micros(base)).text(2));
    }

    private static List<Double> micros(List<Cost> costs) {
        return costs.stream().map(Cost::bridge).toList();
    }

    private static double redis(List<Cost> costs) {
        return Spread.of(costs.stream().map(Cost::redis).toList()).median();
    }

    private static Spread rates(List<Cost> costs) {
        return Spread.of(costs.stream().map(Cost::perSecond).toList());
    }

    private static void say(String text) {
        System.out.println("bench: " + text);
    }
}
