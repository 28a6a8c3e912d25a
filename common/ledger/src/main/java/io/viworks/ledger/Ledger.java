package io.viworks.ledger;

import io.viworks.backplane.ownership.Owner;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionOperations;

/**
 * The ledger as its callers use it: commands are accepted and cancelled here (spec 3.4, 3.5). Each
 * call is one transaction, or part of the caller's. Thread-safe.
 */
public final class Ledger {
    private final JdbcOperations operations;
    private final JdbcClient jdbc;
    private final TransactionOperations transaction;
    private final GatewayLock lock;
    private final Admission admission;
    private final Dispatch dispatch;
    private final Cancellation cancellation;

    public Ledger(
            JdbcOperations operations, TransactionOperations transaction, LedgerLimits limits) {
        this.operations = operations;
        this.jdbc = JdbcClient.create(operations);
        this.transaction = transaction;
        this.lock = new GatewayLock(jdbc);
        this.admission = new Admission(jdbc, limits);
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
                    Found<?> found = find(command, NOTHING_ELSE);
                    return found.before().orElseGet(() -> accept(command, owner, found));
                }));
    }

    /**
     * What a new command finds at its gateway, under the gateway's lock.
     *
     * @param asked what the caller wanted to know along with it
     * @param before what an earlier request under the same names makes of this one
     */
    public record Found<T>(Optional<T> asked, Optional<Accepted> before, Admission.Queue queue) {}

    /**
     * Takes the gateway's lock for the caller's transaction and looks at what is there, in one
     * round trip: what others did under the lock before is seen.
     *
     * @param along what else is to be asked under the lock; its first row is the answer
     */
    public <T> Found<T> find(NewCommand command, Query<T> along) {
        RoundTrip trip = new RoundTrip();
        var _ = trip.ask(GatewayLock.taking(List.of(command.agentId())));
        RoundTrip.Answer<T> asked = trip.ask(along);
        List<RoundTrip.Answer<Earlier>> names = new ArrayList<>();
        names.add(trip.ask(byId(command.correlationId())));
        if (command.idempotencyKey() != null) {
            var _ = trip.ask(freeingKey(command));
            names.add(trip.ask(byKey(command)));
        }
        RoundTrip.Answer<Admission.Queue> queue = trip.ask(admission.asking(command.agentId()));
        trip.make(operations);
        return new Found<>(
                asked.first(),
                names.stream()
                        .flatMap(name -> name.first().stream())
                        .findFirst()
                        .map(earlier -> earlier.answerTo(command)),
                queue.rows().getFirst());
    }

    /**
     * Puts a command into the ledger as {@link #accept(NewCommand, Owner)} does, in the transaction
     * that found nothing {@code before} it.
     */
    public Accepted accept(NewCommand command, @Nullable Owner owner, Found<?> found) {
        AgentId agent = command.agentId();
        Accepted answer =
                admission
                        .accept(List.of(command), owners(agent, owner), List.of(found.queue()))
                        .get(agent);
        // Without one the id was taken by a request for another gateway meanwhile.
        return answer == null ? new Accepted.Conflict() : answer;
    }

    private static final Query<Boolean> NOTHING_ELSE =
            new Query<>("select true where false", Map.of(), (row, _) -> row.getBoolean(1));

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

    private static Query<Earlier> byId(CorrelationId id) {
        return new Query<>(
                "select %s from agent_commands where correlation_id = :id".formatted(ENTRY),
                Map.of("id", id.value()),
                (row, _) -> earlier(row));
    }

    private static Query<Earlier> byKey(NewCommand command) {
        return new Query<>(
                """
                select %s from agent_commands
                where issued_by_admin_id = :by and agent_id = :agent
                  and idempotency_key = :key
                """
                        .formatted(ENTRY),
                key(command),
                (row, _) -> earlier(row));
    }

    /** Frees the name when it is older than it is kept. */
    private static Query<CorrelationId> freeingKey(NewCommand command) {
        return new Query<>(
                """
                update agent_commands set idempotency_key = null
                where issued_by_admin_id = :by and agent_id = :agent
                  and idempotency_key = :key
                  and issued_at < now() - interval '%d s'
                returning correlation_id
                """
                        .formatted(LedgerLimits.KEY_KEPT.toSeconds()),
                key(command),
                (row, _) -> Sql.correlationId(row));
    }

    private static Map<String, ?> key(NewCommand command) {
        return Map.of(
                "by",
                command.issuedBy(),
                "agent",
                command.agentId().value(),
                "key",
                Objects.requireNonNull(command.idempotencyKey()));
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

    private static Map<AgentId, Owner> owners(AgentId agent, @Nullable Owner owner) {
        return owner == null ? Map.of() : Map.of(agent, owner);
    }

    /**
     * Takes the locks of these gateways for the caller's transaction, always in the same order: two
     * who do this never wait for each other. Until its end nobody else accepts, claims or cancels
     * for them.
     */
    public void hold(Collection<AgentId> agents) {
        lock.take(agents);
    }

    /**
     * Puts commands without an idempotency key into the ledger, each as {@link #accept} would: one
     * for a gateway, any number of gateways, in one transaction.
     *
     * @param owners of the gateways, as just read; one without has none, or Redis is away
     */
    public Map<AgentId, Accepted> acceptAll(List<NewCommand> commands, Map<AgentId, Owner> owners) {
        List<AgentId> agents = commands.stream().map(NewCommand::agentId).toList();
        if (new HashSet<>(agents).size() < agents.size()) {
            throw new IllegalArgumentException("there must be one command for a gateway only");
        }
        return Objects.requireNonNull(
                transaction.execute(_ -> {
                    lock.take(agents);
                    Map<AgentId, Accepted> answers =
                            new LinkedHashMap<>(admission.accept(commands, owners));
                    for (NewCommand command : commands) {
                        answers.computeIfAbsent(command.agentId(), _ -> before(command));
                    }
                    return answers;
                }));
    }

    /** Its id is that of another request, or of this one before. */
    private Accepted before(NewCommand command) {
        return byId(command.correlationId())
                .first(jdbc)
                .map(earlier -> earlier.answerTo(command))
                .orElseGet(Accepted.Conflict::new);
    }

    /**
     * Those of these gateways that would refuse one more command just now, with the refusal.
     * Changes nothing and locks nothing.
     */
    public Map<AgentId, Accepted> refusals(
            Collection<AgentId> agents, Delivery delivery, Map<AgentId, Owner> owners) {
        return admission.refusals(agents, delivery, owners);
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
                cancelAll(Map.of(id, agent), by, owners(agent, owner)).get(id));
    }

    /**
     * Cancels commands, each as {@link #cancel} would, in one transaction.
     *
     * @param commands with the gateway of each
     * @param owners of the gateways, as just read; one without has none, or Redis is away
     */
    public Map<CorrelationId, CancelAnswer> cancelAll(
            Map<CorrelationId, AgentId> commands, String by, Map<AgentId, Owner> owners) {
        return Objects.requireNonNull(
                transaction.execute(_ -> {
                    lock.take(commands.values());
                    return cancellation.cancel(commands, by, owners);
                }));
    }
}
