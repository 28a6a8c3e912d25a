package io.viworks.ledger;

import io.viworks.protocol.AgentId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The advisory lock every sender takes before it claims for a gateway (spec 3.4). Held until the
 * transaction ends. What is read after it, in a statement of its own, is what the last holder left.
 */
final class GatewayLock {
    private final JdbcClient jdbc;

    GatewayLock(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    void take(AgentId agent) {
        take(List.of(agent));
    }

    /** Several, always in the same order, so that two who do this never wait for each other. */
    void take(Collection<AgentId> agents) {
        var _ = taking(agents).first(jdbc);
    }

    /** The same as a statement, for a round trip that begins with it. */
    static Query<Long> taking(Collection<AgentId> agents) {
        return new Query<>(
                """
                select count(pg_advisory_xact_lock(key))
                from (select distinct hashtextextended(agent_id, 0) as key
                      from unnest(cast(:agents as text[])) as agent_id
                      order by 1) as keys
                """,
                Map.of("agents", Sql.column(agents, AgentId::value)),
                (row, _) -> row.getLong(1));
    }

    /** Those of these gateways nobody else is claiming for; their locks are taken. */
    List<AgentId> tryTake(Collection<AgentId> agents) {
        return jdbc.sql(
                        """
                        select agent_id
                        from unnest(cast(:agents as text[])) as agent_id
                        where pg_try_advisory_xact_lock(hashtextextended(agent_id, 0))
                        """)
                .param("agents", Sql.column(agents, AgentId::value))
                .query((row, _) -> Sql.agentId(row))
                .list();
    }
}
