package io.viworks.bench.results;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The floor: ends the commands and stores the results by two statements a batch over one
 * connection, everything about them made ready beforehand. It asks nothing before and tells nobody.
 */
final class BareResults implements AutoCloseable {
    private static final String MOVE =
            """
            update agent_commands c
            set state = 'SUCCEEDED', ended_by = 'result', finished_at = u.at, sealed = null
            from unnest(cast(? as uuid[]), ?, cast(? as timestamptz[])) u (id, agent, at)
            where c.correlation_id = u.id and c.agent_id = u.agent and c.state = 'ACKED'
            """;

    private static final String STORE =
            """
            insert into agent_command_results
                (correlation_id, execution_id, agent_id, command, status, rc, stdout_redacted,
                 stderr_redacted, truncated, stdout_bytes, stderr_bytes, started_at, finished_at,
                 duration_ms, issued_by_admin_id, late)
            select id, run, agent, verb, 'success', rc, stdout, '', false, out_bytes, 0, at, at,
                   duration, 'bench', false
            from unnest(cast(? as uuid[]), cast(? as uuid[]), ?, ?, ?, ?, ?,
                        cast(? as timestamptz[]), ?)
                u (id, run, agent, verb, rc, stdout, out_bytes, at, duration)
            on conflict (correlation_id, execution_id) do nothing
            """;

    private final Connection connection;
    private final PreparedStatement move;
    private final PreparedStatement store;

    BareResults(Connection connection) throws SQLException {
        this.connection = connection;
        connection.setAutoCommit(false);
        move = connection.prepareStatement(MOVE);
        store = connection.prepareStatement(STORE);
    }

    /** The columns of one batch, as the driver takes them. */
    private static final class Batch {
        private final String[] ids;
        private final String[] runs;
        private final String[] agents;
        private final String[] verbs;
        private final int[] codes;
        private final String[] outputs;
        private final int[] lengths;
        private final String[] ats;
        private final long[] durations;

        Batch(Ended ended, int from, int to) {
            int size = to - from;
            ids = new String[size];
            runs = new String[size];
            agents = new String[size];
            verbs = new String[size];
            codes = new int[size];
            outputs = new String[size];
            lengths = new int[size];
            ats = new String[size];
            durations = new long[size];
            Arrays.fill(verbs, Ended.VERB);
            Arrays.fill(outputs, Ended.STORED);
            Arrays.fill(lengths, Ended.STORED.length());
            Arrays.fill(ats, ended.at().toString());
            Arrays.fill(durations, 412);
            for (int i = 0; i < size; i++) {
                ids[i] = ended.command(from + i).toString();
                runs[i] = ended.execution(from + i).toString();
                agents[i] = ended.agent(from + i);
            }
        }
    }

    /** Rows made ready. */
    static final class Rows {
        private final List<Batch> batches = new ArrayList<>();

        Rows(Ended ended, int batch) {
            for (int at = 0; at < ended.results(); at += batch) {
                batches.add(new Batch(ended, at, Math.min(ended.results(), at + batch)));
            }
        }
    }

    /** Brings rows into Postgres, a batch a transaction. */
    void write(Rows rows) throws SQLException {
        for (Batch batch : rows.batches) {
            int moved = bind(move, batch.ids, batch.agents, batch.ats);
            int stored =
                    bind(
                            store,
                            batch.ids,
                            batch.runs,
                            batch.agents,
                            batch.verbs,
                            batch.codes,
                            batch.outputs,
                            batch.lengths,
                            batch.ats,
                            batch.durations);
            if (moved != batch.ids.length || stored != batch.ids.length) {
                throw new IllegalStateException(
                        "%d moved and %d stored of %d".formatted(moved, stored, batch.ids.length));
            }
            connection.commit();
        }
    }

    private int bind(PreparedStatement statement, Object... columns) throws SQLException {
        for (int i = 0; i < columns.length; i++) {
            if (columns[i] instanceof String[] texts) {
                statement.setArray(i + 1, connection.createArrayOf("text", texts));
            } else {
                statement.setObject(i + 1, columns[i]); // numbers travel in binary
            }
        }
        return statement.executeUpdate();
    }

    @Override
    public void close() throws SQLException {
        move.close();
        store.close();
        connection.close();
    }
}
