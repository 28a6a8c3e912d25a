package io.viworks.ledger;

import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.frame.BridgeFrame.CancelMode;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Cancels commands (spec 3.5), for a caller who holds the gateway's lock and a transaction. */
final class Cancellation {
    private final JdbcClient jdbc;
    private final LedgerLimits limits;

    Cancellation(JdbcClient jdbc, LedgerLimits limits) {
        this.jdbc = jdbc;
        this.limits = limits;
    }

    /** What has to be known of a row. */
    private record Cancellable(
            CommandState state,
            String verb,
            boolean out,
            boolean requested,
            boolean cancels,
            @Nullable InstanceUid instance,
            Instant expiresAt,
            Instant now) {}

    CancelAnswer cancel(AgentId agent, CorrelationId id, String by, @Nullable Owner owner) {
        return cancellable(agent, id)
                .map(row -> cancel(agent, id, by, owner, row))
                .orElseGet(CancelAnswer.Unknown::new);
    }

    private Optional<Cancellable> cancellable(AgentId agent, CorrelationId id) {
        return jdbc.sql(
                        """
                        select c.state, c.verb, c.attempt > c.released as is_out,
                               c.cancel_requested_at is not null as requested,
                               c.cancellable
                               or coalesce(not c.plain and c.instance_uid = g.instance_uid
                                           and jsonb_exists(g.features, 'cancel'), false)
                                   as cancels,
                               c.instance_uid, c.expires_at, now() as now
                        from agent_commands c left join os_gateways g using (agent_id)
                        where c.correlation_id = :id and c.agent_id = :agent
                        for update of c
                        """)
                .param("id", id.value())
                .param("agent", agent.value())
                .query((row, _) -> {
                    UUID instance = row.getObject("instance_uid", UUID.class);
                    return new Cancellable(
                            CommandState.valueOf(row.getString("state")),
                            row.getString("verb"),
                            row.getBoolean("is_out"),
                            row.getBoolean("requested"),
                            row.getBoolean("cancels"),
                            instance == null ? null : new InstanceUid(instance),
                            Sql.instant(row, "expires_at"),
                            Sql.instant(row, "now"));
                })
                .optional();
    }

    private CancelAnswer cancel(
            AgentId agent, CorrelationId id, String by, @Nullable Owner owner, Cancellable row) {
        if (row.state().terminal()) {
            return new CancelAnswer.AlreadyEnded(row.state());
        }
        if (!row.out()) {
            end(agent, id, by);
            return new CancelAnswer.Ended(new Moved(id, agent, row.verb(), CommandState.CANCELLED));
        }
        if (!row.cancels()) {
            return new CancelAnswer.NotCancellable(row.state());
        }
        boolean here =
                owner != null
                        && row.instance() != null
                        && Objects.equals(owner.instanceUid(), row.instance());
        if (!row.requested()) {
            request(agent, id, by, here);
        }
        return new CancelAnswer.Requested(
                here && !row.requested()
                        ? new StreamRecord.Cancel(
                                agent,
                                row.now(),
                                id,
                                row.expiresAt(),
                                CancelMode.STOP,
                                row.instance())
                        : null);
    }

    private void end(AgentId agent, CorrelationId id, String by) {
        jdbc.sql(
                        """
                        update agent_commands
                        set state = 'CANCELLED', ended_by = 'ledger', finished_at = now(),
                            cancel_requested_at = coalesce(cancel_requested_at, now()),
                            cancel_requested_by = coalesce(cancel_requested_by, :by), sealed = null
                        where correlation_id = :id and agent_id = :agent and state = 'QUEUED'
                          and attempt = released
                        """)
                .param("id", id.value())
                .param("agent", agent.value())
                .param("by", by)
                .update();
    }

    private void request(AgentId agent, CorrelationId id, String by, boolean asked) {
        jdbc.sql(
                        """
                        update agent_commands
                        set cancel_requested_at = now(), cancel_requested_by = :by,
                            signals = case when :asked then 1 else 0 end,
                            next_signal_at = case when :asked then now() + %s end
                        where correlation_id = :id and agent_id = :agent and finished_at is null
                          and cancel_requested_at is null
                        """
                                .formatted(Pause.after("0", limits)))
                .param("id", id.value())
                .param("agent", agent.value())
                .param("by", by)
                .param("asked", asked)
                .update();
    }
}
