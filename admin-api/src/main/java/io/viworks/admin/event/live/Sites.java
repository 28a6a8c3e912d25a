package io.viworks.admin.event.live;

import io.viworks.protocol.AgentId;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * The sites of gateways as they are now: what decides who may be told of them. Only a site that an
 * admin or a join token set counts. Thread-safe.
 */
@Component
final class Sites {
    private final JdbcClient jdbc;

    Sites(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** By gateway; those without one, or without a row, are left out. */
    Map<AgentId, String> of(Collection<AgentId> agents) {
        Map<AgentId, String> sites = new HashMap<>();
        jdbc.sql(
                        """
                        select agent_id, site from os_gateways
                        where agent_id = any (:ids) and site is not null
                        """)
                .param("ids", agents.stream().map(AgentId::value).toArray(String[]::new))
                .query(row -> {
                    sites.put(AgentId.of(row.getString("agent_id")), row.getString("site"));
                });
        return sites;
    }
}
