package io.viworks.admin.directory;

import io.viworks.backplane.directory.DirectoryEntry;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What Postgres says of agents, as entries of the directory. Thread-safe. */
final class DirectoryRows {
    private final JdbcClient jdbc;

    DirectoryRows(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * Entries that changed and that no other replica has in hand; locked until the transaction
     * ends.
     */
    List<DirectoryEntry> pending(int limit) {
        return entries(
                jdbc.sql(
                                """
                                select agent_id, status, dir_rev
                                from os_gateways
                                where dir_pending
                                order by agent_id
                                limit :limit
                                for update skip locked
                                """)
                        .param("limit", limit)
                        .query((row, _) -> agent(row))
                        .list());
    }

    /** Marks entries as written; within the transaction that read them. */
    void written(Collection<DirectoryEntry> entries) {
        jdbc.sql("update os_gateways set dir_pending = false where agent_id = any (:ids)")
                .param("ids", ids(entries.stream().map(DirectoryEntry::agentId).toList()))
                .update();
    }

    /** A part of all entries, by id. */
    List<DirectoryEntry> after(String agentId, int limit) {
        return entries(
                jdbc.sql(
                                """
                                select agent_id, status, dir_rev
                                from os_gateways
                                where agent_id > :after
                                order by agent_id
                                limit :limit
                                """)
                        .param("after", agentId)
                        .param("limit", limit)
                        .query((row, _) -> agent(row))
                        .list());
    }

    private List<DirectoryEntry> entries(List<Agent> agents) {
        if (agents.isEmpty()) {
            return List.of();
        }
        Map<String, Credentials> credentials = credentials(agents);
        return agents.stream()
                .map(agent -> {
                    Credentials own =
                            credentials.getOrDefault(agent.id().value(), new Credentials());
                    return new DirectoryEntry(
                            agent.id(),
                            status(agent, own),
                            own.count > 0,
                            own.keys,
                            own.fingerprints,
                            agent.dirRev());
                })
                .toList();
    }

    private static DirectoryEntry.Status status(Agent agent, Credentials own) {
        boolean revoked = agent.status() == DirectoryEntry.Status.ACTIVE && own.areAllRevoked();
        return revoked ? DirectoryEntry.Status.REVOKED : agent.status();
    }

    /** Without those of the time before an admin opened the id for the shared secret again. */
    private Map<String, Credentials> credentials(List<Agent> agents) {
        Map<String, Credentials> credentials = new HashMap<>();
        jdbc.sql(
                        """
                        select agent_id, key_id, public_key,
                               encode(fingerprint, 'hex') as fingerprint,
                               status = 'revoked' as revoked,
                               status <> 'revoked' and (expires_at is null or expires_at > now())
                                 as valid
                        from agent_credentials c
                        where agent_id = any (:ids)
                          and id > (select coalesce(g.reopened_after, 0) from os_gateways g
                                    where g.agent_id = c.agent_id)
                        """)
                .param("ids", ids(agents.stream().map(Agent::id).toList()))
                .query(row -> {
                    credentials
                            .computeIfAbsent(row.getString("agent_id"), _ -> new Credentials())
                            .add(row);
                });
        return credentials;
    }

    private static Agent agent(ResultSet row) throws SQLException {
        return new Agent(
                AgentId.of(row.getString("agent_id")),
                row.getString("status").equals("decommissioned")
                        ? DirectoryEntry.Status.DECOMMISSIONED
                        : DirectoryEntry.Status.ACTIVE,
                row.getLong("dir_rev"));
    }

    private static String[] ids(List<AgentId> agents) {
        return agents.stream().map(AgentId::value).toArray(String[]::new);
    }

    /** The credentials of one agent, also those that are valid no more. */
    private static final class Credentials {
        private final List<DirectoryEntry.Key> keys = new ArrayList<>();
        private final List<String> fingerprints = new ArrayList<>();
        private int count;
        private int revoked;

        void add(ResultSet row) throws SQLException {
            count++;
            revoked += row.getBoolean("revoked") ? 1 : 0;
            byte[] publicKey = row.getBytes("public_key");
            String fingerprint = row.getString("fingerprint");
            if (row.getBoolean("valid") && publicKey != null) {
                keys.add(new DirectoryEntry.Key(row.getString("key_id"), Bytes.of(publicKey)));
            }
            if (row.getBoolean("valid") && fingerprint != null) {
                fingerprints.add(fingerprint);
            }
        }

        boolean areAllRevoked() {
            return count > 0 && revoked == count;
        }
    }

    private record Agent(AgentId id, DirectoryEntry.Status status, long dirRev) {}
}
