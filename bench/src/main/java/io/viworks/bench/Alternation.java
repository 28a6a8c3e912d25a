package io.viworks.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Times something and its floor in turns, so that whatever else the machine does meets both.
 *
 * @param rounds how often each has its turn
 * @param runs in each turn
 */
public record Alternation(int rounds, int runs) {
    /** At least three rounds: a median of fewer says nothing of the spread. */
    public Alternation {
        if (rounds < 3 || runs < 1) {
            throw new IllegalArgumentException("at least 3 rounds of at least 1 run");
        }
    }

    /**
     * Medians over the rounds, and how far the rounds' ratios lie apart.
     *
     * @param floor the floor's median of its rounds' medians
     * @param subject the same of what is measured
     * @param subject99 the median of its rounds' 99th percentiles
     * @param ratio the median of the rounds' {@code subject / floor}
     */
    public record Outcome(
            Duration floor,
            Duration subject,
            Duration subject99,
            double ratio,
            double least,
            double most) {
        /** Milliseconds of a duration, for tables. */
        public static String millis(Duration duration) {
            return "%.2f".formatted(duration.toNanos() / 1e6);
        }
    }

    /** Warms both up by one turn that is not counted, then times them. */
    public Outcome time(Timings.Work floor, Timings.Work subject) throws Exception {
        var _ = Timings.of(runs, floor);
        var _ = Timings.of(runs, subject);
        List<Duration> floors = new ArrayList<>();
        List<Duration> subjects = new ArrayList<>();
        List<Duration> tails = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            Timings below = Timings.of(runs, floor);
            Timings above = Timings.of(runs, subject);
            floors.add(below.quantile(0.5));
            subjects.add(above.quantile(0.5));
            tails.add(above.quantile(0.99));
            ratios.add((double) above.quantile(0.5).toNanos() / below.quantile(0.5).toNanos());
        }
        return new Outcome(
                median(floors),
                median(subjects),
                median(tails),
                median(ratios),
                Collections.min(ratios),
                Collections.max(ratios));
    }

    private static <T extends Comparable<T>> T median(List<T> values) {
        List<T> sorted = values.stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }
}
