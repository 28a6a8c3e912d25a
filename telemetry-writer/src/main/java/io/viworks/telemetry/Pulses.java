package io.viworks.telemetry;

import io.viworks.telemetry.Sql.Column;
import io.viworks.telemetry.TelemetryBatch.Point;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * That an agent is known and lives, in {@code os_gateways} and {@code agent_sessions}: a sign of
 * life about once a minute, for these rows are not the place for a pulse. What this process has
 * brought in it does not ask the database for again. Thread-safe.
 */
final class Pulses {
    /** Less than a minute, so that every second report of one each 30 s brings a sign. */
    private static final Duration PAUSE = Duration.ofSeconds(50);

    /** Agents remembered; beyond them all are forgotten, which costs a look at each. */
    private static final int MOST = 200_000;

    private final Sql sql;
    private final Map<String, Instant> told = new ConcurrentHashMap<>();

    Pulses(Sql sql) {
        this.sql = sql;
    }

    /** Telemetry may be read before the HELLO that makes the gateway: another loop reads that. */
    void makeKnown(Collection<String> agents) {
        List<String> unknown = agents.stream().filter(agent -> !told.containsKey(agent)).toList();
        if (unknown.isEmpty()) {
            return;
        }
        sql.update(
                """
                insert into os_gateways (agent_id, status, epoch, n)
                select id, 'expected', 0, 0 from unnest(?) id
                where not exists (select from os_gateways g where g.agent_id = id)
                order by id
                on conflict do nothing
                """,
                Column.of("text", unknown, agent -> agent));
    }

    /**
     * Brings in the signs of life that are due.
     *
     * @param last of each agent, by agent
     * @return of each agent looked at the sign the database has now, or {@link Instant#MIN} when
     *     its own is younger; to be {@link #remember}ed once that is committed
     */
    Map<String, Instant> bringIn(Collection<Point> last) {
        List<Point> due = last.stream().filter(this::isDue).toList();
        Map<String, Instant> brought = HashMap.newHashMap(due.size());
        if (due.isEmpty()) {
            return brought;
        }
        due.forEach(point -> brought.put(point.agent(), Instant.MIN));
        Column ids = Column.of("text", due, Point::agent);
        Column arrivals = Column.of("text", due, Point::arrival);
        List<String> moved =
                sql.query(
                        """
                        update os_gateways g set last_seen = r.at
                        from unnest(?, ?::timestamptz[]) r (id, at)
                        where g.agent_id = r.id
                          and (g.last_seen is null or g.last_seen < r.at - interval '%d seconds')
                        returning g.agent_id
                        """
                                .formatted(PAUSE.toSeconds()),
                        (row, _) -> row.getString(1),
                        ids,
                        arrivals);
        sql.update(
                """
                update agent_sessions s set last_heartbeat_at = r.at
                from unnest(?, ?::timestamptz[], ?) r (id, at, epoch)
                where s.agent_id = r.id and s.epoch = r.epoch and s.disconnected_at is null
                  and (s.last_heartbeat_at is null
                       or s.last_heartbeat_at < r.at - interval '%d seconds')
                """
                        .formatted(PAUSE.toSeconds()),
                ids,
                arrivals,
                Column.of("int8", due, point -> point.mark().epoch()));
        Set<String> now = Set.copyOf(moved);
        due.stream()
                .filter(point -> now.contains(point.agent()))
                .forEach(point -> brought.put(point.agent(), point.arrival()));
        return brought;
    }

    private boolean isDue(Point point) {
        Instant before = told.get(point.agent());
        return before == null || before.plus(PAUSE).isBefore(point.arrival());
    }

    /** What {@link #bringIn} answered is committed. */
    void remember(Map<String, Instant> brought) {
        if (told.size() > MOST) {
            told.clear();
        }
        told.putAll(brought);
    }

    /** Something failed: what the database knows is looked at again. */
    void forget() {
        told.clear();
    }
}
