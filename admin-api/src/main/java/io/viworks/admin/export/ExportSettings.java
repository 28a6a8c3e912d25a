package io.viworks.admin.export;

import io.viworks.service.Config;
import java.time.Duration;

/**
 * How much exports may take.
 *
 * @param atOnce exports that run at a time, each on a connection of the database; one more is
 *     refused
 * @param longest how long one may run; then it ends as one that broke off
 */
public record ExportSettings(int atOnce, Duration longest) {
    /** Reads the settings. */
    public static ExportSettings from(Config config) {
        return new ExportSettings(
                config.integer("VIW_EXPORTS_AT_ONCE", 2, 1, 8),
                config.duration(
                        "VIW_EXPORT_LONGEST",
                        Duration.ofMinutes(10),
                        Duration.ofSeconds(1),
                        Duration.ofHours(6)));
    }
}
