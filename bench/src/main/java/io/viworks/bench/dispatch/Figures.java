package io.viworks.bench.dispatch;

import io.viworks.bench.Spread;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What the rounds gave, for each rate. A side that is behind when a turn ends has no latency: what
 * it shows is how long its queue was, so no ratio is made of it.
 */
final class Figures {
    /** Behind by more when the last command was written, a side does not keep up; milliseconds. */
    static final double KEEPS_UP = 250;

    private final Map<Integer, List<Round>> rates = new LinkedHashMap<>();

    /**
     * One turn of one side.
     *
     * @param p50 microseconds
     * @param p99 microseconds
     * @param behind milliseconds from the last command written until all were taken
     * @param lost commands that no agent saw
     */
    record Turn(double p50, double p99, double behind, long lost) {
        boolean keepsUp() {
            return behind <= KEEPS_UP;
        }
    }

    private record Round(Turn floor, Turn bridge) {}

    /** The turns of both in one round. */
    void add(int rate, Turn floor, Turn bridge) {
        rates.computeIfAbsent(rate, _ -> new ArrayList<>()).add(new Round(floor, bridge));
    }

    /** A row for each rate. */
    String table() {
        StringBuilder table =
                new StringBuilder(
                        """
                        | commands/s | relay p50 | p99 | bridge p50 | p99 | p50 ratio | p99 ratio | not delivered: relay, bridge | keeps up |
                        |---|---|---|---|---|---|---|---|---|
                        """);
        rates.forEach((rate, rounds) -> {
            boolean both =
                    rounds.stream().allMatch(r -> r.floor().keepsUp() && r.bridge().keepsUp());
            table.append(
                    "| %,d | %s | %s | %s | %s | %s | %s | %d, %d | %s |%n"
                            .formatted(
                                    rate,
                                    Spread.of(of(rounds, r -> r.floor().p50())).text(0),
                                    Spread.of(of(rounds, r -> r.floor().p99())).text(0),
                                    Spread.of(of(rounds, r -> r.bridge().p50())).text(0),
                                    Spread.of(of(rounds, r -> r.bridge().p99())).text(0),
                                    both ? ratio(rounds, Turn::p50) : "none",
                                    both ? ratio(rounds, Turn::p99) : "none",
                                    rounds.stream().mapToLong(r -> r.floor().lost()).sum(),
                                    rounds.stream().mapToLong(r -> r.bridge().lost()).sum(),
                                    keepsUp(rounds)));
        });
        return table.toString();
    }

    private static String ratio(List<Round> rounds, Function<Turn, Double> figure) {
        return Spread.ratio(
                        of(rounds, r -> figure.apply(r.bridge())),
                        of(rounds, r -> figure.apply(r.floor())))
                .text(2);
    }

    private static String keepsUp(List<Round> rounds) {
        List<String> not = new ArrayList<>();
        late("the relay", of(rounds, r -> r.floor().behind()), not);
        late("the bridge", of(rounds, r -> r.bridge().behind()), not);
        return not.isEmpty() ? "both" : "**not " + String.join(", not ", not) + "**";
    }

    private static void late(String side, List<Double> behind, List<String> into) {
        long turns = behind.stream().filter(ms -> ms > KEEPS_UP).count();
        if (turns > 0) {
            into.add(
                    "%s in %d of %d turns: %.0f ms behind at most"
                            .formatted(side, turns, behind.size(), Spread.of(behind).most()));
        }
    }

    private static List<Double> of(List<Round> rounds, Function<Round, Double> figure) {
        return rounds.stream().map(figure).toList();
    }
}
