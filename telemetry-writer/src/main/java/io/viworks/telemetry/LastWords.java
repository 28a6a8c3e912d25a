package io.viworks.telemetry;

import io.viworks.telemetry.Sql.Column;
import io.viworks.telemetry.TelemetryBatch.Point;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The last word of each agent, in {@code os_gateway_status}. Thread-safe. */
final class LastWords {
    private final Sql sql;

    LastWords(Sql sql) {
        this.sql = sql;
    }

    /**
     * Takes these over where they are newer, and locks their rows, in the order given.
     *
     * @param rows the last of each agent, by agent
     * @return of each agent whose row was replaced the mark it had; of others nothing in the batch
     *     is newer than what was known
     */
    Map<String, Mark> replace(List<Point> rows) {
        Map<String, Mark> before = HashMap.newHashMap(rows.size());
        sql.query(
                """
                insert into os_gateway_status as s
                    (agent_id, cpu_pct, mem_pct, disk_pct, load1, containers_running, services,
                     containers, payload, reported_at, ts, epoch, n)
                select id, cpu, mem, disk, load, running, services::jsonb, containers::jsonb,
                       payload::jsonb, arrival, ts, epoch, n
                from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?::timestamptz[], ?::timestamptz[], ?, ?)
                    r (id, cpu, mem, disk, load, running, services, containers, payload,
                       arrival, ts, epoch, n)
                on conflict (agent_id) do update set
                    cpu_pct = excluded.cpu_pct, mem_pct = excluded.mem_pct,
                    disk_pct = excluded.disk_pct, load1 = excluded.load1,
                    containers_running = excluded.containers_running,
                    services = excluded.services, containers = excluded.containers,
                    payload = excluded.payload, reported_at = excluded.reported_at,
                    ts = excluded.ts, epoch = excluded.epoch, n = excluded.n,
                    before_epoch = s.epoch, before_n = s.n, updated_at = now()
                where (excluded.epoch, excluded.n) > (s.epoch, s.n)
                returning agent_id, before_epoch, before_n
                """,
                (row, _) -> before.put(row.getString(1), new Mark(row.getLong(2), row.getLong(3))),
                Column.of("text", rows, Point::agent),
                Column.of("float8", rows, row -> row.frame().metrics().cpuPct()),
                Column.of("float8", rows, row -> row.frame().metrics().memPct()),
                Column.of("float8", rows, row -> row.frame().metrics().diskPct()),
                Column.of("float8", rows, row -> row.frame().metrics().load1()),
                Column.of("int4", rows, row -> row.frame().metrics().containersRunning()),
                Column.of("text", rows, row -> Json.of(row.frame().metrics().services())),
                Column.of("text", rows, row -> Json.of(row.frame().metrics().containers())),
                Column.of("text", rows, row -> row.frame().metrics().all().toString()),
                Column.of("text", rows, Point::arrival),
                Column.of("text", rows, row -> row.frame().ts()),
                Column.of("int8", rows, row -> row.mark().epoch()),
                Column.of("int8", rows, row -> row.mark().n()));
        return before;
    }
}
