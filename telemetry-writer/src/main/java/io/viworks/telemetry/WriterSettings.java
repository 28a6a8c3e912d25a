package io.viworks.telemetry;

import io.viworks.backplane.stream.LoopOptions;
import io.viworks.service.Config;
import io.viworks.service.HostPort;
import io.viworks.service.Postgres;
import io.viworks.service.RedisUrl;
import java.time.Duration;

/**
 * What can be configured of telemetry-writer.
 *
 * @param redisUrl with its login
 * @param lanes batches of telemetry handled at the same time
 * @param batch records handled by one transaction, at most
 * @param sweepEvery pause between two looks at who is connected
 * @param bridgeSilence a bridge this much older than the newest record read is gone
 * @param streamSilence without any record for so long nobody knows who is connected
 * @param keepDays days of series kept
 */
record WriterSettings(
        String redisUrl,
        int lanes,
        int batch,
        Duration sweepEvery,
        Duration bridgeSilence,
        Duration streamSilence,
        int keepDays) {

    /** Reads the settings and hands Spring its own. */
    static WriterSettings from(Config config) {
        config.owns("VIW_TELEMETRY_");
        HostPort management = config.address("VIW_MANAGEMENT_BIND", "127.0.0.1:9083");
        config.spring("server.address", management.host());
        config.spring("server.port", management.port());
        Postgres.forBatches(config, "telemetry_writer");
        return new WriterSettings(
                RedisUrl.from(config),
                config.integer("VIW_TELEMETRY_LANES", 2, 1, LoopOptions.MAX_LANES),
                config.integer("VIW_TELEMETRY_BATCH", 500, 1, LoopOptions.MAX_BATCH),
                config.duration(
                        "VIW_TELEMETRY_SWEEP_EVERY",
                        Duration.ofSeconds(5),
                        Duration.ofMillis(200),
                        Duration.ofSeconds(10)),
                config.duration(
                        "VIW_TELEMETRY_BRIDGE_SILENCE",
                        Duration.ofSeconds(25),
                        Duration.ofSeconds(10),
                        Duration.ofMinutes(10)),
                config.duration(
                        "VIW_TELEMETRY_STREAM_SILENCE",
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(10),
                        Duration.ofMinutes(10)),
                config.integer("VIW_TELEMETRY_KEEP_DAYS", 30, 1, 3660));
    }
}
