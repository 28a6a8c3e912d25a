package io.viworks.bench.telemetry;

import io.viworks.bench.telemetry.Backlog.Report;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * The floor: the rows of a backlog by two statements a batch over one connection, everything about
 * them made ready beforehand. It knows no duplicates, no agents it has not met and no pulse.
 */
final class BareTelemetry implements AutoCloseable {
    private static final String STATUS =
            """
            insert into os_gateway_status as s
                (agent_id, cpu_pct, mem_pct, disk_pct, load1, containers_running, services,
                 containers, payload, reported_at, ts, epoch, n)
            select id, cpu, mem, disk, load, running, services::jsonb, containers::jsonb,
                   payload::jsonb, arrival, arrival, epoch, n
            from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?::timestamptz[], ?, ?)
                r (id, cpu, mem, disk, load, running, services, containers, payload, arrival,
                   epoch, n)
            on conflict (agent_id) do update set
                cpu_pct = excluded.cpu_pct, mem_pct = excluded.mem_pct,
                disk_pct = excluded.disk_pct, load1 = excluded.load1,
                containers_running = excluded.containers_running, services = excluded.services,
                containers = excluded.containers, payload = excluded.payload,
                reported_at = excluded.reported_at, ts = excluded.ts, epoch = excluded.epoch,
                n = excluded.n, updated_at = now()
            where (excluded.epoch, excluded.n) > (s.epoch, s.n)
            """;

    private static final String SERIES =
            """
            insert into os_gateway_metrics as m
                (agent_id, bucket, cpu_sum, cpu_max, cpu_samples, mem_sum, mem_max, mem_samples,
                 disk_sum, disk_max, disk_samples, load_sum, load_max, load_samples, epoch, n,
                 counted)
            select id, bucket, cpu, cpu, 1, mem, mem, 1, disk, disk, 1, load, load, 1, epoch, n,
                   int4send(n::int4)
            from unnest(?, ?::timestamptz[], ?, ?, ?, ?, ?, ?)
                r (id, bucket, cpu, mem, disk, load, epoch, n)
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
                epoch = excluded.epoch, n = excluded.n, counted = m.counted || excluded.counted
            """;

    private final Connection connection;
    private final PreparedStatement status;
    private final PreparedStatement series;

    BareTelemetry(Connection connection) throws SQLException {
        this.connection = connection;
        connection.setAutoCommit(false);
        status = connection.prepareStatement(STATUS);
        series = connection.prepareStatement(SERIES);
    }

    /** The columns of one batch, as the driver takes them. */
    private static final class Batch {
        private final String[] ids;
        private final double[] cpu;
        private final double[] mem;
        private final double[] disk;
        private final double[] load;
        private final int[] running;
        private final String[] services;
        private final String[] containers;
        private final String[] payloads;
        private final String[] arrivals;
        private final String[] buckets;
        private final long[] epochs;
        private final long[] ns;

        Batch(Backlog backlog, int from, int to) {
            int size = to - from;
            ids = new String[size];
            cpu = new double[size];
            mem = new double[size];
            disk = new double[size];
            load = new double[size];
            running = new int[size];
            services = new String[size];
            containers = new String[size];
            payloads = new String[size];
            arrivals = new String[size];
            buckets = new String[size];
            epochs = new long[size];
            ns = new long[size];
            for (int i = 0; i < size; i++) {
                Report report = backlog.report(from + i);
                ids[i] = report.agentId();
                cpu[i] = report.cpu();
                mem[i] = report.mem();
                disk[i] = report.disk();
                load[i] = report.load();
                running[i] = 2;
                services[i] = Backlog.SERVICES;
                containers[i] = Backlog.CONTAINERS;
                payloads[i] = report.metrics();
                arrivals[i] = report.arrival().atOffset(ZoneOffset.UTC).toString();
                buckets[i] =
                        report.arrival()
                                .truncatedTo(ChronoUnit.MINUTES)
                                .atOffset(ZoneOffset.UTC)
                                .toString();
                epochs[i] = backlog.epoch();
                ns[i] = report.n();
            }
        }
    }

    /** Rows made ready, for one turn. */
    static final class Rows {
        private final List<Batch> batches = new ArrayList<>();

        /** The next piece of a backlog; all of it at once might not fit into memory. */
        Rows(Backlog backlog, int from, int to, int batch) {
            for (int at = from; at < to; at += batch) {
                batches.add(new Batch(backlog, at, Math.min(to, at + batch)));
            }
        }
    }

    /** Brings rows into Postgres, a batch a transaction. */
    void write(Rows rows) throws SQLException {
        for (Batch batch : rows.batches) {
            bind(
                    status,
                    batch.ids,
                    batch.cpu,
                    batch.mem,
                    batch.disk,
                    batch.load,
                    batch.running,
                    batch.services,
                    batch.containers,
                    batch.payloads,
                    batch.arrivals,
                    batch.epochs,
                    batch.ns);
            bind(
                    series,
                    batch.ids,
                    batch.buckets,
                    batch.cpu,
                    batch.mem,
                    batch.disk,
                    batch.load,
                    batch.epochs,
                    batch.ns);
            connection.commit();
        }
    }

    private void bind(PreparedStatement statement, Object... columns) throws SQLException {
        for (int i = 0; i < columns.length; i++) {
            if (columns[i] instanceof String[] texts) {
                statement.setArray(i + 1, connection.createArrayOf("text", texts));
            } else {
                statement.setObject(i + 1, columns[i]); // numbers travel in binary
            }
        }
        var _ = statement.executeUpdate();
    }

    @Override
    public void close() throws SQLException {
        status.close();
        series.close();
        connection.close();
    }
}
