package io.viworks.agent.simulate;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code agent simulate} is asked for.
 *
 * @param count agents, the bad ones among them
 * @param ramp over which they connect for the first time
 * @param think mean of how long a command takes
 * @param duration after which it ends; zero: only when it is told to
 * @param report pause between two lines about how it goes
 * @param bad how many of each kind
 */
public record Options(
        int count,
        Duration ramp,
        Duration think,
        Duration duration,
        Duration report,
        Map<Habit, Integer> bad) {
    /** Agents of one process at most: it has about 28 000 ports towards one address. */
    static final int MOST = 25_000;

    /** For {@code --help}. */
    public static final String HELP =
            """
              --count N            agents, at most 25000 (100)
              --ramp DURATION      over which they connect for the first time (10s)
              --think DURATION     mean time a command takes (200ms)
              --for DURATION       ends after it (never)
              --report DURATION    pause between two lines (5s)
              --slow-readers N, --half-open N, --clones N, --flapping N, --wrong-clock N, --floods N
                                   so many of the agents misbehave in that way (0)
            """;

    public Options {
        bad = Map.copyOf(bad);
    }

    /** Said when the words are not right. */
    public static final class Wrong extends Exception {
        private static final long serialVersionUID = 1L;

        private final String what;

        Wrong(String what) {
            super(what);
            this.what = what;
        }

        /** What would be right. */
        public String what() {
            return what;
        }
    }

    /**
     * Reads what follows {@code simulate}.
     *
     * @throws Wrong for the first word that is not right; says what would be
     */
    public static Options read(Deque<String> words) throws Wrong {
        int count = 100;
        Duration ramp = Duration.ofSeconds(10);
        Duration think = Duration.ofMillis(200);
        Duration duration = Duration.ZERO;
        Duration report = Duration.ofSeconds(5);
        Map<Habit, Integer> bad = new EnumMap<>(Habit.class);
        while (!words.isEmpty()) {
            String option = words.pop();
            switch (option) {
                case "--count" -> count = number(option, words);
                case "--ramp" -> ramp = duration(option, words);
                case "--think" -> think = duration(option, words);
                case "--for" -> duration = duration(option, words);
                case "--report" -> report = duration(option, words);
                default -> bad.put(Habit.of(option), number(option, words));
            }
        }
        if (bad.values().stream().mapToInt(Integer::intValue).sum() > count) {
            throw new Wrong("--count must be at least the number of those that misbehave");
        }
        if (count == 0 || report.isZero()) {
            throw new Wrong("--count and --report must be more than nothing");
        }
        return new Options(count, ramp, think, duration, report, bad);
    }

    private static int number(String option, Deque<String> words) throws Wrong {
        try {
            int number = Integer.parseInt(value(option, words));
            if (number >= 0 && number <= MOST) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new Wrong(option + " must be followed by a number from 0 to " + MOST);
    }

    private static Duration duration(String option, Deque<String> words) throws Wrong {
        String text = value(option, words).toUpperCase(Locale.ROOT);
        try {
            Duration read =
                    text.endsWith("MS")
                            ? Duration.ofMillis(
                                    Long.parseLong(text.substring(0, text.length() - 2)))
                            : Duration.parse("PT" + text);
            if (!read.isNegative() && read.compareTo(Duration.ofDays(1)) <= 0) {
                return read;
            }
        } catch (DateTimeParseException | NumberFormatException e) {
            // Said below.
        }
        throw new Wrong(
                option + " must be followed by a time like 200ms, 10s or 5m, of a day at most");
    }

    private static String value(String option, Deque<String> words) throws Wrong {
        String value = words.poll();
        if (value == null) {
            throw new Wrong(option + " needs a value");
        }
        return value;
    }
}
