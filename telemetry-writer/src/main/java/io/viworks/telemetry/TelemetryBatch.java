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
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.telemetry.Sql.Column;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
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
 * high-water mark: what is at or below it has been counted and changes nothing, whoever reads it
 * again. Every batch takes the rows in the order of their ids, so batches wait for each other
 * instead of deadlocking. Thread-safe.
 */
final class TelemetryBatch implements BatchHandler<StreamRecord.OfTelemetry> {
    private final Sql sql;
    private final FrameCodec codec;
    private final Counter written;
    private final Counter duplicate;
    private final Timer duration;

    TelemetryBatch(Sql sql, FrameCodec codec, MeterRegistry meters) {
        this.sql = sql;
        this.codec = codec;
        this.written = Outcomes.counter(meters, "telemetry", "written");
        this.duplicate = Outcomes.counter(meters, "telemetry", "duplicate");
        this.duration = meters.timer("viw.telemetry.batch.duration", "stream", "telemetry");
    }

    /** One frame that may count. */
    private record Point(String agent, Mark mark, Instant arrival, AgentFrame.Telemetry frame) {}

    @Override
    public void handle(List<Entry<StreamRecord.OfTelemetry>> batch) throws BadFrame {
        List<Point> points = new ArrayList<>(batch.size());
        for (Entry<StreamRecord.OfTelemetry> entry : batch) {
            switch (entry.record()) {
                case StreamRecord.Telemetry record -> points.add(point(record));
            }
        }
        points.sort(Comparator.comparing(Point::agent).thenComparing(Point::mark));
        int counted = duration.record(() -> sql.transaction(() -> write(points)));
        written.increment(counted);
        duplicate.increment(batch.size() - counted);
    }

    private Point point(StreamRecord.Telemetry record) throws BadFrame {
        AgentFrame frame = codec.decodeAgent(record.frame().array(), record.ts());
        if (!(frame instanceof AgentFrame.Telemetry telemetry)) {
            throw new BadFrame(
                    io.viworks.protocol.frame.ErrorFrameCode.BAD_FRAME,
                    "a TELEMETRY record holds a " + frame.type() + " frame");
        }
        Origin origin = record.origin();
        return new Point(
                record.agentId().value(),
                new Mark(origin.epoch(), origin.n()),
                record.ts(),
                telemetry);
    }

    /** How many of the points counted. */
    private int write(List<Point> points) {
        List<String> agents =
                List.copyOf(new TreeSet<>(points.stream().map(Point::agent).toList()));
        makeRows(agents);
        Map<String, Mark> high = lock(agents);
        List<Point> fresh = new ArrayList<>(points.size());
        Map<String, Mark> seen = new HashMap<>(high);
        for (Point point : points) {
            Mark before = seen.getOrDefault(point.agent(), Mark.NONE);
            if (point.mark().compareTo(before) > 0) {
                fresh.add(point);
                seen.put(point.agent(), point.mark());
            }
        }
        if (!fresh.isEmpty()) {
            writeStatus(fresh);
            writeSeries(fresh);
            touch(fresh);
        }
        return fresh.size();
    }

    /** Telemetry may be read before the HELLO that makes the gateway: another loop reads that. */
    private void makeRows(List<String> agents) {
        Column ids = Column.of("text", agents, agent -> agent);
        sql.update(
                """
                insert into os_gateways (agent_id, status, epoch, n)
                select id, 'unknown', 0, 0 from unnest(?) id
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

    private void writeSeries(List<Point> fresh) {
        Map<Minute.Key, Minute> minutes = new TreeMap<>();
        for (Point point : fresh) {
            minutes.computeIfAbsent(Minute.Key.of(point.agent(), point.arrival()), Minute::new)
                    .add(point.frame().metrics(), point.mark());
        }
        List<Minute> rows = List.copyOf(minutes.values());
        sql.update(
                """
                insert into os_gateway_metrics as m
                    (agent_id, bucket, cpu_sum, cpu_max, cpu_samples, mem_sum, mem_max, mem_samples,
                     disk_sum, disk_max, disk_samples, load_sum, load_max, load_samples, epoch, n)
                select * from unnest(?, ?::timestamptz[], ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
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
                    epoch = excluded.epoch, n = excluded.n
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
