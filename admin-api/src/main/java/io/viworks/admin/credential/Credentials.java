package io.viworks.admin.credential;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.viworks.admin.sql.Columns;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * The rows of {@code agent_credentials}. What changes them runs in a transaction that has locked
 * the gateway's row, and says so to bridges by {@link #changed}. Thread-safe.
 */
@Component
public final class Credentials {
    private final JdbcClient jdbc;

    Credentials(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * A credential as an admin, or its own agent, may see it.
     *
     * @param keyId what the agent calls it in {@code X-Agent-Key-Id}
     * @param status pending until it connected once, active, or revoked
     * @param tokenId the join token it came by
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Credential(
            AgentId agentId,
            String keyId,
            String kind,
            String status,
            @Nullable Long tokenId,
            Instant createdAt,
            @Nullable String createdBy,
            @Nullable Instant expiresAt,
            @Nullable Instant lastUsedAt,
            @Nullable Instant revokedAt) {
        /** Whether it opens nothing any more. */
        public boolean isRevoked() {
            return status.equals("revoked");
        }
    }

    private static final String COLUMNS =
            """
            select agent_id, key_id, kind, status, token_id, created_at, created_by, expires_at,
                   last_used_at, revoked_at
            from agent_credentials
            """;

    /** All that a gateway has or had, the newest first. */
    List<Credential> of(AgentId agent) {
        return jdbc.sql(COLUMNS + "where agent_id = :agent_id order by id desc limit 1000")
                .param("agent_id", agent.value())
                .query((row, _) -> credential(row))
                .list();
    }

    /** The one of this name, whosever it is. */
    public Optional<Credential> find(String keyId) {
        return jdbc.sql(COLUMNS + "where key_id = :key_id")
                .param("key_id", keyId)
                .query((row, _) -> credential(row))
                .optional();
    }

    private static Credential credential(java.sql.ResultSet row) throws java.sql.SQLException {
        return new Credential(
                AgentId.of(row.getString("agent_id")),
                row.getString("key_id"),
                row.getString("kind"),
                row.getString("status"),
                Columns.bigint(row, "token_id"),
                Objects.requireNonNull(Columns.instant(row, "created_at")),
                row.getString("created_by"),
                Columns.instant(row, "expires_at"),
                Columns.instant(row, "last_used_at"),
                Columns.instant(row, "revoked_at"));
    }

    /** The public key with which this agent may sign now. */
    public Optional<Bytes> validKey(AgentId agent, String keyId, Instant now) {
        return jdbc.sql(
                        """
                        select public_key from agent_credentials
                        where agent_id = :agent_id and key_id = :key_id and kind = 'ed25519'
                          and status <> 'revoked' and (expires_at is null or expires_at > :now)
                        """)
                .param("agent_id", agent.value())
                .param("key_id", keyId)
                .param("now", now.atOffset(ZoneOffset.UTC))
                .query((row, _) -> Bytes.of(row.getBytes("public_key")))
                .optional();
    }

    /** When the agent got its newest credential; absent when it never had one. */
    public Optional<Instant> newest(AgentId agent) {
        return jdbc.sql(
                        """
                        select created_at from agent_credentials where agent_id = :agent_id
                        order by created_at desc limit 1
                        """)
                .param("agent_id", agent.value())
                .query((row, _) -> Objects.requireNonNull(Columns.instant(row, "created_at")))
                .optional();
    }

    /** Adds a key that has not connected yet. */
    public void add(
            AgentId agent,
            Bytes publicKey,
            String keyId,
            @Nullable Long tokenId,
            String by,
            Instant now,
            Instant expiresAt) {
        jdbc.sql(
                        """
                        insert into agent_credentials
                          (agent_id, kind, key_id, public_key, status, token_id, created_at,
                           created_by, expires_at)
                        values (:agent_id, 'ed25519', :key_id, :public_key, 'pending',
                                cast(:token_id as bigint), :now, :by, :expires_at)
                        """)
                .param("agent_id", agent.value())
                .param("key_id", keyId)
                .param("public_key", publicKey.array())
                .param("token_id", tokenId)
                .param("now", now.atOffset(ZoneOffset.UTC))
                .param("by", by)
                .param("expires_at", expiresAt.atOffset(ZoneOffset.UTC))
                .update();
    }

    /**
     * Revokes keys that were enrolled and never used, but for two: an agent has one key it goes
     * over to, or rows would grow without end.
     */
    public void dropUnused(
            AgentId agent, String newKeyId, @Nullable String signerKeyId, Instant now) {
        jdbc.sql(
                        """
                        update agent_credentials set status = 'revoked', revoked_at = :now
                        where agent_id = :agent_id and status = 'pending' and key_id <> :key_id
                          and key_id is distinct from cast(:signer as text)
                        """)
                .param("agent_id", agent.value())
                .param("key_id", newKeyId)
                .param("signer", signerKeyId)
                .param("now", now.atOffset(ZoneOffset.UTC))
                .update();
    }

    /** A pending credential has connected; false when it is not pending. */
    boolean activate(AgentId agent, String keyId, Instant now) {
        return jdbc.sql(
                                """
                                update agent_credentials
                                set status = 'active', last_used_at = :now
                                where agent_id = :agent_id and key_id = :key_id
                                  and status = 'pending'
                                """)
                        .param("agent_id", agent.value())
                        .param("key_id", keyId)
                        .param("now", now.atOffset(ZoneOffset.UTC))
                        .update()
                > 0;
    }

    /** Revokes the keys that are older than this one. */
    int revokeOlder(AgentId agent, String keyId, Instant now) {
        return jdbc.sql(
                        """
                        update agent_credentials c set status = 'revoked', revoked_at = :now
                        where c.agent_id = :agent_id and c.kind = 'ed25519'
                          and c.status <> 'revoked'
                          and c.id < (select id from agent_credentials where key_id = :key_id)
                        """)
                .param("agent_id", agent.value())
                .param("key_id", keyId)
                .param("now", now.atOffset(ZoneOffset.UTC))
                .update();
    }

    /** Revokes one; false when there is none that is not revoked. */
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

    /** Locks the gateway's row; false when there is none. */
    boolean lock(AgentId agent) {
        return jdbc.sql("select 1 from os_gateways where agent_id = :agent_id for update")
                .param("agent_id", agent.value())
                .query((_, _) -> true)
                .optional()
                .isPresent();
    }

    /** Tells bridges: with the next run of the directory, after the commit. */
    public void changed(AgentId agent) {
        jdbc.sql(
                        """
                        update os_gateways set dir_rev = dir_rev + 1, dir_pending = true
                        where agent_id = :agent_id
                        """)
                .param("agent_id", agent.value())
                .update();
    }
}
