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
 * What has to be said to agents about copies that are out (spec 3.5): CANCEL for a cancellation or
 * at the deadline, JOB_QUERY for a run that should have ended; with growing pauses, while the
 * gateway has an owner, and only to the journal the copy is at.
 */
final class Questions {
    private final JdbcClient jdbc;
    private final LedgerLimits limits;

    Questions(JdbcClient jdbc, LedgerLimits limits) {
        this.jdbc = jdbc;
        this.limits = limits;
    }

    /** What is due for a row. */
    private enum Kind {
        STOP,
        STOP_IF_NOT_STARTED,
        QUERY
    }

    private record Due(
            AgentId agentId,
            CorrelationId correlationId,
            Kind kind,
            @Nullable InstanceUid instance,
            Instant expiresAt,
            Instant now) {}

    /** What is due for the gateways of these owners; it is not due again before its pause. */
    List<ToSend> due(Map<AgentId, Owner> owners) {
        List<Map.Entry<AgentId, Owner>> asked =
                owners.entrySet().stream()
                        .filter(owner -> owner.getValue().instanceUid() != null)
                        .toList();
        if (asked.isEmpty()) {
            return List.of();
        }
        List<Due> due =
                jdbc.sql(
                                """
                                with chosen as materialized (
                                    select c.correlation_id,
                                           case when c.cancel_requested_at is not null then 'STOP'
                                                when %2$s then 'QUERY'
                                                else 'STOP_IF_NOT_STARTED' end as kind
                                    from unnest(cast(:agents as text[]),
                                                cast(:instances as uuid[]))
                                         o (agent_id, instance_uid)
                                    join agent_commands c using (agent_id)
                                    left join os_gateways g using (agent_id)
                                    where c.finished_at is null and c.attempt > c.released
                                      and c.instance_uid = o.instance_uid
                                      and (c.next_signal_at is null or c.next_signal_at <= now())
                                      and (c.cancel_requested_at is not null
                                           or %2$s
                                           or (c.expires_at <= now()
                                               and (c.cancellable
                                                    or coalesce(jsonb_exists(g.features,
                                                                             'cancel'), false))))
                                    order by c.correlation_id
                                    for update of c)
                                update agent_commands c
                                set signals = c.signals + 1, next_signal_at = now() + %1$s
                                from chosen d
                                where c.correlation_id = d.correlation_id
                                  and c.finished_at is null
                                returning c.agent_id, c.correlation_id, d.kind, c.instance_uid,
                                          c.expires_at, now() as now
                                """
                                        .formatted(Pause.after("c.signals", limits), OVERDUE))
                        .param("agents", Sql.column(asked, Map.Entry::getKey))
                        .param("instances", Sql.column(asked, o -> o.getValue().instanceUid()))
                        .query((row, _) -> due(row))
                        .list();
        return records(due, owners);
    }

    /** Acknowledged, and past the time its run may take. */
    static final String OVERDUE =
            """
            (c.state = 'ACKED'
             and c.acked_at + c.timeout_s * interval '1 s' + interval '%d ms' <= now())
            """
                    .formatted(LedgerLimits.RUN_MARGIN.toMillis());

    private static Due due(ResultSet row) throws SQLException {
        UUID instance = row.getObject("instance_uid", UUID.class);
        return new Due(
                Sql.agentId(row),
                Sql.correlationId(row),
                Kind.valueOf(row.getString("kind")),
                instance == null ? null : new InstanceUid(instance),
                Sql.instant(row, "expires_at"),
                Sql.instant(row, "now"));
    }

    private static List<ToSend> records(List<Due> due, Map<AgentId, Owner> owners) {
        List<ToSend> records = new ArrayList<>();
        Map<AgentId, List<Due>> queries = new LinkedHashMap<>();
        for (Due one : due) {
            switch (one.kind()) {
                case STOP -> records.add(cancel(one, owners, CancelMode.STOP));
                case STOP_IF_NOT_STARTED ->
                        records.add(cancel(one, owners, CancelMode.IF_NOT_STARTED));
                case QUERY ->
                        queries.computeIfAbsent(one.agentId(), _ -> new ArrayList<>()).add(one);
            }
        }
        queries.forEach((agent, asked) -> records.add(query(agent, asked, owners)));
        return records;
    }

    private static ToSend cancel(Due due, Map<AgentId, Owner> owners, CancelMode mode) {
        return new ToSend(
                Objects.requireNonNull(owners.get(due.agentId())).bridgeId(),
                new StreamRecord.Cancel(
                        due.agentId(),
                        due.now(),
                        due.correlationId(),
                        due.expiresAt(),
                        mode,
                        due.instance()));
    }

    private static ToSend query(AgentId agent, List<Due> asked, Map<AgentId, Owner> owners) {
        Due first = asked.getFirst();
        return new ToSend(
                Objects.requireNonNull(owners.get(agent)).bridgeId(),
                new StreamRecord.JobQuery(
                        agent,
                        first.now(),
                        asked.stream().map(Due::correlationId).toList(),
                        first.instance()));
    }
}
