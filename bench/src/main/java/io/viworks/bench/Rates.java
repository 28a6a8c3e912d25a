package io.viworks.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * How fast something and its floor get through the same work, in turns.
 *
 * @param rounds how often each has its turn
 */
public record Rates(int rounds) {
    /** At least three rounds: a median of fewer says nothing of the spread. */
    public Rates {
        if (rounds < 3) {
            throw new IllegalArgumentException("at least 3 rounds");
        }
    }

    /**
     * One turn.
     *
     * @param count of what was got through
     * @param own processor time of who did it
     * @param postgres processor time of Postgres meanwhile
     * @param walBytes what Postgres logged meanwhile
     */
    public record Turn(long count, Duration wall, Duration own, Duration postgres, long walBytes) {
        double perSecond() {
            return count * 1e9 / wall.toNanos();
        }

        private String describe() {
            return "%.0f/s, %.0f + %.0f µs".formatted(perSecond(), micros(own), micros(postgres));
        }

        private double micros(Duration cpu) {
            return cpu.toNanos() / 1e3 / count;
        }
    }

    /** Something that has a turn. */
    @FunctionalInterface
    public interface Work {
        Turn turn() throws Exception;
    }

    /**
     * Medians over the rounds.
     *
     * @param ratio the median of the rounds' {@code subject / floor}, of what was got through in a
     *     second
     */
    public record Outcome(Line floor, Line subject, double ratio, double least, double most) {
        /** The ratio as a table shows it. */
        public String spread() {
            return "%.2f (%.2f–%.2f)".formatted(ratio, least, most);
        }
    }

    /**
     * What one of them came to.
     *
     * @param ownMicros processor time of each, in microseconds
     */
    public record Line(
            double perSecond,
            double least,
            double most,
            double ownMicros,
            double postgresMicros,
            double walBytes) {
        private static Line of(List<Turn> turns) {
            List<Double> rates = turns.stream().map(Turn::perSecond).toList();
            return new Line(
                    median(rates),
                    Collections.min(rates),
                    Collections.max(rates),
                    median(turns.stream().map(turn -> turn.micros(turn.own())).toList()),
                    median(turns.stream().map(turn -> turn.micros(turn.postgres())).toList()),
                    median(turns.stream().map(t -> (double) t.walBytes() / t.count()).toList()));
        }

        /** As a row of the table whose head is {@link #HEAD}. */
        public String row(String what, String ratio) {
            return "| %s | %,.0f (%,.0f–%,.0f) | %.0f | %.0f | %.0f | %s |%n"
                    .formatted(
                            what,
                            perSecond,
                            least,
                            most,
                            ownMicros,
                            postgresMicros,
                            walBytes,
                            ratio);
        }
    }

    /** The head of a table of {@link Line}s. */
    public static final String HEAD =
            """
            | who | per second, median (least–most) | own CPU µs each | Postgres CPU µs each | WAL bytes each | ratio (least–most) |
            |---|---|---|---|---|---|
            """;

    /** Warms both up by a turn that is not counted, then gives them their turns. */
    public Outcome time(Work floor, Work subject) throws Exception {
        var _ = floor.turn();
        var _ = subject.turn();
        List<Turn> floors = new ArrayList<>();
        List<Turn> subjects = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            Turn below = floor.turn();
            Turn above = subject.turn();
            floors.add(below);
            subjects.add(above);
            ratios.add(above.perSecond() / below.perSecond());
            System.out.printf(
                    "bench: round %d: floor %s; subject %s; %.0f %%%n",
                    round + 1,
                    below.describe(),
                    above.describe(),
                    100 * above.perSecond() / below.perSecond());
        }
        return new Outcome(
                Line.of(floors),
                Line.of(subjects),
                median(ratios),
                Collections.min(ratios),
                Collections.max(ratios));
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }
}
