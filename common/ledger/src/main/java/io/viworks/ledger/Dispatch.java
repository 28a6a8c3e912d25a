package io.viworks.ledger;

import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionOperations;

/**
 * What is to be sent to gateways next: claimed commands, cancellations and questions (spec 3.4,
 * 3.5). What it answers is committed; the caller writes it to the bridges. Thread-safe, and for as
 * many processes as there are.
 */
public final class Dispatch {
    private final JdbcClient jdbc;
    private final TransactionOperations transaction;
    private final GatewayLock lock;
    private final Claims claims;
    private final Questions questions;
    private final LedgerLimits limits;

    public Dispatch(JdbcClient jdbc, TransactionOperations transaction, LedgerLimits limits) {
        this.jdbc = jdbc;
        this.transaction = transaction;
        this.limits = limits;
        this.lock = new GatewayLock(jdbc);
        this.claims = new Claims(jdbc, limits);
        this.questions = new Questions(jdbc, limits);
    }

    /**
     * Gateways for which something may be due now, whoever holds them.
     *
     * @param most of them, those waiting longest first
     */
    public List<AgentId> waiting(int most) {
        return jdbc.sql(
                        """
                        select c.agent_id
                        from agent_commands c
                        where c.finished_at is null
                          and ((c.origin = 'api' and c.state in ('QUEUED', 'DISPATCHED')
                                and c.cancel_requested_at is null and c.expires_at > now()
                                and c.next_send_at <= now()
                                and (c.attempt = c.released or not c.plain))
                               or (c.attempt > c.released and not c.plain
                                   and (c.next_signal_at is null or c.next_signal_at <= now())
                                   and (c.cancel_requested_at is not null
                                        or c.expires_at <= now() or %s)))
                        group by c.agent_id
                        order by min(c.issued_at)
                        limit :most
                        """
                                .formatted(Questions.OVERDUE))
                .param("most", most)
                .query((row, _) -> Sql.agentId(row))
                .list();
    }

    /**
     * Claims and asks what is due for these gateways.
     *
     * @param owners as just read; gateways another process sends for at this moment are left to it
     * @param streamTime up to which every record of {@code viw.command_results} has been handled
     */
    public List<ToSend> next(Map<AgentId, Owner> owners, Instant streamTime) {
        if (owners.isEmpty()) {
            return List.of();
        }
        return Objects.requireNonNull(
                transaction.execute(_ -> {
                    Map<AgentId, Owner> mine = new HashMap<>();
                    lock.tryTake(owners.keySet())
                            .forEach(agent ->
                                    mine.put(agent, Objects.requireNonNull(owners.get(agent))));
                    if (mine.isEmpty()) {
                        return List.of();
                    }
                    List<ToSend> records = new ArrayList<>();
                    for (StreamRecord.Command command : claims.claim(mine, streamTime)) {
                        records.add(
                                new ToSend(
                                        Objects.requireNonNull(mine.get(command.agentId()))
                                                .bridgeId(),
                                        command));
                    }
                    records.addAll(questions.due(mine));
                    return records;
                }));
    }

    /**
     * A session of these agents has begun: what is out at their journals is looked at now, not
     * after its pause.
     */
    public void hasten(Collection<AgentId> agents) {
        transaction.executeWithoutResult(_ ->
                jdbc.sql(
                                """
                                with chosen as materialized (
                                    select correlation_id from agent_commands
                                    where agent_id = any (cast(:agents as text[]))
                                      and finished_at is null and attempt > released and not plain
                                    order by correlation_id
                                    for update)
                                update agent_commands c
                                set next_send_at = least(c.next_send_at,
                                                         c.sent_at + interval '%d ms'),
                                    next_signal_at = least(c.next_signal_at, now())
                                from chosen d
                                where c.correlation_id = d.correlation_id
                                """
                                        .formatted(limits.silence().toMillis()))
                        .param("agents", Sql.column(agents, AgentId::value))
                        .update());
    }

    /**
     * Takes an attempt back that its sender certainly never wrote.
     *
     * @return whether it was out
     */
    public boolean unsent(AgentId agent, CorrelationId command, int attempt) {
        return jdbc.sql(
                                """
                                update agent_commands
                                set released = attempt, next_send_at = now()
                                where correlation_id = :id and agent_id = :agent
                                  and attempt = :attempt and released = :attempt - 1
                                  and finished_at is null and state = 'QUEUED'
                                """)
                        .param("id", command.value())
                        .param("agent", agent.value())
                        .param("attempt", attempt)
                        .update()
                == 1;
    }
}
