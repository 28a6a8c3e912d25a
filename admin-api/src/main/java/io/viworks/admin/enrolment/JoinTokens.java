package io.viworks.admin.enrolment;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.viworks.admin.sql.Columns;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Join tokens: 256 random bits that an admin hands to a gateway. The database knows them by their
 * SHA-256; the text is shown once and kept nowhere. Thread-safe.
 */
@Component
final class JoinTokens {
    /** Makes a token recognisable wherever one should not have been left. */
    private static final String PREFIX = "viwj_";

    private static final Pattern FORM = Pattern.compile(PREFIX + "[A-Za-z0-9_-]{43}");
    private static final int RANDOM_BYTES = 32;

    private static final String COLUMNS =
            """
            id, agent_id, site, labels, uses_left, created_at, created_by, expires_at, revoked_at
            """;

    private final JdbcClient jdbc;
    private final Columns columns;
    private final SecureRandom random = new SecureRandom();

    JoinTokens(JdbcClient jdbc, Columns columns) {
        this.jdbc = jdbc;
        this.columns = columns;
    }

    /**
     * A join token as it may be listed: without its text.
     *
     * @param agentId the only gateway it opens; absent for any that never had a key
     * @param site what gateways that come by it get
     * @param labels what gateways that come by it get
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record JoinToken(
            long id,
            @Nullable String agentId,
            @Nullable String site,
            Map<String, Object> labels,
            int usesLeft,
            Instant createdAt,
            String createdBy,
            Instant expiresAt,
            @Nullable Instant revokedAt) {
        JoinToken {
            labels = Map.copyOf(labels);
        }
    }

    /** A token with its text, which nobody can read again. */
    record Made(String text, JoinToken token) {
        /** Without the text. */
        @Override
        public String toString() {
            return "Made[" + token.id() + "]";
        }
    }

    /** Makes one, in the transaction of the call. */
    Made make(JoinTokenRequest.Asked asked, String by, Instant now) {
        byte[] bits = new byte[RANDOM_BYTES];
        random.nextBytes(bits);
        String text = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
        JoinToken token =
                jdbc.sql(
                                """
                                insert into enrollment_tokens
                                  (sha256, uses_left, agent_id, site, labels, created_at,
                                   created_by, expires_at)
                                values (:sha256, :uses, :agent_id, :site, cast(:labels as jsonb),
                                        :now, :by, :expires_at)
                                returning %s
                                """
                                        .formatted(COLUMNS))
                        .param("sha256", sha256(text).array())
                        .param("uses", asked.uses())
                        .param("agent_id", asked.agentId().map(AgentId::value).orElse(null))
                        .param("site", asked.site().orElse(null))
                        .param("labels", columns.text(asked.labels()))
                        .param("now", now.atOffset(ZoneOffset.UTC))
                        .param("by", by)
                        .param("expires_at", now.plus(asked.ttl()).atOffset(ZoneOffset.UTC))
                        .query((row, _) -> token(row))
                        .single();
        return new Made(text, token);
    }

    /** The token of this text, whatever became of it. */
    Optional<JoinToken> find(String text) {
        if (!FORM.matcher(text).matches()) {
            return Optional.empty();
        }
        return jdbc.sql("select " + COLUMNS + "from enrollment_tokens where sha256 = :sha256")
                .param("sha256", sha256(text).array())
                .query((row, _) -> token(row))
                .optional();
    }

    /**
     * Takes one use of a token, if it has one left, is in time and is for this agent: one
     * statement, so that of two racers for the last use one gets it.
     */
    boolean take(long id, AgentId agent, Instant now) {
        return jdbc.sql(
                                """
                                update enrollment_tokens set uses_left = uses_left - 1
                                where id = :id and uses_left > 0 and expires_at > :now
                                  and revoked_at is null
                                  and (agent_id is null or agent_id = :agent_id)
                                """)
                        .param("id", id)
                        .param("agent_id", agent.value())
                        .param("now", now.atOffset(ZoneOffset.UTC))
                        .update()
                == 1;
    }

    /** Those before this id, the newest first. */
    List<JoinToken> before(long id, int limit) {
        return jdbc.sql(
                        "select "
                                + COLUMNS
                                + "from enrollment_tokens where id < :id order by id desc limit :n")
                .param("id", id)
                .param("n", limit)
                .query((row, _) -> token(row))
                .list();
    }

    /** Ends a token; false when there is none. */
    boolean revoke(long id, Instant now) {
        return jdbc.sql(
                                """
                                update enrollment_tokens
                                set revoked_at = coalesce(revoked_at, :now) where id = :id
                                """)
                        .param("id", id)
                        .param("now", now.atOffset(ZoneOffset.UTC))
                        .update()
                == 1;
    }

    private JoinToken token(ResultSet row) throws SQLException {
        return new JoinToken(
                row.getLong("id"),
                row.getString("agent_id"),
                row.getString("site"),
                columns.object(row, "labels"),
                row.getInt("uses_left"),
                Objects.requireNonNull(Columns.instant(row, "created_at")),
                row.getString("created_by"),
                Objects.requireNonNull(Columns.instant(row, "expires_at")),
                Columns.instant(row, "revoked_at"));
    }

    private static Bytes sha256(String text) {
        try {
            return Bytes.of(
                    MessageDigest.getInstance("SHA-256")
                            .digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
