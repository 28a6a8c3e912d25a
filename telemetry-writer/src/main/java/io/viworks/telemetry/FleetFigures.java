package io.viworks.telemetry;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.service.Pulse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What Postgres says of the fleet as a whole, and how large it is. Every process counts the same
 * rows. Thread-safe.
 */
final class FleetFigures implements AutoCloseable {
    /** A connected gateway that reported nothing for so long is quiet. */
    static final Duration QUIET = Duration.ofMinutes(5);

    private static final Duration LOOK_EVERY = Duration.ofSeconds(15);
    private static final List<String> STATES =
            List.of("expected", "connected", "disconnected", "unknown", "decommissioned");

    private final Sql sql;
    private final AtomicReference<Figures> latest =
            new AtomicReference<>(new Figures(List.of(0L, 0L, 0L, 0L, 0L), 0, 0, 0));
    private @Nullable Pulse pulse;

    FleetFigures(Sql sql, MeterRegistry meters) {
        this.sql = sql;
        for (int i = 0; i < STATES.size(); i++) {
            int place = i;
            gauge("viw.gateways", figures -> figures.byState().get(place))
                    .tag("status", STATES.get(place))
                    .register(meters);
        }
        gauge("viw.gateways.quiet", Figures::quiet).register(meters);
        gauge("viw.gateways.clones.suspected", Figures::clones).register(meters);
        gauge("viw.database.bytes", Figures::databaseBytes).register(meters);
    }

    /** All of them as they were at one time; the states in the order of {@code STATES}. */
    private record Figures(List<Long> byState, long quiet, long clones, long databaseBytes) {}

    static FleetFigures watch(Sql sql, MeterRegistry meters) {
        FleetFigures figures = new FleetFigures(sql, meters);
        figures.pulse = Pulse.start("fleet figures", LOOK_EVERY, figures::look);
        return figures;
    }

    /** Looks once. */
    void look() {
        latest.set(
                sql.query(
                                """
                                select count(*) filter (where g.status = 'expected'),
                                       count(*) filter (where g.status = 'connected'),
                                       count(*) filter (where g.status = 'disconnected'),
                                       count(*) filter (where g.status = 'unknown'),
                                       count(*) filter (where g.status = 'decommissioned'),
                                       count(*) filter (where g.status = 'connected' and greatest(
                                           s.reported_at, newest.connected_at)
                                           < now() - %d * interval '1 s'),
                                       count(*) filter (where g.clone_suspected
                                           and g.status <> 'decommissioned'),
                                       pg_database_size(current_database())
                                from os_gateways g
                                left join os_gateway_status s using (agent_id)
                                left join lateral (
                                    select connected_at from agent_sessions
                                    where agent_id = g.agent_id order by epoch desc limit 1) newest on true
                                """
                                        .formatted(QUIET.toSeconds()),
                                (row, _) ->
                                        new Figures(
                                                List.of(
                                                        row.getLong(1),
                                                        row.getLong(2),
                                                        row.getLong(3),
                                                        row.getLong(4),
                                                        row.getLong(5)),
                                                row.getLong(6),
                                                row.getLong(7),
                                                row.getLong(8)))
                        .getFirst());
    }

    private Gauge.Builder<AtomicReference<Figures>> gauge(
            String name, ToLongFunction<Figures> figure) {
        return Gauge.builder(name, latest, now -> figure.applyAsLong(now.get()));
    }

    @Override
    public void close() {
        if (pulse != null) {
            pulse.close();
        }
    }
}
