package io.viworks.bench.peers;

import io.viworks.bench.Options;
import io.viworks.bench.Scenario;
import io.viworks.bench.Spread;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Measures the same work on NATS JetStream and on Mosquitto, in turns with the bridge. */
public final class Peers implements Scenario {
    @Override
    public String name() {
        return "peers";
    }

    @Override
    public String about() {
        return "the same messages into NATS JetStream and Mosquitto (--clients 1000 --frame 600"
                + " --window 4000 --rate 2000 --rounds 3 --seconds 6 --warm 10"
                + " --only bridge,nats,mosquitto)";
    }

    @Override
    public String measure(Options options) throws Exception {
        options.only("clients", "frame", "window", "rate", "rounds", "seconds", "warm", "only");
        int clients = options.number("clients", 1_000, 1, 20_000);
        int bytes = options.number("frame", 600, 500, 200_000);
        int window = options.number("window", 4_000, 1, 1_000_000);
        int rate = options.number("rate", 2_000, 10, 1_000_000);
        int rounds = options.number("rounds", 3, 3, 50);
        int seconds = options.number("seconds", 6, 1, 600);
        int warm = options.number("warm", 10, 0, 600);
        List<String> only = options.words("only");
        Path folder = Files.createTempDirectory("viw-bench");
        Map<Candidate, List<Turn>> turns = new LinkedHashMap<>();
        try {
            if (only.isEmpty() || only.contains("bridge")) {
                turns.put(Candidate.bridge(folder, clients, bytes), new ArrayList<>());
            }
            if (only.isEmpty() || only.contains("nats")) {
                turns.put(Candidate.nats(folder, clients, bytes), new ArrayList<>());
            }
            if (only.isEmpty() || only.contains("mosquitto")) {
                turns.put(Candidate.mosquitto(folder, clients, bytes), new ArrayList<>());
            }
            for (Candidate who : turns.keySet()) {
                say("connecting to " + who.name());
                var _ = who.load().connect(64);
                say(who.name() + " " + Turn.of(who, window, rate, Math.max(1, warm / 2)));
            }
            for (int round = 0; round < rounds; round++) {
                for (Map.Entry<Candidate, List<Turn>> one : turns.entrySet()) {
                    Turn turn = Turn.of(one.getKey(), window, rate, seconds);
                    one.getValue().add(turn);
                    say(one.getKey().name() + " " + turn);
                }
            }
        } finally {
            for (Candidate who : turns.keySet()) {
                who.close();
            }
        }
        return "%d connections, %d-byte messages; %d rounds, each %d s as fast as confirmed (%d on their way) and %d s at %d/s.%n%n"
                        .formatted(clients, bytes, rounds, seconds, window, seconds, rate)
                + table(turns, rate);
    }

    private static String table(Map<Candidate, List<Turn>> turns, int rate) {
        StringBuilder table =
                new StringBuilder(
                        """
                        | | messages/s | server µs each | generator µs each | at %d/s: server µs each | confirmed after, ms: p50 | p99 | not confirmed | received |
                        |---|---|---|---|---|---|---|---|---|
                        """
                                .formatted(rate));
        turns.forEach((who, all) ->
                table.append(
                        "| %s | %s | %s | %.1f | %s | %s | %s | %d | %s |%n"
                                .formatted(
                                        who.name(),
                                        of(all, t -> t.full().perSecond()).text(0),
                                        of(all, t -> t.full().micros()).text(1),
                                        of(all, t -> t.full().loadMicros()).median(),
                                        of(all, t -> t.steady().micros()).text(1),
                                        latency(who, all, t -> t.steady().p50()),
                                        latency(who, all, t -> t.steady().p99()),
                                        all.stream().mapToLong(Turn::lost).sum(),
                                        received(all))));
        turns.entrySet().stream()
                .filter(one -> !one.getKey().confirms())
                .findFirst()
                .ifPresent(ours -> table.append(ratios(ours.getValue(), turns)));
        return table.toString();
    }

    /** How much more the bridge does in the same time, or with the same processor time. */
    private static String ratios(List<Turn> ours, Map<Candidate, List<Turn>> turns) {
        StringBuilder table =
                new StringBuilder(
                        """

                        | the bridge with Redis against | messages/s | by processor time at full | at the steady rate |
                        |---|---|---|---|
                        """);
        turns.forEach((who, all) -> {
            if (who.confirms()) {
                table.append(
                        "| %s | %s | %s | %s |%n"
                                .formatted(
                                        who.name(),
                                        Spread.ratio(
                                                        values(ours, t -> t.full().perSecond()),
                                                        values(all, t -> t.full().perSecond()))
                                                .text(2),
                                        Spread.ratio(
                                                        values(all, t -> t.full().micros()),
                                                        values(ours, t -> t.full().micros()))
                                                .text(2),
                                        Spread.ratio(
                                                        values(all, t -> t.steady().micros()),
                                                        values(ours, t -> t.steady().micros()))
                                                .text(2)));
            }
        });
        return table.toString();
    }

    private static String latency(Candidate who, List<Turn> all, ToDoubleFunction<Turn> what) {
        return who.confirms() ? of(all, t -> what.applyAsDouble(t) / 1e3).text(2) : "none";
    }

    private static String received(List<Turn> all) {
        long sum = all.stream().mapToLong(Turn::received).sum();
        return sum == 0 ? "" : Long.toString(sum);
    }

    private static Spread of(List<Turn> all, ToDoubleFunction<Turn> what) {
        return Spread.of(values(all, what));
    }

    private static List<Double> values(List<Turn> all, ToDoubleFunction<Turn> what) {
        return all.stream().map(what::applyAsDouble).toList();
    }

    private static void say(String text) {
        System.out.println("bench: " + text);
    }
}
