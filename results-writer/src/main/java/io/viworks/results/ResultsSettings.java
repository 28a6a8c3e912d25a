package io.viworks.results;

import io.viworks.backplane.stream.LoopOptions;
import io.viworks.ledger.LedgerLimits;
import io.viworks.service.Config;
import io.viworks.service.HostPort;
import io.viworks.service.Postgres;
import io.viworks.service.RedisUrl;
import java.time.Duration;

/**
 * What can be configured of results-writer.
 *
 * @param redisUrl with its login
 * @param lanes batches of results handled at the same time
 * @param batch records handled by one transaction, at most
 * @param sweepEvery pause between two looks at what is due
 * @param limits the ledger's measures
 */
record ResultsSettings(
        String redisUrl, int lanes, int batch, Duration sweepEvery, LedgerLimits limits) {

    /** Reads the settings and hands Spring its own. */
    static ResultsSettings from(Config config) {
        config.owns("VIW_RESULTS_");
        HostPort management = config.address("VIW_MANAGEMENT_BIND", "127.0.0.1:9084");
        config.spring("server.address", management.host());
        config.spring("server.port", management.port());
        Postgres.forKeyedRows(config, "results_writer");
        LedgerLimits standard = LedgerLimits.standard();
        Duration firstPause =
                config.duration(
                        "VIW_RESEND_FIRST_PAUSE",
                        standard.firstPause(),
                        Duration.ofMillis(100),
                        Duration.ofMinutes(5));
        LedgerLimits limits =
                new LedgerLimits(
                        standard.maxInflight(),
                        standard.queueMax(),
                        firstPause,
                        config.duration(
                                "VIW_RESEND_LONGEST_PAUSE",
                                standard.longestPause(),
                                firstPause,
                                Duration.ofHours(1)),
                        config.duration(
                                "VIW_RESEND_SILENCE",
                                standard.silence(),
                                Duration.ofMillis(500),
                                Duration.ofMinutes(5)),
                        config.duration(
                                "VIW_OUTCOME_GRACE",
                                standard.outcomeGrace(),
                                Duration.ZERO,
                                Duration.ofDays(30)),
                        config.duration(
                                "VIW_OUTCOME_GRACE_PLAIN",
                                standard.outcomeGracePlain(),
                                Duration.ZERO,
                                Duration.ofDays(30)));
        return new ResultsSettings(
                RedisUrl.from(config),
                config.integer("VIW_RESULTS_LANES", 2, 1, LoopOptions.MAX_LANES),
                config.integer("VIW_RESULTS_BATCH", 200, 1, 1_000),
                config.duration(
                        "VIW_RESULTS_SWEEP_EVERY",
                        Duration.ofSeconds(1),
                        Duration.ofMillis(100),
                        Duration.ofMinutes(1)),
                limits);
    }
}
