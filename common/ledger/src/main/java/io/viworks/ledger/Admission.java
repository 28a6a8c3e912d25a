package io.viworks.ledger;

import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamRecord.Payload;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Puts new commands into the ledger (spec 3.4), for a caller who holds their gateways' locks and a
 * transaction. One for each gateway, any number of gateways: two statements in all.
 */
final class Admission {
    private final JdbcClient jdbc;
    private final LedgerLimits limits;

    Admission(JdbcClient jdbc, LedgerLimits limits) {
        this.jdbc = jdbc;
        this.limits = limits;
    }

    /** How things stand at a gateway. What has expired waits for nothing but the sweep. */
    record Queue(AgentId agent, int waiting, int room, boolean cancels) {}

    /** A command that will be in the ledger, and how. */
    private record Taken(
            NewCommand command, boolean claimed, @Nullable InstanceUid instance, boolean cancels) {}

    /**
     * Takes each of these, or says why not. The answer for an id that is there already is absent:
     * another gateway has it.
     *
     * @param commands at most one for a gateway
     * @param owners of the gateways, as just read
     */
    Map<AgentId, Accepted> accept(List<NewCommand> commands, Map<AgentId, Owner> owners) {
        return accept(
                commands, owners, queues(commands.stream().map(NewCommand::agentId).toList()));
    }

    /** The same, with the queues that were read under the locks. */
    Map<AgentId, Accepted> accept(
            List<NewCommand> commands, Map<AgentId, Owner> owners, List<Queue> found) {
        Map<AgentId, Queue> queues =
                found.stream().collect(Collectors.toMap(Queue::agent, Function.identity()));
        Map<AgentId, Accepted> answers = new LinkedHashMap<>();
        List<Taken> taken = new ArrayList<>();
        for (NewCommand command : commands) {
            AgentId agent = command.agentId();
            Queue queue = Objects.requireNonNull(queues.get(agent));
            Owner owner = owners.get(agent);
            boolean claimed = isClaimed(queue, owner);
            Accepted refusal = refusal(queue, owner, command.delivery());
            if (refusal == null) {
                InstanceUid instance = claimed ? Objects.requireNonNull(owner).instanceUid() : null;
                taken.add(new Taken(command, claimed, instance, queue.cancels()));
            } else {
                answers.put(agent, refusal);
            }
        }
        Map<CorrelationId, Instant> inserted = insert(taken);
        for (Taken one : taken) {
            Instant sentAt = inserted.get(one.command().correlationId());
            if (sentAt != null) {
                answers.put(one.command().agentId(), answer(one, sentAt));
            }
        }
        return answers;
    }

    /** Those of these gateways that would refuse one more command now, and why. */
    Map<AgentId, Accepted> refusals(
            Collection<AgentId> agents, Delivery delivery, Map<AgentId, Owner> owners) {
        Map<AgentId, Accepted> refusals = new LinkedHashMap<>();
        for (Queue queue : queues(agents)) {
            Accepted refusal = refusal(queue, owners.get(queue.agent()), delivery);
            if (refusal != null) {
                refusals.put(queue.agent(), refusal);
            }
        }
        return refusals;
    }

    private static boolean isClaimed(Queue queue, @Nullable Owner owner) {
        return owner != null && queue.waiting() == 0 && queue.room() > 0;
    }

    private @Nullable Accepted refusal(Queue queue, @Nullable Owner owner, Delivery delivery) {
        if (isClaimed(queue, owner)) {
            return null;
        }
        if (delivery == Delivery.IMMEDIATE) {
            return owner == null ? new Accepted.AgentOffline() : new Accepted.AgentBusy();
        }
        return queue.waiting() >= limits.queueMax()
                ? new Accepted.QueueFull(queue.waiting())
                : null;
    }

    private static Accepted answer(Taken one, Instant sentAt) {
        NewCommand command = one.command();
        return one.claimed()
                ? new Accepted.Claimed(
                        StreamRecord.Command.unsent(
                                command.agentId(),
                                sentAt,
                                command.correlationId(),
                                1,
                                one.instance(),
                                command.payload(),
                                command.traceparent()))
                : new Accepted.Waiting();
    }

    private List<Queue> queues(Collection<AgentId> agents) {
        Query<Queue> query =
                asking(
                        "unnest(cast(:agents as text[]))",
                        "agents",
                        Sql.column(agents, AgentId::value));
        return jdbc.sql(query.sql()).params(query.parameters()).query(query.row()).list();
    }

    /** The queue of this gateway, always one row. */
    Query<Queue> asking(AgentId agent) {
        // not as an array of one: for arrays Postgres plans anew each time
        return asking("(values (cast(:agent as text)))", "agent", agent.value());
    }

    private Query<Queue> asking(String gateways, String name, Object value) {
        return new Query<>(
                """
                select a.agent_id,
                       (select count(*) from agent_commands c
                        where c.agent_id = a.agent_id and c.finished_at is null
                          and c.state = 'QUEUED' and c.attempt = c.released
                          and now() < c.expires_at) as waiting,
                       least(:max_inflight, coalesce(g.max_concurrency, :max_inflight))
                       - (select count(*) from agent_commands c
                          where c.agent_id = a.agent_id and %s) as room,
                       coalesce(jsonb_exists(g.features, 'cancel'), false) as cancels
                from %s as a (agent_id)
                left join os_gateways g using (agent_id)
                """
                        .formatted(Claims.COUNTS, gateways),
                Map.of(name, value, "max_inflight", limits.maxInflight()),
                (row, _) ->
                        new Queue(
                                Sql.agentId(row),
                                row.getInt("waiting"),
                                row.getInt("room"),
                                row.getBoolean("cancels")));
    }

    /**
     * Puts them in, each with its line of the audit log.
     *
     * @return when each was sent, or is counted from; without those whose id was taken meanwhile
     */
    private Map<CorrelationId, Instant> insert(List<Taken> taken) {
        Map<CorrelationId, Instant> inserted = new HashMap<>();
        if (taken.isEmpty()) {
            return inserted;
        }
        List<NewCommand> commands = taken.stream().map(Taken::command).toList();
        jdbc.sql(
                        """
                        with n as (
                            select *
                            from unnest(
                                cast(:ids as uuid[]), cast(:agents as text[]),
                                cast(:verbs as text[]), cast(:args as jsonb[]),
                                cast(:envelopes as text[]), cast(:sealed as text[]),
                                cast(:jws as text[]), cast(:traceparents as text[]),
                                cast(:deliveries as text[]), cast(:claimed as boolean[]),
                                cast(:instances as uuid[]), cast(:cancels as boolean[]),
                                cast(:keys as text[]), cast(:hashes as text[]),
                                cast(:batches as uuid[]), cast(:by as text[]),
                                cast(:addresses as text[]), cast(:issued as timestamptz[]),
                                cast(:expires as timestamptz[]), cast(:timeouts as integer[]))
                                as n (id, agent, verb, args, envelope, sealed, jws, traceparent,
                                      delivery, claimed, instance, cancels, key, hash, batch,
                                      by, address, issued, expires, timeout)),
                        taken as (
                            insert into agent_commands
                                (correlation_id, agent_id, verb, args, envelope, sealed, jws,
                                 traceparent, origin, delivery, state, attempt, plain,
                                 cancellable, instance_uid, sent_at, next_send_at,
                                 idempotency_key, request_hash, batch_id, issued_by_admin_id,
                                 issued_at, expires_at, ends_by, timeout_s)
                            select n.id, n.agent, n.verb, n.args, decode(n.envelope, 'base64'),
                                   decode(n.sealed, 'base64'), n.jws, n.traceparent, 'api',
                                   n.delivery, 'QUEUED', case when n.claimed then 1 else 0 end,
                                   n.claimed and n.instance is null,
                                   n.claimed and n.instance is not null and n.cancels,
                                   n.instance, case when n.claimed then now() end,
                                   case when n.claimed then now() + %s else now() end,
                                   n.key, decode(n.hash, 'base64'), n.batch, n.by, n.issued,
                                   n.expires,
                                   n.expires + n.timeout * interval '1 s' + interval '%d ms',
                                   n.timeout
                            from n
                            order by n.id
                            on conflict (correlation_id) do nothing
                            returning correlation_id, coalesce(sent_at, now()) as sent_at),
                        told as (
                            insert into audit_log
                                (ts, who, what, target, origin, outcome, detail)
                            select n.issued, n.by, 'command.accept', n.agent, n.address,
                                   'accepted',
                                   jsonb_strip_nulls(jsonb_build_object(
                                       'correlation_id', n.id, 'verb', n.verb,
                                       'delivery', n.delivery, 'batch_id', n.batch))
                            from n join taken on taken.correlation_id = n.id)
                        select correlation_id, sent_at from taken
                        """
                                .formatted(
                                        Pause.after("0", limits), limits.outcomeGrace().toMillis()))
                .param("ids", Sql.column(commands, NewCommand::correlationId))
                .param("agents", Sql.column(commands, NewCommand::agentId))
                .param("verbs", Sql.column(commands, NewCommand::verb))
                .param("args", Sql.column(commands, NewCommand::args))
                .param("envelopes", Sql.column(commands, Admission::envelope))
                .param("sealed", Sql.column(commands, Admission::sealed))
                .param("jws", Sql.column(commands, Admission::jws))
                .param("traceparents", Sql.column(commands, NewCommand::traceparent))
                .param("deliveries", Sql.column(commands, NewCommand::delivery))
                .param("claimed", Sql.column(taken, Taken::claimed))
                .param("instances", Sql.column(taken, Taken::instance))
                .param("cancels", Sql.column(taken, Taken::cancels))
                .param("keys", Sql.column(commands, NewCommand::idempotencyKey))
                .param("hashes", Sql.column(commands, one -> base64(one.requestHash().array())))
                .param("batches", Sql.column(commands, NewCommand::batchId))
                .param("by", Sql.column(commands, NewCommand::issuedBy))
                .param("addresses", Sql.column(commands, NewCommand::issuedFrom))
                .param("issued", Sql.column(commands, NewCommand::issuedAt))
                .param("expires", Sql.column(commands, NewCommand::expiresAt))
                .param("timeouts", Sql.column(commands, NewCommand::timeoutS))
                .query((row, _) ->
                        inserted.put(Sql.correlationId(row), Sql.instant(row, "sent_at")))
                .list();
        return inserted;
    }

    private static @Nullable String envelope(NewCommand command) {
        return command.payload() instanceof Payload.Clear clear
                ? base64(clear.envelope().array())
                : null;
    }

    private static @Nullable String jws(NewCommand command) {
        return command.payload() instanceof Payload.Clear clear ? clear.jws() : null;
    }

    private static @Nullable String sealed(NewCommand command) {
        return command.payload() instanceof Payload.Sealed sealed
                ? base64(sealed.sealed().array())
                : null;
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
