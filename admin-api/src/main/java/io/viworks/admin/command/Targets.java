package io.viworks.admin.command;

import io.viworks.admin.gateway.Visibility;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.sql.Columns;
import io.viworks.admin.sql.Conditions;
import io.viworks.admin.token.Caller;
import io.viworks.protocol.AgentId;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Finds the gateways that commands are for. Thread-safe. */
@Component
final class Targets {
    private final JdbcClient jdbc;
    private final Columns columns;

    Targets(JdbcClient jdbc, Columns columns) {
        this.jdbc = jdbc;
        this.columns = columns;
    }

    /**
     * The gateway.
     *
     * @throws Refusal when there is none that the caller may see
     */
    Target find(Caller caller, AgentId agentId) {
        Conditions where = Visibility.ofGateways(caller, new Conditions());
        where.and("g.agent_id = :agent_id", "agent_id", agentId.value());
        return jdbc.sql(
                        """
                        select g.status = 'decommissioned' as decommissioned, g.clone_suspected,
                               g.supported_verbs,
                               exists (
                                 select from agent_credentials c
                                 where c.agent_id = g.agent_id and c.status = 'active'
                                   and (c.expires_at is null or c.expires_at > now())
                               ) as enrolled
                        from os_gateways g
                        where %s
                        """
                                .formatted(where.sql()))
                .params(where.parameters())
                .query((row, _) ->
                        new Target(
                                agentId,
                                row.getBoolean("decommissioned"),
                                row.getBoolean("clone_suspected"),
                                columns.array(row, "supported_verbs"),
                                row.getBoolean("enrolled")))
                .optional()
                .orElseThrow(() ->
                        Refusal.of(
                                ProblemCode.UNKNOWN_GATEWAY,
                                "there is no gateway \"" + agentId + "\""));
    }
}
