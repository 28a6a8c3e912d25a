package io.viworks.ledger;

import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.InstanceUid;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The claim (spec 3.4): only who has claimed an attempt may write its record. The caller holds the
 * gateways' locks; what it claims it sends after the commit.
 */
final class Claims {
    /**
     * A row counts against its gateway's room while it is out and its run may still be going on, so
     * that a hung command does not block a gateway.
     */
    static final String COUNTS =
            """
            (c.finished_at is null and c.attempt > c.released
             and greatest(c.sent_at, c.dispatched_at, c.acked_at)
                 + c.timeout_s * interval '1 s' + interval '%d ms' > now())
            """
                    .formatted(LedgerLimits.RUN_MARGIN.toMillis());

    private final JdbcClient jdbc;
    private final LedgerLimits limits;

    Claims(JdbcClient jdbc, LedgerLimits limits) {
        this.jdbc = jdbc;
        this.limits = limits;
    }

    /**
     * Claims what is next for these gateways, in the order issued, as far as there is room.
     *
     * @param owners of the gateways, as just read
     * @param streamTime up to which every result has been handled
     */
    List<StreamRecord.Command> claim(Map<AgentId, Owner> owners, Instant streamTime) {
        List<Map.Entry<AgentId, Owner>> asked = List.copyOf(owners.entrySet());
        return jdbc
                .sql(
                        """
                        with owned as materialized (
                            select o.agent_id, o.instance_uid, o.instance_uid is null as plain,
                                   coalesce(o.instance_uid is not null
                                            and jsonb_exists(g.features, 'cancel'), false)
                                       as cancellable,
                                   least(:max_inflight, coalesce(g.max_concurrency, :max_inflight))
                                   - (select count(*) from agent_commands c
                                      where c.agent_id = o.agent_id and %1$s) as room
                            from unnest(cast(:agents as text[]), cast(:instances as uuid[]))
                                 o (agent_id, instance_uid)
                            left join os_gateways g using (agent_id)),
                        due as materialized (
                            select c.correlation_id, o.instance_uid, o.plain, o.cancellable,
                                   c.attempt > c.released as silent,
                                   row_number() over (
                                       partition by c.agent_id, c.attempt > c.released
                                       order by c.issued_at, c.correlation_id) as place,
                                   o.room
                            from owned o join agent_commands c using (agent_id)
                            where c.finished_at is null and c.origin = 'api'
                              and c.state in ('QUEUED', 'DISPATCHED')
                              and c.cancel_requested_at is null and now() < c.expires_at
                              and c.next_send_at <= now()
                              and not (c.delivery = 'IMMEDIATE' and c.released > 0)
                              and (c.attempt = c.released
                                   or (not c.plain and c.instance_uid = o.instance_uid
                                       and :stream_time > c.sent_at + interval '%2$d ms'))),
                        chosen as materialized (
                            select c.correlation_id, d.instance_uid, d.plain, d.cancellable
                            from agent_commands c join due d using (correlation_id)
                            where d.silent or d.place <= d.room
                            order by c.correlation_id
                            for update of c)
                        update agent_commands c
                        set attempt = c.attempt + 1, sent_at = now(),
                            instance_uid = d.instance_uid, plain = d.plain,
                            cancellable = d.cancellable,
                            next_send_at = now() + %3$s
                        from chosen d
                        where c.correlation_id = d.correlation_id
                          and c.finished_at is null and c.state in ('QUEUED', 'DISPATCHED')
                          and c.cancel_requested_at is null and c.next_send_at <= now()
                          and (c.attempt = c.released or c.instance_uid = d.instance_uid)
                        returning c.correlation_id, c.agent_id, c.attempt, c.instance_uid,
                                  c.envelope, c.jws, c.sealed, c.traceparent, c.sent_at,
                                  c.issued_at
                        """
                                .formatted(
                                        COUNTS,
                                        limits.silence().toMillis(),
                                        Pause.after("c.attempt", limits)))
                .param("agents", Sql.column(asked, Map.Entry::getKey))
                .param("instances", Sql.column(asked, owner -> owner.getValue().instanceUid()))
                .param("max_inflight", limits.maxInflight())
                .param("stream_time", Sql.at(streamTime))
                .query((row, _) -> new Claimed(Sql.instant(row, "issued_at"), record(row)))
                .list()
                .stream()
                .sorted(java.util.Comparator.comparing(Claimed::issuedAt))
                .map(Claimed::record)
                .toList();
    }

    private record Claimed(Instant issuedAt, StreamRecord.Command record) {}

    private static StreamRecord.Command record(ResultSet row) throws SQLException {
        UUID instance = row.getObject("instance_uid", UUID.class);
        byte[] sealed = row.getBytes("sealed");
        return StreamRecord.Command.unsent(
                Sql.agentId(row),
                Sql.instant(row, "sent_at"),
                Sql.correlationId(row),
                row.getInt("attempt"),
                instance == null ? null : new InstanceUid(instance),
                sealed == null
                        ? new StreamRecord.Payload.Clear(
                                Bytes.of(row.getBytes("envelope")), row.getString("jws"))
                        : new StreamRecord.Payload.Sealed(Bytes.of(sealed)),
                row.getString("traceparent"));
    }
}
