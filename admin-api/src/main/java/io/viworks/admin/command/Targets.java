package io.viworks.admin.command;

import io.viworks.admin.gateway.Visibility;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.sql.Columns;
import io.viworks.admin.sql.Conditions;
import io.viworks.admin.token.Caller;
import io.viworks.ledger.Query;
import io.viworks.ledger.Sql;
import io.viworks.protocol.AgentId;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
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
        return asking(caller, agentId).first(jdbc).orElseThrow(() -> unknown(agentId));
    }

    /** What is said of a gateway that is not there, or not for the caller. */
    static Refusal unknown(AgentId agentId) {
        return Refusal.of(ProblemCode.UNKNOWN_GATEWAY, "there is no gateway \"" + agentId + "\"");
    }

    /** Those of these gateways that the caller may see. */
    Map<AgentId, Target> find(Caller caller, Collection<AgentId> agents) {
        Query<Target> query =
                asking(
                        Visibility.ofGateways(caller, new Conditions())
                                .and(
                                        "g.agent_id = any (cast(:agents as text[]))",
                                        "agents",
                                        Sql.column(agents, AgentId::value)));
        Map<AgentId, Target> found = new HashMap<>();
        jdbc.sql(query.sql())
                .params(query.parameters())
                .query(query.row())
                .list()
                .forEach(target -> found.put(target.agentId(), target));
        return found;
    }

    /**
     * The gateway, unless the caller may not see it, as a statement for a round trip with others.
     */
    Query<Target> asking(Caller caller, AgentId agentId) {
        // not as an array of one: for arrays Postgres plans anew each time
        return asking(
                Visibility.ofGateways(caller, new Conditions())
                        .and("g.agent_id = :agent", "agent", agentId.value()));
    }

    private Query<Target> asking(Conditions where) {
        return new Query<>(
                """
                select g.agent_id, g.status = 'decommissioned' as decommissioned,
                       g.clone_suspected, g.supported_verbs,
                       exists (
                         select from agent_credentials c
                         where c.agent_id = g.agent_id and c.status = 'active'
                           and (c.expires_at is null or c.expires_at > now())
                       ) as enrolled
                from os_gateways g
                where %s
                """
                        .formatted(where.sql()),
                where.parameters(),
                (row, _) ->
                        new Target(
                                AgentId.of(row.getString("agent_id")),
                                row.getBoolean("decommissioned"),
                                row.getBoolean("clone_suspected"),
                                columns.array(row, "supported_verbs"),
                                row.getBoolean("enrolled")));
    }
}
