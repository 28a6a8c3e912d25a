package io.viworks.ledger;

import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamRecord.ReleaseReason;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.ExecutionId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.SessionId;
import io.viworks.protocol.frame.AgentFrame.JobState;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.verb.VerbCatalogue;
import io.viworks.testkit.TestPostgres;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.support.TransactionTemplate;

/** A ledger of a test's own, used as admin-api and results-writer use it, with their logins. */
final class LedgerFixture {
    static final AgentId AGENT = AgentId.of("gw-1");
    static final Instant ALL_HANDLED = Instant.parse("9999-01-01T00:00:00Z");

    /** As the owner of the database, for looking at it and for letting time pass. */
    final JdbcTemplate db;

    final LedgerLimits limits;
    final Ledger ledger;
    final Moves moves;
    final Dispatch dispatch;
    final Deadlines deadlines;

    LedgerFixture() {
        this(LedgerLimits.standard());
    }

    LedgerFixture(LedgerLimits limits) {
        this.limits = limits;
        TestPostgres.Database database = TestPostgres.shared().database();
        db = new JdbcTemplate(source(database));
        DriverManagerDataSource admin = source(database.as("admin_api"));
        DriverManagerDataSource writer = source(database.as("results_writer"));
        ledger = new Ledger(new JdbcTemplate(admin), transaction(admin), limits);
        JdbcClient jdbc = JdbcClient.create(writer);
        moves =
                new Moves(
                        new JdbcTemplate(writer),
                        transaction(writer),
                        limits,
                        VerbCatalogue.standard());
        dispatch = new Dispatch(jdbc, transaction(writer), limits);
        deadlines = new Deadlines(jdbc, transaction(writer));
    }

    private static DriverManagerDataSource source(TestPostgres.Database database) {
        return new DriverManagerDataSource(database.url(), database.user(), database.password());
    }

    private static TransactionTemplate transaction(DriverManagerDataSource source) {
        return new TransactionTemplate(new DataSourceTransactionManager(source));
    }

    /** An owner whose agent keeps a journal. */
    static Owner journalled() {
        return new Owner(
                new BridgeId(UUID.randomUUID()),
                new SessionId(UUID.randomUUID()),
                1,
                new InstanceUid(UUID.randomUUID()));
    }

    /** An owner whose agent keeps none. */
    static Owner plain() {
        return new Owner(
                new BridgeId(UUID.randomUUID()), new SessionId(UUID.randomUUID()), 1, null);
    }

    static CorrelationId id() {
        return new CorrelationId(UUID.randomUUID());
    }

    NewCommand command() {
        return command(AGENT, Delivery.QUEUE, null);
    }

    NewCommand command(AgentId agent, Delivery delivery, @Nullable String key) {
        return named(id(), agent, delivery, key, "hash");
    }

    NewCommand named(
            CorrelationId id, AgentId agent, Delivery delivery, @Nullable String key, String hash) {
        Instant now = Instant.now();
        return new NewCommand(
                id,
                agent,
                "echo",
                "{}",
                new StreamRecord.Payload.Clear(Bytes.utf8("{\"envelope\":1}"), null),
                null,
                delivery,
                key,
                Bytes.utf8(hash),
                null,
                "operator",
                "192.0.2.7",
                now,
                now.plusSeconds(60),
                30);
    }

    /** Accepts a command that goes out at once, as attempt 1. */
    CorrelationId sent(Owner owner) {
        return sent(command(), owner);
    }

    CorrelationId sent(NewCommand command, Owner owner) {
        Accepted accepted = ledger.accept(command, owner);
        if (!(accepted instanceof Accepted.Claimed)) {
            throw new AssertionError("not claimed but " + accepted);
        }
        return command.correlationId();
    }

    /** Accepts a command that waits: its gateway has no owner. */
    CorrelationId waiting() {
        NewCommand command = command();
        Accepted accepted = ledger.accept(command, null);
        if (!(accepted instanceof Accepted.Waiting)) {
            throw new AssertionError("does not wait but " + accepted);
        }
        return command.correlationId();
    }

    /** Sends what is due for the one gateway. */
    List<ToSend> next(Owner owner) {
        return dispatch.next(Map.of(AGENT, owner), ALL_HANDLED);
    }

    Moves.Applied apply(LedgerEvent... events) {
        try {
            return moves.apply(List.of(events));
        } catch (BadFrame e) {
            throw new AssertionError(e);
        }
    }

    static LedgerEvent dispatched(CorrelationId id, int attempt, Owner owner) {
        return new LedgerEvent.Dispatched(
                id, AGENT, attempt, owner.instanceUid(), Instant.now(), null);
    }

    static LedgerEvent released(CorrelationId id, int attempt, ReleaseReason reason) {
        return new LedgerEvent.Released(id, AGENT, attempt, reason, null, null);
    }

    static LedgerEvent acked(CorrelationId id, Owner owner) {
        return new LedgerEvent.Acknowledged(id, AGENT, owner.instanceUid(), Instant.now());
    }

    static LedgerEvent refused(CorrelationId id, int attempt, String code, Owner owner) {
        return new LedgerEvent.Refused(
                id, AGENT, owner.instanceUid(), attempt, code, "says why", null, Instant.now());
    }

    static LedgerEvent reported(CorrelationId id, JobState state, Owner owner) {
        return new LedgerEvent.Reported(id, AGENT, owner.instanceUid(), state, Instant.now());
    }

    static LedgerEvent finished(CorrelationId id, CommandState outcome) {
        return finished(id, outcome, UUID.randomUUID());
    }

    static LedgerEvent finished(CorrelationId id, CommandState outcome, UUID run) {
        boolean success = outcome == CommandState.SUCCEEDED;
        return new LedgerEvent.Finished(
                id,
                AGENT,
                new CommandResult(
                        new ExecutionId(run),
                        outcome,
                        success,
                        0,
                        "out",
                        "",
                        null,
                        false,
                        3,
                        0,
                        success ? null : "ExecFailed",
                        success ? null : "it failed",
                        Instant.now(),
                        Instant.now(),
                        1L),
                Instant.now());
    }

    CommandState state(CorrelationId id) {
        return CommandState.valueOf(column(id, "state"));
    }

    int attempt(CorrelationId id) {
        return Integer.parseInt(column(id, "attempt"));
    }

    int released(CorrelationId id) {
        return Integer.parseInt(column(id, "released"));
    }

    /** A column of the command's row as text; {@code "null"} when it is null. */
    String column(CorrelationId id, String name) {
        return String.valueOf(
                db.queryForObject(
                        "select %s::text from agent_commands where correlation_id = ?"
                                .formatted(name),
                        String.class,
                        id.value()));
    }

    long count(String query) {
        Long count = db.queryForObject(query, Long.class);
        return count == null ? -1 : count;
    }

    List<@Nullable String> alarms() {
        return db.queryForList("select type from agent_events order by id", String.class);
    }

    /** Lets time pass for everything in the ledger: each time it holds is so much longer ago. */
    void pass(Duration time) {
        db.update(
                """
                update agent_commands
                set sent_at = sent_at - d, next_send_at = next_send_at - d,
                    next_signal_at = next_signal_at - d, issued_at = issued_at - d,
                    expires_at = expires_at - d, ends_by = ends_by - d,
                    dispatched_at = dispatched_at - d, acked_at = acked_at - d,
                    finished_at = finished_at - d,
                    cancel_requested_at = cancel_requested_at - d
                from (select ? * interval '1 ms' as d) t
                """,
                time.toMillis());
    }

    /** What the gateway said of itself. */
    void gateway(String features, int maxConcurrency, Owner owner) {
        db.update(
                """
                insert into os_gateways (agent_id, features, max_concurrency, instance_uid)
                values (?, cast(? as jsonb), ?, cast(? as uuid))
                on conflict (agent_id) do update
                set features = excluded.features, max_concurrency = excluded.max_concurrency,
                    instance_uid = excluded.instance_uid
                """,
                AGENT.value(),
                features,
                maxConcurrency,
                String.valueOf(owner.instanceUid()));
    }
}
