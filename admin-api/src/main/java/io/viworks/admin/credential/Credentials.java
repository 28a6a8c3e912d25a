package io.viworks.admin.credential;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.viworks.admin.authority.IssuedCertificate;
import io.viworks.admin.directory.DirectoryChanged;
import io.viworks.admin.sql.Columns;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * The rows of {@code agent_credentials}. What changes them runs in a transaction that has locked
 * the gateway's row, and says so to bridges by {@link #changed}. Thread-safe.
 */
@Component
public final class Credentials {
    private final JdbcClient jdbc;
    private final ApplicationEventPublisher events;

    Credentials(JdbcClient jdbc, ApplicationEventPublisher events) {
        this.jdbc = jdbc;
        this.events = events;
    }

    /**
     * A credential as an admin, or its own agent, may see it.
     *
     * @param keyId what the agent calls it in {@code X-Agent-Key-Id}; a certificate's is {@code
     *     sha256:} and its fingerprint
     * @param fingerprint SHA-256 of a certificate in DER, lower-case hex
     * @param pairedWith the key that a certificate was issued for; the two end together
     * @param status pending until it connected once, active, or revoked
     * @param tokenId the join token it came by
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Credential(
            AgentId agentId,
            String keyId,
            String kind,
            @Nullable String fingerprint,
            @Nullable String pairedWith,
            String status,
            @Nullable Long tokenId,
            Instant createdAt,
            @Nullable String createdBy,
            @Nullable Instant expiresAt,
            @Nullable Instant lastUsedAt,
            @Nullable Instant revokedAt) {
        /** What its pair is called: the key's id. */
        String pair() {
            return pairedWith == null ? keyId : pairedWith;
        }

        /** Whether it opens nothing any more. */
        public boolean isRevoked() {
            return status.equals("revoked");
        }
    }

    private static final String COLUMNS =
            """
            select agent_id, key_id, kind, encode(fingerprint, 'hex') as fingerprint, paired_with,
                   status, token_id, created_at, created_by, expires_at, last_used_at, revoked_at
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
                row.getString("fingerprint"),
                row.getString("paired_with"),
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

    /**
     * A credential to be added.
     *
     * @param status pending when it ends the older ones once it has connected; else active
     */
    public record NewKey(
            AgentId agentId,
            Bytes publicKey,
            String keyId,
            String status,
            @Nullable Long tokenId,
            String by,
            Instant now,
            @Nullable Instant expiresAt) {}

    /** Adds a key. */
    public void add(NewKey key) {
        jdbc.sql(
                        """
                        insert into agent_credentials
                          (agent_id, kind, key_id, public_key, status, token_id, created_at,
                           created_by, expires_at)
                        values (:agent_id, 'ed25519', :key_id, :public_key, :status,
                                cast(:token_id as bigint), :now, :by, :expires_at)
                        """)
                .param("agent_id", key.agentId().value())
                .param("key_id", key.keyId())
                .param("public_key", key.publicKey().array())
                .param("status", key.status())
                .param("token_id", key.tokenId())
                .param("now", key.now().atOffset(ZoneOffset.UTC))
                .param("by", key.by())
                .param("expires_at", offset(key.expiresAt()), Types.TIMESTAMP_WITH_TIMEZONE)
                .update();
    }

    /** Adds the certificate that was issued for a key, which is there already. */
    public void addIssued(NewKey key, IssuedCertificate issued) {
        jdbc.sql(
                        """
                        insert into agent_credentials
                          (agent_id, kind, key_id, fingerprint, status, token_id, created_at,
                           created_by, expires_at, issuer, serial, certificate, paired_with)
                        values (:agent_id, 'certificate', :key_id, :fingerprint, :status,
                                cast(:token_id as bigint), :now, :by, :expires_at, :issuer,
                                :serial, :certificate, :paired_with)
                        """)
                .param("agent_id", key.agentId().value())
                .param("key_id", certificateId(issued.fingerprint()))
                .param("fingerprint", issued.fingerprint().array())
                .param("status", key.status())
                .param("token_id", key.tokenId())
                .param("now", key.now().atOffset(ZoneOffset.UTC))
                .param("by", key.by())
                .param("expires_at", issued.expiresAt().atOffset(ZoneOffset.UTC))
                .param("issuer", issued.issuer())
                .param("serial", issued.serial().array())
                .param("certificate", issued.pem())
                .param("paired_with", key.keyId())
                .update();
    }

    /** Adds a certificate that somebody else issued: valid at once, and it ends no other. */
    void addForeign(
            AgentId agent, Bytes fingerprint, String by, Instant now, @Nullable Instant expiresAt) {
        jdbc.sql(
                        """
                        insert into agent_credentials
                          (agent_id, kind, key_id, fingerprint, status, created_at, created_by,
                           expires_at)
                        values (:agent_id, 'certificate', :key_id, :fingerprint, 'active', :now,
                                :by, :expires_at)
                        """)
                .param("agent_id", agent.value())
                .param("key_id", certificateId(fingerprint))
                .param("fingerprint", fingerprint.array())
                .param("now", now.atOffset(ZoneOffset.UTC))
                .param("by", by)
                .param("expires_at", offset(expiresAt), Types.TIMESTAMP_WITH_TIMEZONE)
                .update();
    }

    /** What a certificate is called where keys have their id. */
    static String certificateId(Bytes fingerprint) {
        return "sha256:" + HexFormat.of().formatHex(fingerprint.array());
    }

    private static @Nullable OffsetDateTime offset(@Nullable Instant time) {
        return time == null ? null : time.atOffset(ZoneOffset.UTC);
    }

    /**
     * A certificate as its agent was answered.
     *
     * @param pem with its chain after it
     */
    public record Certificate(String pem, Instant expiresAt, boolean revoked) {}

    /** The certificate that was issued for this key. */
    public Optional<Certificate> certificateOf(String keyId) {
        return jdbc.sql(
                        """
                        select certificate, expires_at, status = 'revoked' as revoked
                        from agent_credentials
                        where paired_with = :key_id and certificate is not null
                        """)
                .param("key_id", keyId)
                .query((row, _) ->
                        new Certificate(
                                row.getString("certificate"),
                                Objects.requireNonNull(Columns.instant(row, "expires_at")),
                                row.getBoolean("revoked")))
                .optional();
    }

    /** Locks the gateway's row; false when there is none. */
    boolean lock(AgentId agent) {
        return jdbc.sql("select 1 from os_gateways where agent_id = :agent_id for update")
                .param("agent_id", agent.value())
                .query((_, _) -> true)
                .optional()
                .isPresent();
    }

    /** Tells bridges, and those who list revoked certificates: at once after the commit. */
    public void changed(AgentId agent) {
        jdbc.sql(
                        """
                        update os_gateways set dir_rev = dir_rev + 1, dir_pending = true
                        where agent_id = :agent_id
                        """)
                .param("agent_id", agent.value())
                .update();
        events.publishEvent(new DirectoryChanged(agent));
    }
}
