package io.viworks.admin.command;

import io.viworks.admin.command.Batches.Batch;
import io.viworks.admin.gateway.Visibility;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.sql.Columns;
import io.viworks.admin.sql.Conditions;
import io.viworks.admin.token.Caller;
import io.viworks.ledger.CommandState;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Reads batches and their commands as far as a caller may see them. Thread-safe. */
@Component
final class BatchRows {
    private final JdbcClient jdbc;
    private final Batches batches;

    BatchRows(JdbcClient jdbc, Batches batches) {
        this.jdbc = jdbc;
        this.batches = batches;
    }

    /** How many commands are in a state, and when the last of them ended. */
    private record Count(String state, int count, @Nullable Instant lastEnded) {}

    /**
     * The batch, counted from its rows.
     *
     * @throws Refusal {@link ProblemCode#UNKNOWN_BATCH} also when the caller may see nothing of it
     */
    BatchView view(Caller caller, UUID id) {
        Batch batch = batches.find(id).orElseThrow(() -> unknown(id));
        List<Count> counts = counts(caller, id);
        Map<String, Integer> states = new TreeMap<>();
        counts.forEach(count -> states.put(count.state(), count.count()));
        boolean whole = seesWhole(caller, batch);
        if (!whole && states.isEmpty()) {
            throw unknown(id);
        }
        int seen = states.values().stream().mapToInt(Integer::intValue).sum();
        return new BatchView(
                id,
                batch.verb(),
                batch.arguments(),
                batch.delivery(),
                batch.issuedBy(),
                batch.issuedAt(),
                batch.finishedAt(),
                whole ? batch.total() : seen,
                states,
                open(states),
                whole ? refused(batch) : Map.of(),
                counts.stream()
                        .map(Count::lastEnded)
                        .filter(java.util.Objects::nonNull)
                        .max(Instant::compareTo)
                        .orElse(null),
                batch.cancelRequestedAt(),
                batch.cancelRequestedBy());
    }

    /** Whether the caller may see every gateway, or has named them himself. */
    boolean seesWhole(Caller caller, Batch batch) {
        return caller.mayUse(batch.verb())
                && (caller.seesAllSites() || caller.name().equals(batch.issuedBy()));
    }

    /** The refusal for a batch that does not exist for the caller. */
    static Refusal unknown(UUID id) {
        return Refusal.of(ProblemCode.UNKNOWN_BATCH, "there is no batch " + id);
    }

    private static int open(Map<String, Integer> states) {
        return states.entrySet().stream()
                .filter(state -> !CommandState.valueOf(state.getKey()).terminal())
                .mapToInt(Map.Entry::getValue)
                .sum();
    }

    private static Map<String, Integer> refused(Batch batch) {
        Map<String, Integer> codes = new TreeMap<>();
        batch.refused()
                .values()
                .forEach(code -> codes.merge(String.valueOf(code), 1, Integer::sum));
        return codes;
    }

    private List<Count> counts(Caller caller, UUID id) {
        Conditions where = ofBatch(caller, id);
        return jdbc.sql(
                        """
                        select c.state, count(*) as count, max(c.finished_at) as last_ended
                        from agent_commands c left join os_gateways g using (agent_id)
                        where %s
                        group by c.state
                        """
                                .formatted(where.sql()))
                .params(where.parameters())
                .query((row, _) ->
                        new Count(
                                row.getString("state"),
                                row.getInt("count"),
                                Columns.instant(row, "last_ended")))
                .list();
    }

    /** Its commands that have not ended, behind a gateway, by gateway. */
    Map<CorrelationId, AgentId> open(Caller caller, UUID id, String after, int most) {
        Conditions where = ofBatch(caller, id);
        where.and("c.finished_at is null").and("c.agent_id > :after", "after", after);
        Map<CorrelationId, AgentId> open = new LinkedHashMap<>();
        jdbc.sql(
                        """
                        select c.correlation_id, c.agent_id
                        from agent_commands c left join os_gateways g using (agent_id)
                        where %s
                        order by c.agent_id
                        limit %d
                        """
                                .formatted(where.sql(), most))
                .params(where.parameters())
                .query((row, _) ->
                        open.put(
                                new CorrelationId(row.getObject("correlation_id", UUID.class)),
                                AgentId.of(row.getString("agent_id"))))
                .list();
        return open;
    }

    private static Conditions ofBatch(Caller caller, UUID id) {
        return Visibility.ofCommands(caller, new Conditions())
                .and("c.batch_id = :batch_id", "batch_id", id);
    }
}
