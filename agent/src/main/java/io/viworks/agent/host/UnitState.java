package io.viworks.agent.host;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A systemd unit as {@code systemctl show} tells of it.
 *
 * @param known whether systemd has such a unit at all
 * @param active the state in one word, as systemd names it: {@code failed}, for example
 * @param sub the same in more detail: {@code running}, {@code dead}, …
 * @param since when it came into this state; null when it always was, since boot
 * @param mainPid null when there is no main process
 */
public record UnitState(
        boolean known, String active, String sub, @Nullable Instant since, @Nullable Long mainPid) {
    static final List<String> PROPERTIES =
            List.of("LoadState", "ActiveState", "SubState", "StateChangeTimestamp", "MainPID");

    /** As systemd writes an instant with {@code TZ=UTC}: {@code Sat 2026-11-21 07:14:21 UTC}. */
    private static final DateTimeFormatter TIMESTAMP =
            DateTimeFormatter.ofPattern("EEE yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT);

    /** In one word, for telemetry: {@code not-found} for a unit systemd does not know. */
    public String status() {
        return known ? active : "not-found";
    }

    /**
     * Reads a block of {@code name=value} lines for each unit, in the order they were asked for.
     */
    static List<UnitState> parse(String shown) {
        List<UnitState> states = new ArrayList<>();
        for (String block : shown.strip().split("\n\n", -1)) {
            Map<String, String> values = new HashMap<>();
            block.lines()
                    .map(line -> line.split("=", 2))
                    .filter(parts -> parts.length == 2)
                    .forEach(parts -> values.put(parts[0], parts[1]));
            if (values.containsKey("ActiveState")) {
                states.add(of(values));
            }
        }
        return states;
    }

    private static UnitState of(Map<String, String> values) {
        String pid = values.getOrDefault("MainPID", "0");
        return new UnitState(
                !values.getOrDefault("LoadState", "").equals("not-found"),
                values.getOrDefault("ActiveState", ""),
                values.getOrDefault("SubState", ""),
                instant(values.getOrDefault("StateChangeTimestamp", "")),
                pid.matches("[1-9]\\d{0,17}") ? Long.valueOf(pid) : null);
    }

    private static @Nullable Instant instant(String text) {
        try {
            return LocalDateTime.parse(text, TIMESTAMP).toInstant(ZoneOffset.UTC);
        } catch (DateTimeException _) {
            return null; // "n/a" and nothing at all are said as well
        }
    }
}
