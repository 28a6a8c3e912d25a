package io.viworks.admin.credential;

import io.viworks.admin.audit.AuditLog;
import io.viworks.admin.event.Changes;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import io.viworks.backplane.stream.GatewayEvent.What;
import io.viworks.ledger.Ledger;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The end of a gateway, and its return (spec 5). What bridges must know goes into the directory
 * with the next run after the commit; they close the session then. Thread-safe.
 */
@Component
final class Decommissioning {
    private final Credentials credentials;
    private final CredentialEnds ends;
    private final Ledger ledger;
    private final JdbcClient jdbc;
    private final AuditLog audit;
    private final Changes changes;
    private final TransactionTemplate transaction;
    private final InstantSource clock;

    Decommissioning(
            Credentials credentials,
            CredentialEnds ends,
            Ledger ledger,
            JdbcClient jdbc,
            AuditLog audit,
            Changes changes,
            TransactionTemplate transaction,
            InstantSource clock) {
        this.credentials = credentials;
        this.ends = ends;
        this.ledger = ledger;
        this.jdbc = jdbc;
        this.audit = audit;
        this.changes = changes;
        this.transaction = transaction;
        this.clock = clock;
    }

    /** Decommissions the gateway; done twice it is done. */
    void decommission(Caller caller, AgentId agent, String from) {
        transaction.executeWithoutResult(_ -> end(caller, agent, from));
        // After the commit nothing new is accepted. Each ends in a transaction of its own, in the
        // ledger's order of locks; also when the gateway was ended before: by one that crashed
        // here.
        waiting(agent).forEach(command -> cancel(agent, command, caller.name()));
    }

    private void end(Caller caller, AgentId agent, String from) {
        Instant now = clock.instant();
        int ended =
                jdbc.sql(
                                """
                                update os_gateways
                                set status = 'decommissioned', decommissioned_at = :now,
                                    edit_version = edit_version + 1
                                where agent_id = :agent_id and status <> 'decommissioned'
                                """)
                        .param("agent_id", agent.value())
                        .param("now", now.atOffset(ZoneOffset.UTC))
                        .update();
        if (ended > 0) {
            int revoked = ends.revokeAll(agent, now);
            credentials.changed(agent);
            changes.gateway(agent, What.DECOMMISSIONED);
            audit.changed(
                    caller.name(),
                    "gateway.decommission",
                    agent.value(),
                    from,
                    Map.of("revoked_credentials", String.valueOf(revoked)));
        }
    }

    private List<CorrelationId> waiting(AgentId agent) {
        return jdbc.sql(
                        """
                        select correlation_id from agent_commands
                        where agent_id = :agent_id and state = 'QUEUED'
                        """)
                .param("agent_id", agent.value())
                .query((row, _) -> CorrelationId.of(row.getString("correlation_id")))
                .list();
    }

    private void cancel(AgentId agent, CorrelationId command, String by) {
        changes.cancelled(ledger.cancel(agent, command, by, null));
    }

    /**
     * Takes the gateway back.
     *
     * @throws Refusal {@link ProblemCode#NOT_DECOMMISSIONED}
     */
    void restore(Caller caller, AgentId agent, String from) {
        transaction.executeWithoutResult(_ -> {
            int restored =
                    jdbc.sql(
                                    """
                                    update os_gateways
                                    set status = case when last_seen is null then 'expected'
                                                      else 'disconnected' end,
                                        decommissioned_at = null, edit_version = edit_version + 1
                                    where agent_id = :agent_id and status = 'decommissioned'
                                    """)
                            .param("agent_id", agent.value())
                            .update();
            if (restored == 0) {
                throw Refusal.of(
                        ProblemCode.NOT_DECOMMISSIONED, "\"" + agent + "\" was not decommissioned");
            }
            credentials.changed(agent);
            changes.gateway(agent, What.RESTORED);
            audit.changed(caller.name(), "gateway.restore", agent.value(), from, Map.of());
        });
    }
}
