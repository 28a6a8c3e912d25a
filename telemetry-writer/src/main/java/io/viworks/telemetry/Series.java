package io.viworks.telemetry;

import io.viworks.telemetry.Sql.Column;
import io.viworks.telemetry.TelemetryBatch.Point;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * One point a minute, in {@code os_gateway_metrics}. Each point remembers which frames it counts,
 * in four bytes a frame: a batch that another writer took over late is counted, and one that is
 * read again is not. Callers hold the lock of the agents' rows in {@code os_gateway_status}.
 * Thread-safe.
 */
final class Series {
    private final Sql sql;

    Series(Sql sql) {
        this.sql = sql;
    }

    /** Those of these frames that their minutes have not counted. */
    List<Point> uncounted(List<Point> points) {
        if (points.isEmpty()) {
            return new ArrayList<>();
        }
        List<Minute.Key> keys = points.stream().map(Point::minute).distinct().sorted().toList();
        Map<Minute.Key, Set<Integer>> counted = new HashMap<>();
        sql.query(
                """
                select m.agent_id, m.bucket, m.counted
                from unnest(?, ?::timestamptz[]) r (id, bucket)
                join os_gateway_metrics m on m.agent_id = r.id and m.bucket = r.bucket
                """,
                (row, _) ->
                        counted.put(
                                new Minute.Key(row.getString(1), row.getTimestamp(2).toInstant()),
                                Minute.tagsIn(row.getBytes(3))),
                Column.of("text", keys, Minute.Key::agent),
                Column.of("text", keys, Minute.Key::bucket));
        List<Point> uncounted = new ArrayList<>(points);
        uncounted.removeIf(point ->
                counted.getOrDefault(point.minute(), Set.of()).contains(point.mark().tag()));
        return uncounted;
    }

    /**
     * Counts these frames.
     *
     * @return how many minutes were left out, because their day is dropped or not made yet
     */
    int count(List<Point> points) {
        Map<Minute.Key, Minute> minutes = new TreeMap<>();
        for (Point point : points) {
            minutes.computeIfAbsent(point.minute(), Minute::new)
                    .add(point.frame().metrics(), point.mark());
        }
        List<Minute> rows = List.copyOf(minutes.values());
        int written =
                sql.update(
                        """
                        insert into os_gateway_metrics as m
                            (agent_id, bucket, cpu_sum, cpu_max, cpu_samples, mem_sum, mem_max,
                             mem_samples, disk_sum, disk_max, disk_samples, load_sum, load_max,
                             load_samples, epoch, n, counted)
                        select id, bucket, cpu_sum, cpu_max, cpu_samples, mem_sum, mem_max,
                               mem_samples, disk_sum, disk_max, disk_samples, load_sum, load_max,
                               load_samples, epoch, n, decode(counted, 'hex')
                        from unnest(?, ?::timestamptz[], ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                                    ?)
                            r (id, bucket, cpu_sum, cpu_max, cpu_samples, mem_sum, mem_max,
                               mem_samples, disk_sum, disk_max, disk_samples, load_sum, load_max,
                               load_samples, epoch, n, counted)
                        where date_trunc('day', bucket, 'UTC') in (
                            select day from unnest(?::timestamptz[]) day
                            where to_regclass('os_gateway_metrics_'
                                              || to_char(day at time zone 'UTC', 'YYYYMMDD'))
                                  is not null)
                        on conflict (agent_id, bucket) do update set
                            cpu_sum = m.cpu_sum + excluded.cpu_sum,
                            cpu_max = greatest(m.cpu_max, excluded.cpu_max),
                            cpu_samples = m.cpu_samples + excluded.cpu_samples,
                            mem_sum = m.mem_sum + excluded.mem_sum,
                            mem_max = greatest(m.mem_max, excluded.mem_max),
                            mem_samples = m.mem_samples + excluded.mem_samples,
                            disk_sum = m.disk_sum + excluded.disk_sum,
                            disk_max = greatest(m.disk_max, excluded.disk_max),
                            disk_samples = m.disk_samples + excluded.disk_samples,
                            load_sum = m.load_sum + excluded.load_sum,
                            load_max = greatest(m.load_max, excluded.load_max),
                            load_samples = m.load_samples + excluded.load_samples,
                            epoch = case when (excluded.epoch, excluded.n) > (m.epoch, m.n)
                                         then excluded.epoch else m.epoch end,
                            n = case when (excluded.epoch, excluded.n) > (m.epoch, m.n)
                                     then excluded.n else m.n end,
                            counted = m.counted || excluded.counted
                        """,
                        Column.of("text", rows, row -> row.key().agent()),
                        Column.of("text", rows, row -> row.key().bucket()),
                        Column.of("float8", rows, row -> row.cpu().sum()),
                        Column.of("float8", rows, row -> row.cpu().max()),
                        Column.of("int4", rows, row -> row.cpu().samples()),
                        Column.of("float8", rows, row -> row.mem().sum()),
                        Column.of("float8", rows, row -> row.mem().max()),
                        Column.of("int4", rows, row -> row.mem().samples()),
                        Column.of("float8", rows, row -> row.disk().sum()),
                        Column.of("float8", rows, row -> row.disk().max()),
                        Column.of("int4", rows, row -> row.disk().samples()),
                        Column.of("float8", rows, row -> row.load().sum()),
                        Column.of("float8", rows, row -> row.load().max()),
                        Column.of("int4", rows, row -> row.load().samples()),
                        Column.of("int8", rows, row -> row.mark().epoch()),
                        Column.of("int8", rows, row -> row.mark().n()),
                        Column.of("text", rows, row -> HexFormat.of().formatHex(row.tags())),
                        Column.of("text", days(rows), day -> day));
        return rows.size() - written;
    }

    private static List<Instant> days(List<Minute> rows) {
        return rows.stream()
                .map(row -> row.key().bucket().truncatedTo(ChronoUnit.DAYS))
                .distinct()
                .toList();
    }
}
