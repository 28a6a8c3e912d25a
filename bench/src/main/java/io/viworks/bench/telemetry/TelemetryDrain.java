package io.viworks.bench.telemetry;

import io.viworks.backplane.Keys;
import io.viworks.bench.Drain;
import io.viworks.bench.Options;
import io.viworks.bench.Packaged;
import io.viworks.bench.Rates;
import io.viworks.bench.Scenario;
import io.viworks.bench.Stores;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Measures telemetry-writer getting through a backlog against the SQL alone. */
public final class TelemetryDrain implements Scenario {
    /** Rows the floor has ready at once: a pause of its clock, not of the rows it writes. */
    private static final int AHEAD = 50_000;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    @Override
    public String name() {
        return "telemetry-writer";
    }

    @Override
    public String about() {
        return "a backlog of telemetry into Postgres against the SQL alone"
                + " (--records 200000 --agents 10000 --batch 0 --rounds 5)";
    }

    @Override
    public String measure(Options options) throws Exception {
        options.only("records", "agents", "batch", "rounds");
        int records = options.number("records", 200_000, 1_000, 10_000_000);
        int agents = options.number("agents", 10_000, 1_000, 1_000_000);
        int batch = options.number("batch", 0, 0, 100_000);
        Rates turns = new Rates(options.number("rounds", 5, 3, 50));
        Path checkout = Path.of(System.getProperty("viw.checkout", "."));
        Path folder = Files.createTempDirectory("viw-bench");
        try (Stores stores = Stores.start(folder, Map.of())) {
            Map<String, String> settings = new HashMap<>(stores.settings("telemetry_writer"));
            if (batch > 0) {
                settings.put("VIW_TELEMETRY_BATCH", String.valueOf(batch));
            }
            try (Packaged writer = Packaged.start("telemetry-writer", checkout, folder, settings);
                    Connection admin = stores.connect();
                    BareTelemetry bare = new BareTelemetry(stores.connect());
                    Drain drain =
                            new Drain(
                                    stores.redisUrl(),
                                    Keys.TELEMETRY,
                                    Keys.GROUP_TELEMETRY_WRITER)) {
                Turns each = new Turns(records, agents, batch > 0 ? batch : 500, writer, admin);
                seed(admin, agents);
                Rates.Outcome outcome =
                        turns.time(() -> each.ofFloor(bare), () -> each.ofWriter(drain));
                return """
                %,d records of %,d agents, each of which is in again after all others; batches of %d; %d rounds.

                %s%s%s
                %s
                """
                        .formatted(
                                records,
                                agents,
                                each.batch,
                                turns.rounds(),
                                Rates.HEAD,
                                outcome.floor().row("SQL alone", ""),
                                outcome.subject().row("telemetry-writer", outcome.spread()),
                                updates(admin));
            }
        }
    }

    private static void seed(Connection admin, int agents) throws SQLException {
        try (Statement statement = admin.createStatement()) {
            statement.execute(
                    "insert into bridges (bridge_id, first_seen, last_seen) values ('%s', now(), now())"
                            .formatted(Backlog.bridge()));
            statement.execute(
                    """
                    insert into os_gateways (agent_id, status, epoch, n)
                    select 'gw-' || lpad(i::text, 7, '0'), 'unknown', 1, 0
                    from generate_series(0, %d - 1) i
                    """
                            .formatted(agents));
        }
    }

    /** How many updates stayed within their page: those of both, all turns together. */
    private static String updates(Connection admin) throws SQLException {
        StringBuilder text = new StringBuilder("Updates within the page (HOT), both together: ");
        try (Statement statement = admin.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                """
                                select case when relname like 'os_gateway_metrics_%'
                                            then 'os_gateway_metrics' else relname end,
                                       round(100.0 * sum(n_tup_hot_upd) / sum(n_tup_upd))
                                from pg_stat_user_tables where n_tup_upd > 1000
                                group by 1 order by 1
                                """)) {
            while (row.next()) {
                text.append("`%s` %s %%; ".formatted(row.getString(1), row.getString(2)));
            }
        }
        return text.toString().strip();
    }

    /** The turns of both, over tables that are made as they were before each. */
    private static final class Turns {
        private final int records;
        private final int agents;
        private final int batch;
        private final Packaged writer;
        private final Connection admin;
        private long epoch = 1;

        Turns(int records, int agents, int batch, Packaged writer, Connection admin) {
            this.records = records;
            this.agents = agents;
            this.batch = batch;
            this.writer = writer;
            this.admin = admin;
        }

        private Backlog next() throws SQLException {
            epoch++;
            try (Statement statement = admin.createStatement()) {
                statement.execute("truncate os_gateway_metrics, os_gateway_status, agent_sessions");
                statement.execute(
                        """
                        insert into os_gateway_status (agent_id, payload, reported_at, epoch, n)
                        select agent_id, jsonb_build_object('note', repeat('x', 500)),
                               now() - interval '1 day', 1, 0
                        from os_gateways
                        """);
                statement.execute(
                        """
                        insert into agent_sessions
                            (session_id, agent_id, bridge_id, conn_id, epoch, connected_at)
                        select gen_random_uuid(), agent_id, '%s', gen_random_uuid(), %d, now()
                        from os_gateways
                        """
                                .formatted(Backlog.bridge(), epoch));
                statement.execute(
                        "update os_gateways set last_seen = now() - interval '1 day', status = 'unknown'");
                statement.execute("vacuum analyze os_gateways, os_gateway_status, agent_sessions");
                statement.execute("checkpoint");
            }
            return Backlog.endingNow(records, agents, epoch);
        }

        Rates.Turn ofFloor(BareTelemetry bare) throws Exception {
            Backlog backlog = next();
            Duration postgres = Stores.postgresCpu();
            long wal = Stores.walPosition(admin);
            long wall = 0;
            long cpu = 0;
            for (int from = 0; from < records; from += AHEAD) {
                BareTelemetry.Rows rows =
                        new BareTelemetry.Rows(
                                backlog, from, Math.min(records, from + AHEAD), batch);
                long begun = System.nanoTime();
                long used = THREADS.getCurrentThreadCpuTime();
                bare.write(rows);
                cpu += THREADS.getCurrentThreadCpuTime() - used;
                wall += System.nanoTime() - begun;
            }
            return turn(wall, cpu, postgres, wal);
        }

        Rates.Turn ofWriter(Drain drain) throws Exception {
            next().fill(drain);
            Duration postgres = Stores.postgresCpu();
            long wal = Stores.walPosition(admin);
            Duration used = writer.cpu();
            long begun = System.nanoTime();
            drain.present();
            drain.awaitEnd(writer);
            long wall = System.nanoTime() - begun;
            check();
            return turn(wall, writer.cpu().minus(used).toNanos(), postgres, wal);
        }

        /** A writer that gets through by setting records aside has no figure. */
        private void check() throws SQLException {
            try (Statement statement = admin.createStatement();
                    ResultSet row =
                            statement.executeQuery(
                                    "select sum(mem_samples) from os_gateway_metrics")) {
                row.next();
                if (row.getInt(1) != records) {
                    throw new IllegalStateException(
                            row.getInt(1) + " of " + records + " records are in the series");
                }
            }
        }

        private Rates.Turn turn(long wall, long cpu, Duration postgres, long wal)
                throws SQLException {
            return new Rates.Turn(
                    records,
                    Duration.ofNanos(wall),
                    Duration.ofNanos(cpu),
                    Stores.postgresCpu().minus(postgres),
                    Stores.walPosition(admin) - wal);
        }
    }
}
