package io.viworks.ledger;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.namedparam.MapSqlParameterSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Reads rows of the ledger to move them, and writes what became of them, a set at a time. */
final class CommandRows {
    private final JdbcClient jdbc;

    CommandRows(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * Rows that are locked for this transaction.
     *
     * @param now when it began, by the database's clock; {@link Instant#EPOCH} without any row
     */
    record Locked(Map<CorrelationId, CommandRow> rows, Instant now) {}

    /** The rows with these ids, locked, in the order every mover takes them. */
    Locked lock(Collection<CorrelationId> ids) {
        return jdbc.sql(
                        """
                        select now() as now, correlation_id, agent_id, verb, batch_id, origin,
                               delivery, state, ended_by, error_code, reason, attempt, released, plain, instance_uid,
                               next_send_at, next_signal_at is not null as signalled, issued_at,
                               expires_at, ends_by, timeout_s, dispatched_at, acked_at,
                               finished_at, cancel_requested_at is not null as cancel_requested
                        from agent_commands
                        where correlation_id = any (cast(:ids as uuid[]))
                        order by correlation_id
                        for update
                        """)
                .param("ids", Sql.column(ids, CorrelationId::value))
                .query((ResultSet found) -> locked(found));
    }

    private static Locked locked(ResultSet found) throws SQLException {
        Map<CorrelationId, CommandRow> rows = new LinkedHashMap<>();
        Instant now = Instant.EPOCH;
        while (found.next()) {
            CommandRow row = row(found);
            rows.put(row.correlationId(), row);
            now = Sql.instant(found, "now");
        }
        return new Locked(rows, now);
    }

    private static CommandRow row(ResultSet row) throws SQLException {
        String endedBy = row.getString("ended_by");
        UUID instance = row.getObject("instance_uid", UUID.class);
        return new CommandRow(
                Sql.correlationId(row),
                AgentId.of(row.getString("agent_id")),
                row.getString("verb"),
                row.getObject("batch_id", UUID.class),
                row.getString("origin").equals("stream"),
                row.getString("delivery").equals("IMMEDIATE"),
                CommandState.valueOf(row.getString("state")),
                endedBy == null ? null : EndedBy.ofColumn(endedBy),
                row.getString("error_code"),
                row.getString("reason"),
                row.getInt("attempt"),
                row.getInt("released"),
                row.getBoolean("plain"),
                instance == null ? null : new InstanceUid(instance),
                Sql.instant(row, "next_send_at"),
                row.getBoolean("signalled"),
                Sql.instant(row, "issued_at"),
                Sql.instant(row, "expires_at"),
                Sql.instant(row, "ends_by"),
                row.getInt("timeout_s"),
                nullable(row, "dispatched_at"),
                nullable(row, "acked_at"),
                nullable(row, "finished_at"),
                row.getBoolean("cancel_requested"));
    }

    private static @Nullable Instant nullable(ResultSet row, String column) throws SQLException {
        OffsetDateTime at = row.getObject(column, OffsetDateTime.class);
        return at == null ? null : at.toInstant();
    }

    /** A row before and after its events. */
    record Change(CommandRow before, CommandRow after) {}

    /**
     * Writes the changes in one statement, each guarded by the state, the agent and the attempts it
     * was decided from.
     */
    static void write(List<Change> changes, RoundTrip trip) {
        List<Change> moved = new ArrayList<>(changes);
        moved.removeIf(change -> change.before().equals(change.after()));
        if (moved.isEmpty()) {
            return;
        }
        trip.tell(
                """
                update agent_commands c
                set state = u.state, ended_by = u.ended_by, error_code = u.error_code,
                    reason = u.reason, released = u.released, plain = u.plain,
                    next_send_at = u.next_send_at, ends_by = u.ends_by,
                    signals = case when u.anew then 0 else c.signals end,
                    next_signal_at = case when u.anew then null
                                          else c.next_signal_at end,
                    dispatched_at = u.dispatched_at, acked_at = u.acked_at,
                    finished_at = u.finished_at,
                    sealed = case when u.ended_by is null then c.sealed end
                from unnest(cast(:ids as uuid[]), cast(:agents as text[]),
                            cast(:was as text[]), cast(:was_released as int[]),
                            cast(:attempts as int[]), cast(:states as text[]),
                            cast(:ended_by as text[]), cast(:codes as text[]),
                            cast(:reasons as text[]), cast(:released as int[]),
                            cast(:plain as boolean[]), cast(:send as timestamptz[]),
                            cast(:ends as timestamptz[]), cast(:anew as boolean[]),
                            cast(:dispatched as timestamptz[]),
                            cast(:acked as timestamptz[]),
                            cast(:finished as timestamptz[]))
                     u (correlation_id, agent_id, was, was_released, attempt, state,
                        ended_by, error_code, reason, released, plain, next_send_at,
                        ends_by, anew, dispatched_at, acked_at, finished_at)
                where c.correlation_id = u.correlation_id and c.agent_id = u.agent_id
                  and c.state = u.was and c.released = u.was_released
                  and c.attempt = u.attempt
                """,
                new MapSqlParameterSource()
                        .addValue("ids", Sql.column(moved, m -> m.after().correlationId()))
                        .addValue("agents", Sql.column(moved, m -> m.after().agentId()))
                        .addValue("was", Sql.column(moved, m -> m.before().state()))
                        .addValue("was_released", Sql.column(moved, m -> m.before().released()))
                        .addValue("attempts", Sql.column(moved, m -> m.after().attempt()))
                        .addValue("states", Sql.column(moved, m -> m.after().state()))
                        .addValue("ended_by", Sql.column(moved, m -> column(m.after().endedBy())))
                        .addValue("codes", Sql.column(moved, m -> m.after().errorCode()))
                        .addValue("reasons", Sql.column(moved, m -> m.after().reason()))
                        .addValue("released", Sql.column(moved, m -> m.after().released()))
                        .addValue("plain", Sql.column(moved, m -> m.after().plain()))
                        .addValue("send", Sql.column(moved, m -> m.after().nextSendAt()))
                        .addValue("ends", Sql.column(moved, m -> m.after().endsBy()))
                        .addValue(
                                "anew",
                                Sql.column(
                                        moved,
                                        m -> m.before().signalled() && !m.after().signalled()))
                        .addValue("dispatched", Sql.column(moved, m -> m.after().dispatchedAt()))
                        .addValue("acked", Sql.column(moved, m -> m.after().ackedAt()))
                        .addValue("finished", Sql.column(moved, m -> m.after().finishedAt())));
    }

    private static @Nullable String column(@Nullable EndedBy by) {
        return by == null ? null : by.column();
    }

    /** A row made of a record somebody wrote by hand. */
    record HandMade(
            LedgerEvent first,
            String verb,
            String args,
            String issuedBy,
            Instant issuedAt,
            Instant expiresAt,
            Instant endsBy,
            int timeoutS) {}

    /** Makes rows, unless their names are taken; tells the audit log of those it made. */
    void make(List<HandMade> rows) {
        if (rows.isEmpty()) {
            return;
        }
        jdbc.sql(
                        """
                        with made as (
                            insert into agent_commands
                                (correlation_id, agent_id, verb, args, origin, delivery, state,
                                 attempt, instance_uid, sent_at, issued_by_admin_id, issued_at,
                                 expires_at, ends_by, timeout_s)
                            select u.id, u.agent, u.verb, cast(u.args as jsonb), 'stream',
                                   'IMMEDIATE', 'QUEUED', 1, u.instance, now(), u.issued_by,
                                   u.issued_at, u.expires_at, u.ends_by, u.timeout_s
                            from unnest(cast(:ids as uuid[]), cast(:agents as text[]),
                                        cast(:verbs as text[]), cast(:args as text[]),
                                        cast(:instances as uuid[]), cast(:by as text[]),
                                        cast(:issued as timestamptz[]),
                                        cast(:expires as timestamptz[]),
                                        cast(:ends as timestamptz[]), cast(:timeouts as int[]))
                                 u (id, agent, verb, args, instance, issued_by, issued_at,
                                    expires_at, ends_by, timeout_s)
                            order by u.id
                            on conflict (correlation_id) do nothing
                            returning correlation_id, agent_id, verb, issued_by_admin_id)
                        insert into audit_log (who, what, target, outcome, detail)
                        select issued_by_admin_id, 'command.stream', agent_id, 'accepted',
                               jsonb_build_object('correlation_id', correlation_id, 'verb', verb)
                        from made
                        """)
                .param("ids", Sql.column(rows, r -> r.first().correlationId()))
                .param("agents", Sql.column(rows, r -> r.first().agentId()))
                .param("verbs", Sql.column(rows, HandMade::verb))
                .param("args", Sql.column(rows, HandMade::args))
                .param("instances", Sql.column(rows, r -> instance(r.first())))
                .param("by", Sql.column(rows, HandMade::issuedBy))
                .param("issued", Sql.column(rows, HandMade::issuedAt))
                .param("expires", Sql.column(rows, HandMade::expiresAt))
                .param("ends", Sql.column(rows, HandMade::endsBy))
                .param("timeouts", Sql.column(rows, HandMade::timeoutS))
                .update();
    }

    private static @Nullable InstanceUid instance(LedgerEvent event) {
        return event instanceof LedgerEvent.Dispatched dispatched ? dispatched.instance() : null;
    }
}
