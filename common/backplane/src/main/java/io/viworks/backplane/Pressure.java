package io.viworks.backplane;

import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * How full Redis is. Under pressure bridges confirm no RESULT and drop TELEMETRY (spec 3.1).
 *
 * @param usedBytes memory in use
 * @param maxBytes the limit it runs into, 0 for none
 * @param resultsBytes about what {@code viw.command_results} takes
 */
public record Pressure(long usedBytes, long maxBytes, long resultsBytes) {
    /** Above this part of {@code maxmemory} there is pressure. */
    public static final double MAX_USED = 0.8;

    /** Above this size of {@code viw.command_results} there is pressure. */
    public static final long MAX_RESULTS_BYTES = 1L << 30;

    public boolean high() {
        return resultsBytes > MAX_RESULTS_BYTES
                || (maxBytes > 0 && usedBytes > MAX_USED * maxBytes);
    }

    static CompletionStage<Pressure> of(RedisConnections connections) {
        return connections
                .ask(redis -> redis.info("memory"))
                .thenCombine(
                        results(connections),
                        (info, results) -> from(RedisSettings.parsed(info), results));
    }

    private static CompletionStage<Long> results(RedisConnections connections) {
        return connections
                .ask(redis -> redis.memoryUsage(Keys.COMMAND_RESULTS))
                .thenApply(bytes -> bytes == null ? 0L : bytes);
    }

    private static Pressure from(Map<String, String> info, long results) {
        return new Pressure(
                Long.parseLong(info.getOrDefault("used_memory", "0").strip()),
                Long.parseLong(info.getOrDefault("maxmemory", "0").strip()),
                results);
    }
}
