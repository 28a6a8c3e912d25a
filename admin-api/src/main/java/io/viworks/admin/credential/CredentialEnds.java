package io.viworks.admin.credential;

import io.viworks.protocol.AgentId;
import java.time.Instant;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * How credentials begin to count and end. Runs in a transaction that has locked the gateway's row,
 * and says so to bridges by {@link Credentials#changed}. Thread-safe.
 */
@Component
public final class CredentialEnds {
    private final JdbcClient jdbc;

    CredentialEnds(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * Revokes what was enrolled and never used, but for two keys and their certificates: an agent
     * has one key it goes over to, or rows would grow without end.
     */
    public void dropUnused(
            AgentId agent, String newKeyId, @Nullable String signerKeyId, Instant now) {
        jdbc.sql(
                        """
                        update agent_credentials set status = 'revoked', revoked_at = :now
                        where agent_id = :agent_id and status = 'pending'
                          and coalesce(paired_with, key_id) <> :key_id
                          and coalesce(paired_with, key_id)
                              is distinct from cast(:signer as text)
                        """)
                .param("agent_id", agent.value())
                .param("key_id", newKeyId)
                .param("signer", signerKeyId)
                .param("now", now.atOffset(ZoneOffset.UTC))
                .update();
    }

    /**
     * A pending credential has connected, and with it the other of its pair; false when nothing is
     * pending.
     *
     * @param pair the id of the key, also where the certificate has connected
     */
    boolean activate(AgentId agent, String pair, Instant now) {
        return jdbc.sql(
                                """
                                update agent_credentials
                                set status = 'active', last_used_at = :now
                                where agent_id = :agent_id and status = 'pending'
                                  and coalesce(paired_with, key_id) = :pair
                                """)
                        .param("agent_id", agent.value())
                        .param("pair", pair)
                        .param("now", now.atOffset(ZoneOffset.UTC))
                        .update()
                > 0;
    }

    /**
     * Revokes the keys that are older than this one, and the certificates issued for them. One that
     * an admin added is the admin's to end.
     */
    int revokeOlder(AgentId agent, String keyId, Instant now) {
        return jdbc.sql(
                        """
                        update agent_credentials c set status = 'revoked', revoked_at = :now
                        where c.agent_id = :agent_id and c.status <> 'revoked'
                          and (c.kind = 'ed25519' or c.paired_with is not null)
                          and c.id < (select id from agent_credentials where key_id = :key_id)
                        """)
                .param("agent_id", agent.value())
                .param("key_id", keyId)
                .param("now", now.atOffset(ZoneOffset.UTC))
                .update();
    }

    /**
     * Revokes one and the other of its pair, for whoever has the one has the other; false when
     * there is none that is not revoked.
     */
    boolean revokePair(AgentId agent, String pair, Instant now) {
        return jdbc.sql(
                                """
                                update agent_credentials
                                set status = 'revoked', revoked_at = :now
                                where agent_id = :agent_id and status <> 'revoked'
                                  and coalesce(paired_with, key_id) = :pair
                                """)
                        .param("agent_id", agent.value())
                        .param("pair", pair)
                        .param("now", now.atOffset(ZoneOffset.UTC))
                        .update()
                > 0;
    }

    /** Revokes this one alone; false when there is none that is not revoked. */
    boolean revoke(AgentId agent, String keyId, Instant now) {
        return jdbc.sql(
                                """
                                update agent_credentials
                                set status = 'revoked', revoked_at = :now
                                where agent_id = :agent_id and key_id = :key_id
                                  and status <> 'revoked'
                                """)
                        .param("agent_id", agent.value())
                        .param("key_id", keyId)
                        .param("now", now.atOffset(ZoneOffset.UTC))
                        .update()
                > 0;
    }

    /** Revokes all, and the join tokens that could still make new ones for this gateway. */
    int revokeAll(AgentId agent, Instant now) {
        revokeTokens(agent, now);
        return jdbc.sql(
                        """
                        update agent_credentials set status = 'revoked', revoked_at = :now
                        where agent_id = :agent_id and status <> 'revoked'
                        """)
                .param("agent_id", agent.value())
                .param("now", now.atOffset(ZoneOffset.UTC))
                .update();
    }

    /** Ends the join tokens that are out for this gateway: whoever has the key may have them. */
    void revokeTokens(AgentId agent, Instant now) {
        jdbc.sql(
                        """
                        update enrollment_tokens set revoked_at = :now
                        where agent_id = :agent_id and revoked_at is null
                        """)
                .param("agent_id", agent.value())
                .param("now", now.atOffset(ZoneOffset.UTC))
                .update();
    }

    /**
     * Opens the id for the shared secret again: what it had so far counts no more.
     *
     * @return false when one of its credentials still opens it
     */
    boolean reopen(AgentId agent, Instant now) {
        revokeTokens(agent, now);
        return jdbc.sql(
                                """
                                update os_gateways g
                                set reopened_after = (select max(c.id) from agent_credentials c
                                                      where c.agent_id = g.agent_id)
                                where g.agent_id = :agent_id
                                  and not exists (
                                    select from agent_credentials c
                                    where c.agent_id = g.agent_id and c.status <> 'revoked')
                                """)
                        .param("agent_id", agent.value())
                        .update()
                > 0;
    }
}
