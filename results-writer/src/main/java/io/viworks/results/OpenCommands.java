package io.viworks.results;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.ledger.CommandState;
import io.viworks.service.Pulse;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * How many commands have not ended, by state: those that wait, and those in flight. Every process
 * counts the same rows. Thread-safe.
 */
final class OpenCommands implements AutoCloseable {
    private static final Duration LOOK_EVERY = Duration.ofSeconds(15);

    private final JdbcClient jdbc;
    private final AtomicReference<Map<CommandState, Long>> latest = new AtomicReference<>(Map.of());
    private @Nullable Pulse pulse;

    private OpenCommands(JdbcClient jdbc, MeterRegistry meters) {
        this.jdbc = jdbc;
        for (CommandState state : CommandState.values()) {
            if (!state.terminal()) {
                Gauge.builder("viw.commands.open", () -> latest.get().getOrDefault(state, 0L))
                        .tag("state", state.name())
                        .register(meters);
            }
        }
    }

    static OpenCommands watch(JdbcClient jdbc, MeterRegistry meters) {
        OpenCommands commands = new OpenCommands(jdbc, meters);
        commands.pulse = Pulse.start("open commands", LOOK_EVERY, commands::look);
        return commands;
    }

    private void look() {
        Map<CommandState, Long> counts = new EnumMap<>(CommandState.class);
        jdbc.sql(
                        """
                        select state, count(*) from agent_commands
                        where finished_at is null group by state
                        """)
                .query((row, _) ->
                        counts.put(CommandState.valueOf(row.getString(1)), row.getLong(2)))
                .list();
        latest.set(Map.copyOf(counts));
    }

    @Override
    public void close() {
        if (pulse != null) {
            pulse.close();
        }
    }
}
