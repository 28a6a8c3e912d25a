package io.viworks.admin.event.live;

import io.viworks.service.Config;
import java.time.Duration;

/**
 * How event streams are served.
 *
 * @param heartbeat the longest silence of one; a comment breaks it
 * @param most streams of this process at a time
 * @param mostPerCaller streams of one caller in this process at a time
 * @param queue events that may wait for one reader
 * @param slowFor how long a reader whose queue was too small may take nothing before it is let go
 */
public record EventSettings(
        Duration heartbeat, int most, int mostPerCaller, int queue, Duration slowFor) {
    /** Reads the settings. */
    public static EventSettings from(Config config) {
        return new EventSettings(
                config.duration(
                        "VIW_EVENTS_HEARTBEAT",
                        Duration.ofSeconds(15),
                        Duration.ofMillis(100),
                        Duration.ofMinutes(2)),
                config.integer("VIW_EVENTS_STREAMS", 1000, 1, 3000),
                config.integer("VIW_EVENTS_STREAMS_PER_CALLER", 100, 1, 3000),
                config.integer("VIW_EVENTS_QUEUE", 1000, 10, 10_000),
                config.duration(
                        "VIW_EVENTS_SLOW",
                        Duration.ofSeconds(30),
                        Duration.ofMillis(100),
                        Duration.ofMinutes(10)));
    }
}
