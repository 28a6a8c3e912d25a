package io.viworks.bench.results;

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
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;

/** Measures results-writer getting through a backlog against the SQL alone. */
public final class ResultsDrain implements Scenario {
    /** Commands seeded by one statement. */
    private static final int SEEDED = 5_000;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    @Override
    public String name() {
        return "results-writer";
    }

    @Override
    public String about() {
        return "a backlog of results into the ledger against the SQL alone"
                + " (--results 200000 --agents 10000 --batch 0 --rounds 3)";
    }

    @Override
    public String measure(Options options) throws Exception {
        options.only("results", "agents", "batch", "rounds");
        int results = options.number("results", 200_000, 1_000, 10_000_000);
        int agents = options.number("agents", 10_000, 100, 1_000_000);
        int batch = options.number("batch", 0, 0, 1_000);
        Rates turns = new Rates(options.number("rounds", 3, 3, 50));
        Path checkout = Path.of(System.getProperty("viw.checkout", "."));
        Path folder = Files.createTempDirectory("viw-bench");
        try (Stores stores = Stores.start(folder, Map.of())) {
            Map<String, String> settings = new HashMap<>(stores.settings("results_writer"));
            if (batch > 0) {
                settings.put("VIW_RESULTS_BATCH", String.valueOf(batch));
            }
            try (Packaged writer = Packaged.start("results-writer", checkout, folder, settings);
                    Connection admin = stores.connect();
                    BareResults bare = new BareResults(stores.connect());
                    Drain drain =
                            new Drain(
                                    stores.redisUrl(),
                                    Keys.COMMAND_RESULTS,
                                    Keys.GROUP_RESULTS_WRITER)) {
                Turns each =
                        new Turns(
                                results, agents, batch > 0 ? batch : SHIPPED_BATCH, writer, admin);
                Rates.Outcome outcome =
                        turns.time(() -> each.ofFloor(bare), () -> each.ofWriter(drain));
                return """
                %,d results of %,d agents, each of a command that was acknowledged before; batches of %d; %d rounds.

                %s%s%s
                """
                        .formatted(
                                results,
                                agents,
                                each.batch,
                                turns.rounds(),
                                Rates.HEAD,
                                outcome.floor().row("SQL alone", ""),
                                outcome.subject().row("results-writer", outcome.spread()));
            }
        }
    }

    private static final int SHIPPED_BATCH = 200;

    /** The turns of both, over tables that are made as they were before each. */
    private static final class Turns {
        private final int results;
        private final int agents;
        private final int batch;
        private final Packaged writer;
        private final Connection admin;
        private int turn;

        Turns(int results, int agents, int batch, Packaged writer, Connection admin) {
            this.results = results;
            this.agents = agents;
            this.batch = batch;
            this.writer = writer;
            this.admin = admin;
        }

        private Ended next() throws SQLException {
            turn++;
            Ended ended =
                    new Ended(results, agents, turn, Instant.now().truncatedTo(ChronoUnit.MILLIS));
            try (Statement statement = admin.createStatement()) {
                statement.execute("truncate agent_commands, agent_command_results, agent_events");
                seed(ended);
                statement.execute("vacuum analyze agent_commands");
                statement.execute("checkpoint");
            }
            return ended;
        }

        /** Commands their agents have acknowledged. */
        private void seed(Ended ended) throws SQLException {
            try (PreparedStatement insert =
                    admin.prepareStatement(
                            """
                            insert into agent_commands
                                (correlation_id, agent_id, verb, args, envelope, origin, delivery,
                                 state, attempt, instance_uid, sent_at, issued_by_admin_id,
                                 issued_at, expires_at, ends_by, timeout_s, dispatched_at,
                                 acked_at)
                            select cast(id as uuid), agent, '%s', '{"unit":"openvpn@server"}',
                                   decode(repeat('7b', 400), 'hex'), 'api', 'QUEUE', 'ACKED', 1,
                                   cast(instance as uuid), now(), 'bench',
                                   now() - interval '2 seconds', now() + interval '1 hour',
                                   now() + interval '1 day', 600, now(), now()
                            from unnest(?, ?, ?) u (id, agent, instance)
                            """
                                    .formatted(Ended.VERB))) {
                for (int from = 0; from < results; from += SEEDED) {
                    int size = Math.min(SEEDED, results - from);
                    String[] ids = new String[size];
                    String[] ofAgents = new String[size];
                    String[] instances = new String[size];
                    for (int i = 0; i < size; i++) {
                        ids[i] = ended.command(from + i).toString();
                        ofAgents[i] = ended.agent(from + i);
                        instances[i] = Ended.instance((from + i) % agents).toString();
                    }
                    insert.setArray(1, admin.createArrayOf("text", ids));
                    insert.setArray(2, admin.createArrayOf("text", ofAgents));
                    insert.setArray(3, admin.createArrayOf("text", instances));
                    var _ = insert.executeUpdate();
                }
            }
        }

        Rates.Turn ofFloor(BareResults bare) throws Exception {
            BareResults.Rows rows = new BareResults.Rows(next(), batch);
            Duration postgres = Stores.postgresCpu();
            long wal = Stores.walPosition(admin);
            long begun = System.nanoTime();
            long used = THREADS.getCurrentThreadCpuTime();
            bare.write(rows);
            long cpu = THREADS.getCurrentThreadCpuTime() - used;
            long wall = System.nanoTime() - begun;
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
                                    """
                                    select count(*) from agent_commands c
                                    join agent_command_results r using (correlation_id)
                                    where c.state = 'SUCCEEDED'
                                    """)) {
                row.next();
                if (row.getInt(1) != results) {
                    throw new IllegalStateException(
                            row.getInt(1) + " of " + results + " commands have their result");
                }
            }
        }

        private Rates.Turn turn(long wall, long cpu, Duration postgres, long wal)
                throws SQLException {
            return new Rates.Turn(
                    results,
                    Duration.ofNanos(wall),
                    Duration.ofNanos(cpu),
                    Stores.postgresCpu().minus(postgres),
                    Stores.walPosition(admin) - wal);
        }
    }
}
