package io.viworks.ledger;

import io.viworks.backplane.ownership.Owner;
import io.viworks.protocol.AgentId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionOperations;

/**
 * The ends the clock brings (spec 3.5). A row that is out is never ended by the clock before
 * nothing can be heard of it any more. Each look ends at most {@link #MOST} rows and is to be
 * repeated. Thread-safe, and for as many processes as there are.
 */
public final class Deadlines {
    /** Rows ended by one statement. */
    public static final int MOST = 1_000;

    /**
     * A copy nobody has decided about for so long is not in the hands of a living bridge, nor of
     * those who settle what a dead one left.
     */
    static final Duration UNDECIDED = Duration.ofSeconds(90);

    private final JdbcClient jdbc;
    private final TransactionOperations transaction;

    public Deadlines(JdbcClient jdbc, TransactionOperations transaction) {
        this.jdbc = jdbc;
        this.transaction = transaction;
    }

    /** Ends what is not out and was cancelled or has become too late. */
    public List<Moved> endIdle() {
        return moved(
                """
                with due as materialized (
                    select correlation_id from agent_commands
                    where finished_at is null and state = 'QUEUED' and attempt = released
                      and (expires_at <= now() or cancel_requested_at is not null)
                    order by correlation_id
                    limit :most
                    for update skip locked)
                update agent_commands c
                set state = case when c.cancel_requested_at is not null then 'CANCELLED'
                                 else 'EXPIRED' end,
                    ended_by = 'ledger', finished_at = now(), sealed = null
                from due
                where c.correlation_id = due.correlation_id
                  and c.finished_at is null and c.state = 'QUEUED' and c.attempt = c.released
                """,
                Map.of());
    }

    /**
     * Ends what is out and can be waited for no longer.
     *
     * @param streamTime up to which every result has been handled: what is still to be read counts
     */
    public List<Moved> giveUp(Instant streamTime) {
        return moved(
                """
                with due as materialized (
                    select correlation_id from agent_commands
                    where finished_at is null and attempt > released
                      and ends_by < now() and ends_by < :stream_time
                    order by correlation_id
                    limit :most
                    for update skip locked)
                update agent_commands c
                set state = 'OUTCOME_UNKNOWN', ended_by = 'ledger', finished_at = now(),
                    reason = 'no word of it came in time', sealed = null
                from due
                where c.correlation_id = due.correlation_id
                  and c.finished_at is null and c.attempt > c.released
                """,
                Map.of("stream_time", Sql.at(streamTime)));
    }

    /** Gateways with a copy out at a journal. */
    public List<AgentId> withCopiesOut() {
        return jdbc.sql(
                        """
                        select distinct agent_id from agent_commands
                        where finished_at is null and attempt > released and not plain
                          and instance_uid is not null
                        """)
                .query((row, _) -> Sql.agentId(row))
                .list();
    }

    /**
     * Ends what is out at a journal that another has replaced: the agent was installed anew, or is
     * another that says it is the same.
     *
     * @param owners of gateways, read when {@code viw.command_results} had not been read as far as
     *     it has been now
     */
    public List<Moved> endReplaced(Map<AgentId, Owner> owners) {
        List<Map.Entry<AgentId, Owner>> asked = List.copyOf(owners.entrySet());
        if (asked.isEmpty()) {
            return List.of();
        }
        return moved(
                """
                with due as materialized (
                    select c.correlation_id
                    from unnest(cast(:agents as text[]), cast(:instances as uuid[]))
                         o (agent_id, instance_uid)
                    join agent_commands c using (agent_id)
                    where c.finished_at is null and c.attempt > c.released and not c.plain
                      and c.instance_uid is not null
                      and c.instance_uid is distinct from o.instance_uid
                      and (c.state in ('DISPATCHED', 'ACKED')
                           or c.sent_at < now() - interval '%d ms')
                    order by c.correlation_id
                    limit :most
                    for update of c skip locked)
                update agent_commands c
                set state = 'OUTCOME_UNKNOWN', ended_by = 'ledger', finished_at = now(),
                    reason = 'the agent''s journal was replaced', sealed = null
                from due
                where c.correlation_id = due.correlation_id
                  and c.finished_at is null and c.attempt > c.released
                """
                        .formatted(UNDECIDED.toMillis()),
                Map.of(
                        "agents", Sql.column(asked, Map.Entry::getKey),
                        "instances", Sql.column(asked, o -> o.getValue().instanceUid())));
    }

    private List<Moved> moved(String sql, Map<String, ?> parameters) {
        return Objects.requireNonNull(
                transaction.execute(_ ->
                        jdbc.sql(sql + " returning " + Sql.MOVED)
                                .params(parameters)
                                .param("most", MOST)
                                .query((row, _) -> Sql.moved(row))
                                .list()));
    }
}
