package io.viworks.ledger;

import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamRecord.Payload;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionOperations;

/**
 * The ledger as its callers use it: commands are accepted and cancelled here (spec 3.4, 3.5). Each
 * call is one transaction, or part of the caller's. Thread-safe.
 */
public final class Ledger {
    private final JdbcClient jdbc;
    private final TransactionOperations transaction;
    private final LedgerLimits limits;
    private final GatewayLock lock;
    private final Dispatch dispatch;
    private final Cancellation cancellation;

    public Ledger(JdbcClient jdbc, TransactionOperations transaction, LedgerLimits limits) {
        this.jdbc = jdbc;
        this.transaction = transaction;
        this.limits = limits;
        this.lock = new GatewayLock(jdbc);
        this.dispatch = new Dispatch(jdbc, transaction, limits);
        this.cancellation = new Cancellation(jdbc, limits);
    }

    /**
     * Puts a command into the ledger: claimed when its gateway has an owner, nothing of it waits
     * and there is room; else waiting. What is claimed is to be written to {@code viw.commands}
     * after the commit.
     *
     * @param owner of the gateway as just read, null when there is none or Redis is away
     */
    public Accepted accept(NewCommand command, @Nullable Owner owner) {
        return Objects.requireNonNull(
                transaction.execute(_ -> {
                    lock.take(command.agentId());
                    Accepted before = acceptedBefore(command);
                    return before != null ? before : acceptNew(command, owner);
                }));
    }

    /** What an earlier request under the same names makes of this one; null when there is none. */
    private @Nullable Accepted acceptedBefore(NewCommand command) {
        Optional<Earlier> earlier = find(command.correlationId());
        if (earlier.isEmpty() && command.idempotencyKey() != null) {
            earlier = findByKey(command);
        }
        return earlier.map(row -> row.answerTo(command)).orElse(null);
    }

    private record Earlier(LedgerEntry entry, String issuedBy, @Nullable Bytes hash) {
        Accepted answerTo(NewCommand command) {
            boolean same =
                    hash != null
                            && command.requestHashes().contains(hash)
                            && issuedBy.equals(command.issuedBy())
                            && entry.agentId().equals(command.agentId());
            return same ? new Accepted.Duplicate(entry) : new Accepted.Conflict();
        }
    }

    private static final String ENTRY =
            """
            correlation_id, agent_id, verb, state, attempt, released, issued_at, expires_at,
            issued_by_admin_id, request_hash
            """;

    private Optional<Earlier> find(CorrelationId id) {
        return jdbc.sql("select %s from agent_commands where correlation_id = :id".formatted(ENTRY))
                .param("id", id.value())
                .query((row, _) -> earlier(row))
                .optional();
    }

    /** Frees the name when it is older than it is kept. */
    private Optional<Earlier> findByKey(NewCommand command) {
        jdbc.sql(
                        """
                        update agent_commands set idempotency_key = null
                        where issued_by_admin_id = :by and agent_id = :agent
                          and idempotency_key = :key
                          and issued_at < now() - interval '%d s'
                        """
                                .formatted(LedgerLimits.KEY_KEPT.toSeconds()))
                .param("by", command.issuedBy())
                .param("agent", command.agentId().value())
                .param("key", command.idempotencyKey())
                .update();
        return jdbc.sql(
                        """
                        select %s from agent_commands
                        where issued_by_admin_id = :by and agent_id = :agent
                          and idempotency_key = :key
                        """
                                .formatted(ENTRY))
                .param("by", command.issuedBy())
                .param("agent", command.agentId().value())
                .param("key", command.idempotencyKey())
                .query((row, _) -> earlier(row))
                .optional();
    }

    private static Earlier earlier(ResultSet row) throws SQLException {
        return new Earlier(
                new LedgerEntry(
                        Sql.correlationId(row),
                        Sql.agentId(row),
                        row.getString("verb"),
                        CommandState.valueOf(row.getString("state")),
                        row.getInt("attempt"),
                        row.getInt("released"),
                        Sql.instant(row, "issued_at"),
                        Sql.instant(row, "expires_at")),
                row.getString("issued_by_admin_id"),
                bytes(row.getBytes("request_hash")));
    }

    private static @Nullable Bytes bytes(byte @Nullable [] value) {
        return value == null ? null : Bytes.of(value);
    }

    /** How things stand at a gateway. What has expired waits for nothing but the sweep. */
    private record Queue(int waiting, int room, boolean cancels) {}

    private Accepted acceptNew(NewCommand command, @Nullable Owner owner) {
        Queue queue = queue(command.agentId());
        boolean claimed = owner != null && queue.waiting() == 0 && queue.room() > 0;
        if (!claimed && command.delivery() == Delivery.IMMEDIATE) {
            return owner == null ? new Accepted.AgentOffline() : new Accepted.AgentBusy();
        }
        if (!claimed && queue.waiting() >= limits.queueMax()) {
            return new Accepted.QueueFull(queue.waiting());
        }
        InstanceUid instance = claimed ? Objects.requireNonNull(owner).instanceUid() : null;
        Optional<Instant> sentAt = insert(command, claimed, instance, queue.cancels());
        if (sentAt.isEmpty()) {
            return find(command.correlationId())
                    .<Accepted>map(row -> row.answerTo(command))
                    .orElseGet(Accepted.Conflict::new);
        }
        return claimed
                ? new Accepted.Claimed(
                        StreamRecord.Command.unsent(
                                command.agentId(),
                                sentAt.get(),
                                command.correlationId(),
                                1,
                                instance,
                                command.payload(),
                                command.traceparent()))
                : new Accepted.Waiting();
    }

    private Queue queue(AgentId agent) {
        return jdbc.sql(
                        """
                        select (select count(*) from agent_commands c
                                where c.agent_id = :agent and c.finished_at is null
                                  and c.state = 'QUEUED' and c.attempt = c.released
                                  and now() < c.expires_at) as waiting,
                               least(:max_inflight, coalesce(g.max_concurrency, :max_inflight))
                               - (select count(*) from agent_commands c
                                  where c.agent_id = :agent and %s) as room,
                               coalesce(jsonb_exists(g.features, 'cancel'), false) as cancels
                        from (select cast(:agent as text) as agent_id) a
                        left join os_gateways g using (agent_id)
                        """
                                .formatted(Claims.COUNTS))
                .param("agent", agent.value())
                .param("max_inflight", limits.maxInflight())
                .query((row, _) ->
                        new Queue(
                                row.getInt("waiting"),
                                row.getInt("room"),
                                row.getBoolean("cancels")))
                .single();
    }

    /** Empty when the command's id was taken by a request for another gateway meanwhile. */
    private Optional<Instant> insert(
            NewCommand command, boolean claimed, @Nullable InstanceUid instance, boolean cancels) {
        Payload payload = command.payload();
        return jdbc.sql(
                        """
                        insert into agent_commands
                            (correlation_id, agent_id, verb, args, envelope, sealed, jws,
                             traceparent, origin, delivery, state, attempt, plain, cancellable,
                             instance_uid, sent_at, next_send_at, idempotency_key, request_hash,
                             batch_id, issued_by_admin_id, issued_at, expires_at, ends_by,
                             timeout_s)
                        values
                            (:id, :agent, :verb, cast(:args as jsonb), :envelope, :sealed, :jws,
                             :traceparent, 'api', :delivery, 'QUEUED', :attempt, :plain,
                             :cancellable, cast(:instance as uuid),
                             case when :claimed then now() end,
                             case when :claimed then now() + %s else now() end,
                             :key, :hash, cast(:batch as uuid), :by, :issued, :expires, :ends,
                             :timeout)
                        on conflict (correlation_id) do nothing
                        returning coalesce(sent_at, now()) as sent_at
                        """
                                .formatted(Pause.after("0", limits)))
                .param("id", command.correlationId().value())
                .param("agent", command.agentId().value())
                .param("verb", command.verb())
                .param("args", command.args())
                .param(
                        "envelope",
                        payload instanceof Payload.Clear clear ? clear.envelope().array() : null,
                        java.sql.Types.BINARY)
                .param(
                        "sealed",
                        payload instanceof Payload.Sealed sealed ? sealed.sealed().array() : null,
                        java.sql.Types.BINARY)
                .param("jws", payload instanceof Payload.Clear clear ? clear.jws() : null)
                .param("traceparent", command.traceparent())
                .param("delivery", command.delivery().name())
                .param("attempt", claimed ? 1 : 0)
                .param("plain", claimed && instance == null)
                .param("cancellable", claimed && instance != null && cancels)
                .param("instance", instance == null ? null : instance.toString())
                .param("claimed", claimed)
                .param("key", command.idempotencyKey())
                .param("hash", command.requestHash().array())
                .param("batch", command.batchId() == null ? null : command.batchId().toString())
                .param("by", command.issuedBy())
                .param("issued", Sql.at(command.issuedAt()))
                .param("expires", Sql.at(command.expiresAt()))
                .param(
                        "ends",
                        Sql.at(
                                command.expiresAt()
                                        .plusSeconds(command.timeoutS())
                                        .plus(limits.outcomeGrace())))
                .param("timeout", command.timeoutS())
                .query((row, _) -> Sql.instant(row, "sent_at"))
                .optional();
    }

    /**
     * Takes back the first attempt of a command whose record was certainly never written (spec
     * 3.4): an IMMEDIATE one has ended by that, any other waits.
     */
    public void unsent(AgentId agent, CorrelationId command) {
        transaction.executeWithoutResult(_ -> {
            lock.take(agent);
            boolean _ = dispatch.unsent(agent, command, 1);
            jdbc.sql(
                            """
                            update agent_commands
                            set state = 'REJECTED', ended_by = 'ledger', finished_at = now(),
                                reason = 'offline', sealed = null
                            where correlation_id = :id and agent_id = :agent
                              and delivery = 'IMMEDIATE' and state = 'QUEUED'
                              and attempt = released and attempt > 0
                            """)
                    .param("id", command.value())
                    .param("agent", agent.value())
                    .update();
        });
    }

    /**
     * Cancels a command: at once when no copy is out, else by asking the agent.
     *
     * @param by who asks
     * @param owner of the gateway as just read, null when there is none or Redis is away
     */
    public CancelAnswer cancel(AgentId agent, CorrelationId id, String by, @Nullable Owner owner) {
        return Objects.requireNonNull(
                transaction.execute(_ -> {
                    lock.take(agent);
                    return cancellation.cancel(agent, id, by, owner);
                }));
    }
}
