package io.viworks.admin.token;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.hibernate.annotations.DynamicUpdate;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/** A bearer token as the database knows it: by the SHA-256 of its text, never by the text. */
@Entity
@Table(name = "api_tokens")
@DynamicUpdate
class ApiToken {
    @Id private String name;

    @Column(nullable = false)
    private String sha256;

    @Column(nullable = false)
    private String role;

    @JdbcTypeCode(SqlTypes.ARRAY)
    private @Nullable List<String> sites;

    @JdbcTypeCode(SqlTypes.ARRAY)
    private @Nullable List<String> verbs;

    private @Nullable Instant expiresAt;

    @Column(nullable = false, updatable = false)
    private Instant createdAt;

    private @Nullable Instant revokedAt;

    /** For Hibernate, which fills the fields. */
    @SuppressWarnings("NullAway.Init")
    protected ApiToken() {}

    ApiToken(String name, Instant createdAt, TokenLine line) {
        this.name = name;
        this.sha256 = line.sha256();
        this.role = line.role().wire();
        this.expiresAt = line.expiresAt();
        this.createdAt = createdAt;
    }

    /** Takes over what a line of the tokens file says; a revoked token stays revoked. */
    void update(TokenLine line) {
        sha256 = line.sha256();
        role = line.role().wire();
        expiresAt = line.expiresAt();
    }

    String sha256() {
        return sha256;
    }

    /** A token limited to no site, or to no verb, opens nothing: it must not read as "all". */
    boolean isValidAt(Instant now) {
        return revokedAt == null
                && (expiresAt == null || now.isBefore(expiresAt))
                && !(sites != null && sites.isEmpty())
                && !(verbs != null && verbs.isEmpty());
    }

    Caller caller() {
        return new Caller(name, Role.of(role), setOf(sites), setOf(verbs));
    }

    private static Set<String> setOf(@Nullable List<String> values) {
        return values == null ? Set.of() : Set.copyOf(values);
    }
}
