package io.viworks.bench.journey;

import io.viworks.bench.Spread;
import io.viworks.bench.Timings;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/** What the rounds gave, by hand and through the product. */
final class Comparison {
    private static final double MICROS = 1e3;

    private final List<List<Way>> byHand = new ArrayList<>();
    private final List<List<Way>> product = new ArrayList<>();
    private final Map<Part, List<Timings>> parts = new EnumMap<>(Part.class);

    /** One round more. */
    void add(List<Map<Part, Long>> walked, List<Way> ways) {
        byHand.add(walked.stream().map(Way::of).toList());
        product.add(List.copyOf(ways));
        for (Part part : Part.values()) {
            List<Long> nanos = walked.stream().map(walk -> walk.getOrDefault(part, 0L)).toList();
            parts.computeIfAbsent(part, _ -> new ArrayList<>()).add(Timings.ofNanos(nanos));
        }
    }

    /** Both ways, then the parts of the one by hand. */
    String table() {
        StringBuilder table =
                new StringBuilder(
                        """
                        | ms | parts p50 | p99 | product p50 | p99 | p50 ratio | p99 ratio |
                        |---|---|---|---|---|---|---|
                        """);
        table.append(row("POST → 202", Way::accepted));
        table.append(row("POST → result by GET", Way::visible));
        table.append(
                """

                | part, walked by hand; µs | p50 | p99 |
                |---|---|---|
                """);
        for (Part part : Part.values()) {
            List<Timings> rounds = parts.getOrDefault(part, List.of());
            table.append(
                    "| %s | %s | %s |%n"
                            .formatted(
                                    part.about(),
                                    quantiles(rounds, 0.5, MICROS).text(0),
                                    quantiles(rounds, 0.99, MICROS).text(0)));
        }
        return table.toString();
    }

    private String row(String name, ToLongFunction<Way> length) {
        List<Double> below50 = quantiles(byHand, length, 0.5);
        List<Double> below99 = quantiles(byHand, length, 0.99);
        List<Double> above50 = quantiles(product, length, 0.5);
        List<Double> above99 = quantiles(product, length, 0.99);
        return "| %s | %s | %s | %s | %s | %s | %s |%n"
                .formatted(
                        name,
                        Spread.of(below50).text(2),
                        Spread.of(below99).text(2),
                        Spread.of(above50).text(2),
                        Spread.of(above99).text(2),
                        Spread.ratio(above50, below50).text(2),
                        Spread.ratio(above99, below99).text(2));
    }

    /** Of each round, in milliseconds. */
    private static List<Double> quantiles(
            List<List<Way>> rounds, ToLongFunction<Way> length, double share) {
        return rounds.stream()
                .map(ways -> Timings.ofNanos(ways.stream().map(length::applyAsLong).toList()))
                .map(timings -> timings.quantile(share).toNanos() / 1e6)
                .toList();
    }

    private static Spread quantiles(List<Timings> rounds, double share, double unit) {
        return Spread.of(
                rounds.stream().map(timings -> timings.quantile(share).toNanos() / unit).toList());
    }
}
