package io.viworks.admin.command;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.web.SourceNetwork;
import io.viworks.protocol.AgentId;
import io.viworks.service.limit.KeyedRates;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.springframework.stereotype.Component;

/**
 * How often commands may be sent: from one address, and to one gateway (spec 5). What is refused
 * here costs neither a signature nor a query. Thread-safe.
 */
@Component
final class CommandRates {
    /** Addresses, and gateways, that are remembered; who is forgotten begins with a full bucket. */
    private static final int REMEMBERED = 100_000;

    private final KeyedRates<String> sources;
    private final KeyedRates<AgentId> gateways;
    private final MeterRegistry meters;

    CommandRates(CommandSettings settings, MeterRegistry meters) {
        this.sources =
                new KeyedRates<>(
                        settings.sourceRate(),
                        2.0 * settings.sourceRate(),
                        REMEMBERED,
                        System::nanoTime);
        this.gateways =
                new KeyedRates<>(
                        settings.gatewayRate(),
                        2.0 * settings.gatewayRate(),
                        REMEMBERED,
                        System::nanoTime);
        this.meters = meters;
        Gauge.builder("viw.api.limits.remembered", sources, KeyedRates::size)
                .tag("of", "command_sources")
                .register(meters);
        Gauge.builder("viw.api.limits.remembered", gateways, KeyedRates::size)
                .tag("of", "command_gateways")
                .register(meters);
    }

    /**
     * Counts one command.
     *
     * @throws Refusal {@link ProblemCode#RATE_LIMITED} when it is one too many
     */
    void check(String address, AgentId gateway) {
        check(address);
        if (!gateways.tryTake(gateway)) {
            throw refused(
                    "gateway",
                    "too many commands for \"" + gateway + "\" just now",
                    gateways.nanosUntilOne(gateway));
        }
    }

    /**
     * Counts one batch.
     *
     * @throws Refusal {@link ProblemCode#RATE_LIMITED} when it is one too many
     */
    void check(String address) {
        String source = SourceNetwork.of(address);
        if (!sources.tryTake(source)) {
            throw refused(
                    "source",
                    "too many commands from this address just now",
                    sources.nanosUntilOne(source));
        }
    }

    /** Spread, so that those who were refused together do not come back together. */
    private Refusal refused(String limit, String detail, long nanos) {
        meters.counter("viw.api.commands.limited", "limit", limit).increment();
        long seconds = Duration.ofNanos(nanos).toSeconds() + 1;
        return Refusal.of(ProblemCode.RATE_LIMITED, detail)
                .retryAfter(
                        Duration.ofSeconds(
                                seconds + ThreadLocalRandom.current().nextLong(seconds + 4)));
    }
}
