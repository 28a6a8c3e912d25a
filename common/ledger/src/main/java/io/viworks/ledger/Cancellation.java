package io.viworks.ledger;

import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.frame.BridgeFrame.CancelMode;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Cancels commands (spec 3.5), for a caller who holds their gateways' locks and a transaction. Any
 * number of them: three statements in all.
 */
final class Cancellation {
    private final JdbcClient jdbc;
    private final LedgerLimits limits;

    Cancellation(JdbcClient jdbc, LedgerLimits limits) {
        this.jdbc = jdbc;
        this.limits = limits;
    }

    /** What has to be known of a row. */
    private record Cancellable(
            Moved as,
            boolean out,
            boolean requested,
            boolean cancels,
            @Nullable InstanceUid instance,
            Instant expiresAt,
            Instant now) {
        CorrelationId id() {
            return as.correlationId();
        }

        AgentId agent() {
            return as.agentId();
        }

        Moved cancelled() {
            return new Moved(
                    as.correlationId(),
                    as.agentId(),
                    as.verb(),
                    CommandState.CANCELLED,
                    as.attempt(),
                    as.batchId(),
                    EndedBy.LEDGER,
                    as.errorCode());
        }

        /** Whether its journal is the one that is connected. */
        boolean isHere(@Nullable Owner owner) {
            return owner != null
                    && instance != null
                    && Objects.equals(owner.instanceUid(), instance);
        }
    }

    /**
     * Cancels each of these commands, or asks its agent to.
     *
     * @param commands with the gateway each must be of
     */
    Map<CorrelationId, CancelAnswer> cancel(
            Map<CorrelationId, AgentId> commands, String by, Map<AgentId, Owner> owners) {
        Map<CorrelationId, CancelAnswer> answers = new LinkedHashMap<>();
        List<CorrelationId> ended = new ArrayList<>();
        List<Cancellable> requested = new ArrayList<>();
        for (Cancellable row : cancellable(commands)) {
            Owner owner = owners.get(row.agent());
            CancelAnswer answer = answer(row, owner);
            answers.put(row.id(), answer);
            switch (answer) {
                case CancelAnswer.Ended _ -> ended.add(row.id());
                case CancelAnswer.Requested _ -> {
                    if (!row.requested()) {
                        requested.add(row);
                    }
                }
                case CancelAnswer.NotCancellable _,
                        CancelAnswer.AlreadyEnded _,
                        CancelAnswer.Unknown _ -> {}
            }
        }
        end(ended, by);
        request(requested, by, owners);
        commands.keySet().forEach(id -> answers.putIfAbsent(id, new CancelAnswer.Unknown()));
        return answers;
    }

    private static CancelAnswer answer(Cancellable row, @Nullable Owner owner) {
        if (row.as().state().terminal()) {
            return new CancelAnswer.AlreadyEnded(row.as().state());
        }
        if (!row.out()) {
            return new CancelAnswer.Ended(row.cancelled());
        }
        if (!row.cancels()) {
            return new CancelAnswer.NotCancellable(row.as().state());
        }
        return new CancelAnswer.Requested(
                row.isHere(owner) && !row.requested()
                        ? new StreamRecord.Cancel(
                                row.agent(),
                                row.now(),
                                row.id(),
                                row.expiresAt(),
                                CancelMode.STOP,
                                row.instance())
                        : null,
                row.as());
    }

    private List<Cancellable> cancellable(Map<CorrelationId, AgentId> commands) {
        return jdbc.sql(
                        """
                        select %s, c.attempt > c.released as is_out,
                               c.cancel_requested_at is not null as requested,
                               c.cancellable
                               or coalesce(not c.plain and c.instance_uid = g.instance_uid
                                           and jsonb_exists(g.features, 'cancel'), false)
                                   as cancels,
                               c.instance_uid, c.expires_at, now() as now
                        from unnest(cast(:ids as uuid[]), cast(:agents as text[]))
                             as asked (correlation_id, agent_id)
                        join agent_commands c using (correlation_id, agent_id)
                        left join os_gateways g using (agent_id)
                        order by c.correlation_id
                        for update of c
                        """
                                .formatted(Sql.MOVED))
                .param("ids", Sql.column(commands.keySet(), CorrelationId::value))
                .param("agents", Sql.column(commands.values(), AgentId::value))
                .query((row, _) -> cancellable(row))
                .list();
    }

    private static Cancellable cancellable(ResultSet row) throws SQLException {
        UUID instance = row.getObject("instance_uid", UUID.class);
        return new Cancellable(
                Sql.moved(row),
                row.getBoolean("is_out"),
                row.getBoolean("requested"),
                row.getBoolean("cancels"),
                instance == null ? null : new InstanceUid(instance),
                Sql.instant(row, "expires_at"),
                Sql.instant(row, "now"));
    }

    private void end(List<CorrelationId> ids, String by) {
        if (ids.isEmpty()) {
            return;
        }
        jdbc.sql(
                        """
                        update agent_commands
                        set state = 'CANCELLED', ended_by = 'ledger', finished_at = now(),
                            cancel_requested_at = coalesce(cancel_requested_at, now()),
                            cancel_requested_by = coalesce(cancel_requested_by, :by), sealed = null
                        where correlation_id = any (cast(:ids as uuid[])) and state = 'QUEUED'
                          and attempt = released
                        """)
                .param("ids", Sql.column(ids, CorrelationId::value))
                .param("by", by)
                .update();
    }

    private void request(List<Cancellable> rows, String by, Map<AgentId, Owner> owners) {
        if (rows.isEmpty()) {
            return;
        }
        jdbc.sql(
                        """
                        update agent_commands c
                        set cancel_requested_at = now(), cancel_requested_by = :by,
                            signals = case when r.asked then 1 else 0 end,
                            next_signal_at = case when r.asked then now() + %s end
                        from unnest(cast(:ids as uuid[]), cast(:asked as boolean[]))
                             as r (correlation_id, asked)
                        where c.correlation_id = r.correlation_id and c.finished_at is null
                          and c.cancel_requested_at is null
                        """
                                .formatted(Pause.after("0", limits)))
                .param("ids", Sql.column(rows, Cancellable::id))
                .param("asked", Sql.column(rows, row -> row.isHere(owners.get(row.agent()))))
                .param("by", by)
                .update();
    }
}
