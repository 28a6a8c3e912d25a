package io.viworks.admin.telemetry;

import io.viworks.admin.paging.InstantParameter;
import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which part of a series is wanted: whole steps, aligned to 1970-01-01T00:00:00Z.
 *
 * @param from the beginning of the first step
 * @param to the end of the last step, not included
 */
record SeriesAsk(Instant from, Instant to, Duration step) {
    /** Most points in an answer. */
    static final int MAX_POINTS = 1_500;

    /** Points that the step is chosen for when none is asked for, at most. */
    private static final int WANTED_POINTS = 300;

    private static final Duration STANDARD_RANGE = Duration.ofHours(1);

    /** What telemetry-writer keeps one point of. */
    private static final long MIN_STEP_S = 60;

    private static final long MAX_STEP_S = Duration.ofDays(1).toSeconds();

    /** Steps that a chart is likely to want, in seconds. */
    private static final List<Long> STANDARD_STEPS =
            List.of(60L, 300L, 900L, 1_800L, 3_600L, 10_800L, 21_600L, 43_200L, 86_400L);

    /**
     * Reads the parameters.
     *
     * @param kept how long telemetry-writer keeps series: nobody may ask for more at once
     * @throws Refusal {@link ProblemCode#BAD_PARAMETER}
     */
    static SeriesAsk of(
            @Nullable String fromText,
            @Nullable String toText,
            @Nullable Integer stepS,
            Instant now,
            Duration kept) {
        Instant askedTo = InstantParameter.of("to", toText);
        Instant to = askedTo == null || askedTo.isAfter(now) ? now : askedTo;
        Instant askedFrom = InstantParameter.of("from", fromText);
        Instant from = askedFrom == null ? to.minus(STANDARD_RANGE) : askedFrom;
        if (!from.isBefore(to)) {
            throw refusal("from", "must be before to, and before now");
        }
        Duration range = Duration.between(from, to);
        if (range.compareTo(kept) > 0) {
            throw refusal(
                    "from",
                    "must be at most " + kept.toDays() + " days before to: no more are kept");
        }
        long step = stepS == null ? standardStep(range) : checked(stepS);
        long first = Math.floorDiv(from.getEpochSecond(), step);
        long end = Math.ceilDiv(ceilSecond(to), step);
        if (end - first > MAX_POINTS) {
            long least = Math.ceilDiv(range.toSeconds(), MAX_POINTS - 1);
            throw refusal(
                    "step",
                    "must be at least %d for this range: an answer has at most %d points"
                            .formatted(Math.ceilDiv(least, 60) * 60, MAX_POINTS));
        }
        return new SeriesAsk(
                Instant.ofEpochSecond(first * step),
                Instant.ofEpochSecond(end * step),
                Duration.ofSeconds(step));
    }

    int points() {
        return Math.toIntExact(Duration.between(from, to).dividedBy(step));
    }

    private static long ceilSecond(Instant instant) {
        return instant.getNano() == 0 ? instant.getEpochSecond() : instant.getEpochSecond() + 1;
    }

    private static long standardStep(Duration range) {
        return STANDARD_STEPS.stream()
                .filter(step -> range.toSeconds() / step < WANTED_POINTS)
                .findFirst()
                .orElse(MAX_STEP_S);
    }

    private static long checked(int step) {
        if (step < MIN_STEP_S || step > MAX_STEP_S || step % MIN_STEP_S != 0) {
            throw refusal(
                    "step",
                    "must be seconds, a multiple of %d up to %d".formatted(MIN_STEP_S, MAX_STEP_S));
        }
        return step;
    }

    private static Refusal refusal(String parameter, String message) {
        return Refusal.of(
                ProblemCode.BAD_PARAMETER,
                "a parameter of the series is wrong",
                List.of(InputError.in(parameter, message)));
    }
}
