package io.viworks.admin.web;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.service.limit.KeyedRates;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * How often one caller may call, and how often one address may come without a valid token. An
 * address that has failed too often is heard no more for a while, whatever token it sends, so that
 * tokens cannot be tried out; but for those {@linkplain #knows known} to come from it, so that a
 * stranger behind the same proxy shuts nobody out. Thread-safe.
 */
final class CallLimits {
    /** Callers, addresses, and pairs of an address and a token that are remembered, of each. */
    static final int REMEMBERED = 10_000;

    /** Most seconds that are added to a pause by chance, so that not all come back at once. */
    private static final int SPREAD_S = 5;

    private final KeyedRates<String> callers;
    private final KeyedRates<String> failures;
    private final KnownPairs known = new KnownPairs(REMEMBERED);
    private final RandomGenerator random;

    CallLimits(
            WebSettings settings,
            LongSupplier nanos,
            RandomGenerator random,
            MeterRegistry meters) {
        this.random = random;
        this.callers =
                new KeyedRates<>(
                        settings.callerRate(), 2.0 * settings.callerRate(), REMEMBERED, nanos);
        this.failures =
                new KeyedRates<>(
                        settings.failureRate() / 60.0, settings.failureRate(), REMEMBERED, nanos);
        Gauge.builder("viw.api.limits.remembered", callers, KeyedRates::size)
                .tag("of", "callers")
                .register(meters);
        Gauge.builder("viw.api.limits.remembered", failures, KeyedRates::size)
                .tag("of", "addresses")
                .register(meters);
    }

    /** Takes one request of a caller; the refusal when there were too many. */
    Optional<Refusal> call(String caller) {
        return callers.tryTake(caller)
                ? Optional.empty()
                : Optional.of(
                        refusal(
                                ProblemCode.RATE_LIMITED,
                                "this caller sends more requests than are served",
                                callers.nanosUntilOne(caller)));
    }

    /** The refusal of an address that has failed too often lately. */
    Optional<Refusal> blocked(String address) {
        long nanos = failures.nanosUntilOne(SourceNetwork.of(address));
        return nanos == 0
                ? Optional.empty()
                : Optional.of(
                        refusal(
                                ProblemCode.TOO_MANY_FAILURES,
                                "too many requests without a valid token came from this address",
                                nanos));
    }

    /** Notes that an address came without a valid token. */
    void failed(String address) {
        failures.tryTake(SourceNetwork.of(address));
    }

    /** Notes that a token is valid, and comes from this address. */
    void succeeded(String address, String token) {
        known.add(SourceNetwork.of(address), token);
    }

    /** Whether this token has come from this address before, and was valid then. */
    boolean knows(String address, String token) {
        return known.has(SourceNetwork.of(address), token);
    }

    private Refusal refusal(ProblemCode code, String detail, long nanos) {
        Duration pause =
                Duration.ofSeconds(1L + Duration.ofNanos(nanos).toSeconds())
                        .plusSeconds(random.nextInt(SPREAD_S));
        return Refusal.of(code, detail).retryAfter(pause);
    }
}
