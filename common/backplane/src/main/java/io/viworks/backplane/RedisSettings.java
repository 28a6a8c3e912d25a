package io.viworks.backplane;

import io.lettuce.core.api.async.RedisAsyncCommands;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What Redis must be set to so that nothing accepted is lost (spec 3.1), looked at by INFO. */
final class RedisSettings {
    private static final Logger log = LoggerFactory.getLogger(RedisSettings.class);

    private RedisSettings() {}

    /** Logs a warning for each setting that endangers what is stored. Answers nothing. */
    static void check(RedisAsyncCommands<String, byte[]> redis) {
        redis.info()
                .whenComplete((info, failure) -> {
                    if (failure == null) {
                        judge(parsed(info));
                    }
                });
    }

    private static void judge(Map<String, String> info) {
        String policy = info.getOrDefault("maxmemory_policy", "noeviction");
        if (!policy.equals("noeviction")) {
            log.atWarn()
                    .addKeyValue("event", "redis_settings")
                    .log("Redis may evict records: maxmemory-policy is {}, not noeviction", policy);
        }
        if ("0".equals(info.get("aof_enabled"))) {
            log.atWarn()
                    .addKeyValue("event", "redis_settings")
                    .log("Redis forgets everything when it restarts: set appendonly yes");
        }
    }

    /** The lines {@code name:value} of INFO. */
    static Map<String, String> parsed(String info) {
        return info.lines()
                .filter(line -> !line.startsWith("#") && line.indexOf(':') > 0)
                .collect(
                        Collectors.toMap(
                                line -> line.substring(0, line.indexOf(':')),
                                line -> line.substring(line.indexOf(':') + 1),
                                (first, _) -> first));
    }
}
