package io.viworks.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.viworks.backplane.stream.BatchHandler;
import io.viworks.backplane.stream.Entry;
import io.viworks.backplane.stream.Origin;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.frame.AgentFrame;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.ErrorFrameCode;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.telemetry.Sql.Column;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Brings a batch of telemetry into {@code os_gateway_status} (the last word of each agent) and
 * {@code os_gateway_metrics} (one point a minute), in one transaction with one statement per table.
 *
 * <p>An agent's row in {@code os_gateway_status} is locked first and its {@code (epoch, n)} is the
 * high-water mark: what is at or below it changes nothing there, and in the series only when its
 * minute has not counted it. Every batch takes the rows in the order of their ids, so batches wait
 * for each other instead of deadlocking. Thread-safe.
 */
final class TelemetryBatch implements BatchHandler<StreamRecord.OfTelemetry> {
    private final Sql sql;
    private final FrameCodec codec;
    private final Series series;
    private final Counter written;
    private final Counter duplicate;
    private final Counter outside;
    private final Timer duration;

    TelemetryBatch(Sql sql, FrameCodec codec, MeterRegistry meters) {
        this.sql = sql;
        this.codec = codec;
        this.series = new Series(sql);
        this.written = Outcomes.counter(meters, "telemetry", "written");
        this.duplicate = Outcomes.counter(meters, "telemetry", "duplicate");
        this.outside = meters.counter("viw.telemetry.minutes.outside");
        this.duration = meters.timer("viw.telemetry.batch.duration", "stream", "telemetry");
    }

    /** One frame that may count. */
    record Point(String agent, Mark mark, Instant arrival, AgentFrame.Telemetry frame) {
        Minute.Key minute() {
            return Minute.Key.of(agent, arrival);
        }
    }

    @Override
    public void handle(List<Entry<StreamRecord.OfTelemetry>> batch) throws BadFrame {
        List<Point> points = new ArrayList<>(batch.size());
        for (Entry<StreamRecord.OfTelemetry> entry : batch) {
            switch (entry.record()) {
                case StreamRecord.Telemetry record -> points.add(point(record));
            }
        }
        List<Point> distinct = distinct(points);
        int counted = duration.record(() -> sql.transaction(() -> write(distinct)));
        written.increment(counted);
        duplicate.increment(batch.size() - counted);
    }

    private Point point(StreamRecord.Telemetry record) throws BadFrame {
        AgentFrame frame = codec.decodeAgent(record.frame().array(), record.ts());
        if (!(frame instanceof AgentFrame.Telemetry telemetry)) {
            throw new BadFrame(
                    ErrorFrameCode.BAD_FRAME,
                    "a TELEMETRY record holds a " + frame.type() + " frame");
        }
        Origin origin = record.origin();
        return new Point(
                record.agentId().value(),
                new Mark(origin.epoch(), origin.n()),
                record.ts(),
                telemetry);
    }

    /** By agent and mark, each mark once. */
    private static List<Point> distinct(List<Point> points) {
        Map<String, TreeMap<Mark, Point>> byAgent = new TreeMap<>();
        points.forEach(point ->
                byAgent.computeIfAbsent(point.agent(), _ -> new TreeMap<>())
                        .putIfAbsent(point.mark(), point));
        return byAgent.values().stream().flatMap(marks -> marks.values().stream()).toList();
    }

    /** How many of the points counted. */
    private int write(List<Point> points) {
        List<String> agents =
                List.copyOf(new TreeSet<>(points.stream().map(Point::agent).toList()));
        makeRows(agents);
        Map<String, Mark> high = lock(agents);
        List<Point> fresh = new ArrayList<>(points.size());
        List<Point> late = new ArrayList<>();
        for (Point point : points) {
            boolean isFresh =
                    point.mark().compareTo(high.getOrDefault(point.agent(), Mark.NONE)) > 0;
            (isFresh ? fresh : late).add(point);
        }
        if (!fresh.isEmpty()) {
            writeStatus(fresh);
            touch(fresh);
        }
        List<Point> counting = series.uncounted(late);
        counting.addAll(fresh);
        if (!counting.isEmpty()) {
            outside.increment(series.count(counting));
        }
        return counting.size();
    }

    /** Telemetry may be read before the HELLO that makes the gateway: another loop reads that. */
    private void makeRows(List<String> agents) {
        Column ids = Column.of("text", agents, agent -> agent);
        sql.update(
                """
                insert into os_gateways (agent_id, status, epoch, n)
                select id, 'expected', 0, 0 from unnest(?) id
                where not exists (select from os_gateways g where g.agent_id = id)
                order by id
                on conflict do nothing
                """,
                ids);
        sql.update(
                """
                insert into os_gateway_status (agent_id, reported_at, epoch, n)
                select id, to_timestamp(0), 0, -1 from unnest(?) id
                where not exists (select from os_gateway_status s where s.agent_id = id)
                order by id
                on conflict do nothing
                """,
                ids);
    }

    private Map<String, Mark> lock(List<String> agents) {
        Map<String, Mark> marks = new HashMap<>();
        sql.query(
                """
                select agent_id, epoch, n from os_gateway_status
                where agent_id = any (?) order by agent_id for update
                """,
                (row, _) -> marks.put(row.getString(1), new Mark(row.getLong(2), row.getLong(3))),
                Column.of("text", agents, agent -> agent));
        return marks;
    }

    private void writeStatus(List<Point> fresh) {
        Map<String, Point> last = new TreeMap<>();
        fresh.forEach(point -> last.put(point.agent(), point));
        List<Point> rows = List.copyOf(last.values());
        sql.update(
                """
                update os_gateway_status s
                set cpu_pct = r.cpu, mem_pct = r.mem, disk_pct = r.disk, load1 = r.load,
                    containers_running = r.running, services = r.services::jsonb,
                    containers = r.containers::jsonb, payload = r.payload::jsonb,
                    reported_at = r.arrival, ts = r.ts, epoch = r.epoch, n = r.n,
                    updated_at = now()
                from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?::timestamptz[], ?::timestamptz[], ?, ?)
                    r (id, cpu, mem, disk, load, running, services, containers, payload,
                       arrival, ts, epoch, n)
                where s.agent_id = r.id and (r.epoch, r.n) > (s.epoch, s.n)
                """,
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
    }

    /** Says that the agent lives, at most every 15 s: these rows are not the place for a pulse. */
    private void touch(List<Point> fresh) {
        Map<String, Point> last = new TreeMap<>();
        fresh.forEach(point -> last.put(point.agent(), point));
        List<Point> rows = List.copyOf(last.values());
        Column ids = Column.of("text", rows, Point::agent);
        Column arrivals = Column.of("text", rows, Point::arrival);
        sql.update(
                """
                update os_gateways g set last_seen = r.at
                from unnest(?, ?::timestamptz[]) r (id, at)
                where g.agent_id = r.id
                  and (g.last_seen is null or g.last_seen < r.at - interval '15 seconds')
                """,
                ids,
                arrivals);
        sql.update(
                """
                update agent_sessions s set last_heartbeat_at = r.at
                from unnest(?, ?::timestamptz[], ?) r (id, at, epoch)
                where s.agent_id = r.id and s.epoch = r.epoch and s.disconnected_at is null
                  and (s.last_heartbeat_at is null
                       or s.last_heartbeat_at < r.at - interval '15 seconds')
                """,
                ids,
                arrivals,
                Column.of("int8", rows, row -> row.mark().epoch()));
    }
}
