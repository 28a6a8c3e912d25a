package io.viworks.admin.command;

import io.viworks.admin.sql.Columns;
import io.viworks.ledger.Delivery;
import io.viworks.ledger.LedgerLimits;
import io.viworks.ledger.Sql;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * The rows of {@code command_batches}: what the commands of a batch do not say themselves. Whoever
 * works on one holds it for {@link #LEASE} at a time; when he dies, whoever repeats the request
 * goes on with what is left. Thread-safe.
 */
@Component
final class Batches {
    /** How long nothing may be heard of who works on a batch before another may. */
    static final Duration LEASE = Duration.ofSeconds(30);

    private static final String COLUMNS =
            """
            b.batch_id, b.issued_by, b.request_hash, b.verb, b.args, b.delivery, b.issued_at,
            b.total, b.agent_ids, b.refused, b.finished_at, b.cancel_requested_at,
            b.cancel_requested_by
            """;

    private final JdbcClient jdbc;
    private final Columns columns;

    Batches(JdbcClient jdbc, Columns columns) {
        this.jdbc = jdbc;
        this.columns = columns;
    }

    /**
     * One of them.
     *
     * @param agents all its gateways while it is worked on; empty once it is finished
     * @param refused gateway to the code of its refusal
     */
    record Batch(
            UUID id,
            String issuedBy,
            Bytes hash,
            String verb,
            Map<String, Object> arguments,
            String delivery,
            Instant issuedAt,
            int total,
            List<AgentId> agents,
            Map<String, Object> refused,
            @Nullable Instant finishedAt,
            @Nullable Instant cancelRequestedAt,
            @Nullable String cancelRequestedBy) {}

    /** What a new batch is. */
    record NewBatch(
            UUID id,
            UUID runner,
            String issuedBy,
            Optional<String> key,
            Bytes hash,
            String verb,
            String maskedArguments,
            Delivery delivery,
            Collection<AgentId> agents) {}

    /** The batch that this caller made under this name within the time that names are kept. */
    Optional<Batch> find(String issuedBy, String key) {
        jdbc.sql(
                        """
                        update command_batches set idempotency_key = null
                        where issued_by = :by and idempotency_key = :key
                          and issued_at < now() - interval '%d s'
                        """
                                .formatted(LedgerLimits.KEY_KEPT.toSeconds()))
                .param("by", issuedBy)
                .param("key", key)
                .update();
        return jdbc.sql(
                        "select %s from command_batches b where issued_by = :by and idempotency_key = :key"
                                .formatted(COLUMNS))
                .param("by", issuedBy)
                .param("key", key)
                .query((row, _) -> batch(row))
                .optional();
    }

    /** The batch of this id, whosever it is. */
    Optional<Batch> find(UUID id) {
        return jdbc.sql("select %s from command_batches b where batch_id = :id".formatted(COLUMNS))
                .param("id", id)
                .query((row, _) -> batch(row))
                .optional();
    }

    /** Adds a batch, held by its runner; false when its name was taken meanwhile. */
    boolean add(NewBatch batch) {
        return jdbc.sql(
                                """
                                insert into command_batches
                                    (batch_id, issued_by, idempotency_key, request_hash, verb,
                                     args, delivery, total, agent_ids, runner, running_until)
                                values (:id, :by, :key, :hash, :verb, cast(:args as jsonb),
                                        :delivery, cardinality(cast(:agents as text[])),
                                        cast(:agents as text[]), :runner, now() + %s)
                                on conflict (issued_by, idempotency_key)
                                    where idempotency_key is not null do nothing
                                """
                                        .formatted(lease()))
                        .param("id", batch.id())
                        .param("by", batch.issuedBy())
                        .param("key", batch.key().orElse(null))
                        .param("hash", batch.hash().array())
                        .param("verb", batch.verb())
                        .param("args", batch.maskedArguments())
                        .param("delivery", batch.delivery().name())
                        .param("agents", Sql.column(batch.agents(), AgentId::value))
                        .param("runner", batch.runner())
                        .update()
                == 1;
    }

    /** Takes a batch over from a runner that is silent; false when it is held or finished. */
    boolean takeOver(UUID id, UUID runner) {
        return jdbc.sql(
                                """
                                update command_batches
                                set runner = :runner, running_until = now() + %s
                                where batch_id = :id and finished_at is null
                                  and running_until <= clock_timestamp()
                                """
                                        .formatted(lease()))
                        .param("id", id)
                        .param("runner", runner)
                        .update()
                == 1;
    }

    /** Whether a runner may go on. */
    enum Hold {
        /** It may. */
        HELD,
        /** Somebody has asked for the batch to be cancelled. */
        CANCELLED,
        /** Another works on it. */
        LOST
    }

    /** Holds the batch on; its row is locked until the end of the transaction. */
    Hold hold(UUID id, UUID runner) {
        return jdbc.sql(
                        """
                        update command_batches set running_until = clock_timestamp() + %s
                        where batch_id = :id and runner = :runner and finished_at is null
                        returning cancel_requested_at is not null as cancelled
                        """
                                .formatted(lease()))
                .param("id", id)
                .param("runner", runner)
                .query((row, _) -> row.getBoolean("cancelled") ? Hold.CANCELLED : Hold.HELD)
                .optional()
                .orElse(Hold.LOST);
    }

    /** Lets go of a batch that is not finished, so that whoever repeats the request goes on. */
    void letGo(UUID id, UUID runner) {
        jdbc.sql(
                        """
                        update command_batches set running_until = clock_timestamp()
                        where batch_id = :id and runner = :runner and finished_at is null
                        """)
                .param("id", id)
                .param("runner", runner)
                .update();
    }

    /** Keeps refusals, in the transaction that has judged these gateways. */
    void refuse(UUID id, Map<AgentId, String> codes) {
        if (codes.isEmpty()) {
            return;
        }
        Map<String, String> refused = new TreeMap<>();
        codes.forEach((agent, code) -> refused.put(agent.value(), code));
        jdbc.sql(
                        """
                        update command_batches set refused = refused || cast(:refused as jsonb)
                        where batch_id = :id
                        """)
                .param("id", id)
                .param("refused", columns.text(refused))
                .update();
    }

    /** Every gateway is in the ledger, or refused. */
    void finish(UUID id, UUID runner) {
        jdbc.sql(
                        """
                        update command_batches set finished_at = now(), agent_ids = null
                        where batch_id = :id and runner = :runner and finished_at is null
                        """)
                .param("id", id)
                .param("runner", runner)
                .update();
    }

    /** Has the runner refuse what is left. */
    void requestCancel(UUID id, String by) {
        jdbc.sql(
                        """
                        update command_batches
                        set cancel_requested_at = now(), cancel_requested_by = :by
                        where batch_id = :id and cancel_requested_at is null
                        """)
                .param("id", id)
                .param("by", by)
                .update();
    }

    /** Those of its gateways that have their command, with its id, by gateway. */
    Map<String, String> accepted(UUID id) {
        Map<String, String> accepted = new TreeMap<>();
        jdbc.sql("select agent_id, correlation_id from agent_commands where batch_id = :id")
                .param("id", id)
                .query((row, _) ->
                        accepted.put(row.getString("agent_id"), row.getString("correlation_id")))
                .list();
        return accepted;
    }

    /** The gateways that are neither in the ledger nor refused yet, in their order. */
    List<AgentId> left(Batch batch) {
        Set<String> done = new HashSet<>(accepted(batch.id()).keySet());
        done.addAll(batch.refused().keySet());
        return batch.agents().stream().filter(agent -> !done.contains(agent.value())).toList();
    }

    private Batch batch(ResultSet row) throws SQLException {
        return new Batch(
                row.getObject("batch_id", UUID.class),
                row.getString("issued_by"),
                Bytes.of(row.getBytes("request_hash")),
                row.getString("verb"),
                columns.object(row, "args"),
                row.getString("delivery"),
                Objects.requireNonNull(Columns.instant(row, "issued_at")),
                row.getInt("total"),
                Columns.texts(row, "agent_ids").stream().map(AgentId::of).toList(),
                columns.object(row, "refused"),
                Columns.instant(row, "finished_at"),
                Columns.instant(row, "cancel_requested_at"),
                row.getString("cancel_requested_by"));
    }

    private static String lease() {
        return "interval '" + LEASE.toSeconds() + " s'";
    }
}
