package io.viworks.admin.enrolment;

import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.service.limit.KeyedRates;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.springframework.stereotype.Component;

/**
 * How often anybody may ask to be enrolled: from one address, and in all. What is refused here
 * costs neither a signature nor a query. Thread-safe.
 */
@Component
final class EnrolmentRates {
    /** Addresses that are remembered; who is forgotten begins with a full bucket. */
    private static final int REMEMBERED = 10_000;

    private static final double SECONDS_PER_MINUTE = 60;
    private static final String ALL = "";

    private final KeyedRates<String> total;
    private final KeyedRates<String> sources;
    private final MeterRegistry meters;

    EnrolmentRates(EnrolmentSettings settings, MeterRegistry meters) {
        this.total = new KeyedRates<>(settings.rate(), 2.0 * settings.rate(), 1, System::nanoTime);
        this.sources =
                new KeyedRates<>(
                        settings.sourceRate() / SECONDS_PER_MINUTE,
                        settings.sourceRate(),
                        REMEMBERED,
                        System::nanoTime);
        this.meters = meters;
        meters.gauge("viw.enrolment.sources", sources, KeyedRates::size);
    }

    /**
     * Counts one request.
     *
     * @throws Refusal {@link ProblemCode#RATE_LIMITED} when it is one too many
     */
    void check(String source) {
        // The source first: one that is over its own rate takes nothing from the others'.
        if (!sources.tryTake(source)) {
            throw refused("source", sources.nanosUntilOne(source));
        }
        if (!total.tryTake(ALL)) {
            throw refused("total", total.nanosUntilOne(ALL));
        }
    }

    /** Spread, so that those who were refused together do not come back together. */
    private Refusal refused(String limit, long nanos) {
        meters.counter("viw.enrolment.limited", "limit", limit).increment();
        long seconds = Duration.ofNanos(nanos).toSeconds() + 1;
        return Refusal.of(
                        ProblemCode.RATE_LIMITED,
                        limit.equals("source")
                                ? "too many enrolments from this address just now"
                                : "too many enrolments just now")
                .retryAfter(
                        Duration.ofSeconds(
                                seconds + ThreadLocalRandom.current().nextLong(seconds + 4)));
    }
}
