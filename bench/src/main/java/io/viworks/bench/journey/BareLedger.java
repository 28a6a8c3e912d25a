package io.viworks.bench.journey;

import io.viworks.bench.Stores;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.UUID;

/**
 * What stays in Postgres of one command, by prepared statements of bare JDBC: the transaction that
 * takes it, the one that ends it, and what a GET reads. Nothing is asked before. For one thread.
 */
final class BareLedger implements AutoCloseable {
    private static final Duration DEADLINE = Duration.ofMinutes(2);

    /** As long as the envelope of the command that the product is given. */
    private static final byte[] ENVELOPE = new byte[360];

    private final Connection writes;
    private final Connection reads;
    private final PreparedStatement lock;
    private final PreparedStatement accept;
    private final PreparedStatement audit;
    private final PreparedStatement move;
    private final PreparedStatement store;
    private final PreparedStatement command;
    private final PreparedStatement results;

    BareLedger(Stores stores) throws SQLException {
        writes = stores.connect();
        writes.setAutoCommit(false);
        reads = stores.connect();
        lock = writes.prepareStatement("select pg_advisory_xact_lock(hashtextextended(?, 0))");
        accept =
                writes.prepareStatement(
                        """
                        insert into agent_commands
                            (correlation_id, agent_id, verb, args, envelope, origin, delivery,
                             state, attempt, plain, sent_at, next_send_at, request_hash,
                             issued_by_admin_id, issued_at, expires_at, ends_by, timeout_s)
                        values (?, ?, 'echo', '{"message":"journey"}', ?, 'api', 'QUEUE',
                                'QUEUED', 1, true, now(), ?, decode(repeat('7b', 32), 'hex'),
                                'by hand', ?, ?, ?, 30)
                        """);
        audit =
                writes.prepareStatement(
                        """
                        insert into audit_log (ts, who, what, target, origin, outcome, detail)
                        values (now(), 'by hand', 'command.accept', ?, '127.0.0.1', 'accepted',
                                jsonb_build_object('correlation_id', ?::text, 'verb', 'echo',
                                                   'delivery', 'QUEUE'))
                        """);
        move =
                writes.prepareStatement(
                        """
                        update agent_commands
                        set state = 'SUCCEEDED', ended_by = 'result', dispatched_at = now(),
                            acked_at = now(), finished_at = now()
                        where correlation_id = ? and agent_id = ? and state = 'QUEUED'
                        """);
        store =
                writes.prepareStatement(
                        """
                        insert into agent_command_results
                            (correlation_id, execution_id, agent_id, command, status, rc,
                             stdout_redacted, stderr_redacted, stdout_bytes, stderr_bytes,
                             finished_at, duration_ms, issued_by_admin_id)
                        values (?, gen_random_uuid(), ?, 'echo', 'success', 0, 'done', '', 5, 0,
                                now(), 1, 'by hand')
                        """);
        command =
                reads.prepareStatement(
                        """
                        select * from agent_commands where correlation_id = ? and agent_id = ?
                        """);
        results =
                reads.prepareStatement(
                        """
                        select * from agent_command_results
                        where correlation_id = ? and agent_id = ? order by id
                        """);
    }

    /** Takes a command under its gateway's lock, with the line of the audit. */
    void accept(UUID id, String agent) throws SQLException {
        lock.setString(1, agent);
        try (ResultSet _ = lock.executeQuery()) {
            OffsetDateTime now = OffsetDateTime.now(ZoneOffset.UTC);
            OffsetDateTime deadline = now.plus(DEADLINE);
            accept.setObject(1, id);
            accept.setString(2, agent);
            accept.setBytes(3, ENVELOPE);
            accept.setObject(4, deadline);
            accept.setObject(5, now);
            accept.setObject(6, deadline);
            accept.setObject(7, deadline.plusDays(1));
            one(accept.executeUpdate());
        }
        audit.setString(1, agent);
        audit.setObject(2, id);
        one(audit.executeUpdate());
        writes.commit();
    }

    /** Ends it, with its result. */
    void end(UUID id, String agent) throws SQLException {
        move.setObject(1, id);
        move.setString(2, agent);
        one(move.executeUpdate());
        store.setObject(1, id);
        store.setString(2, agent);
        one(store.executeUpdate());
        writes.commit();
    }

    private static void one(int rows) {
        if (rows != 1) {
            throw new IllegalStateException("a statement by hand touched " + rows + " rows");
        }
    }

    /** Reads it with its result, every column as text. */
    void read(UUID id, String agent) throws SQLException {
        if (columns(command, id, agent) == 0 || columns(results, id, agent) == 0) {
            throw new IllegalStateException("what was written by hand is not there");
        }
    }

    private static int columns(PreparedStatement query, UUID id, String agent) throws SQLException {
        query.setObject(1, id);
        query.setString(2, agent);
        int read = 0;
        try (ResultSet row = query.executeQuery()) {
            int count = row.getMetaData().getColumnCount();
            while (row.next()) {
                for (int i = 1; i <= count; i++) {
                    var _ = row.getString(i);
                    read++;
                }
            }
        }
        return read;
    }

    @Override
    public void close() throws SQLException {
        // Their statements end with them.
        writes.close();
        reads.close();
    }
}
