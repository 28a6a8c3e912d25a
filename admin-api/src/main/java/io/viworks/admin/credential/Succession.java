package io.viworks.admin.credential;

import io.viworks.admin.audit.AuditLog;
import io.viworks.admin.event.Changes;
import io.viworks.backplane.stream.GatewayEvent.What;
import io.viworks.protocol.AgentId;
import io.viworks.service.Pulse;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Ends keys whose time is over (spec 2.1, Enrolment): the older ones once a new one has connected,
 * which the inventory says by the credential of the last HELLO, and those that expired. Every
 * replica does this each second. Thread-safe.
 */
@Component
public final class Succession {
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** Keys looked at in one run. */
    private static final int PIECE = 500;

    private static final String WHO = "admin-api";

    private final Credentials credentials;
    private final CredentialEnds ends;
    private final JdbcClient jdbc;
    private final AuditLog audit;
    private final Changes changes;
    private final TransactionTemplate transaction;
    private final InstantSource clock;
    private final Pulse pulse;

    Succession(
            Credentials credentials,
            CredentialEnds ends,
            JdbcClient jdbc,
            AuditLog audit,
            Changes changes,
            TransactionTemplate transaction,
            InstantSource clock) {
        this.credentials = credentials;
        this.ends = ends;
        this.jdbc = jdbc;
        this.audit = audit;
        this.changes = changes;
        this.transaction = transaction;
        this.clock = clock;
        this.pulse = Pulse.start("succession", PAUSE, this::run);
    }

    /** Whether keys are still looked at. */
    public boolean alive() {
        return pulse.alive();
    }

    /** A credential, or the key of a pair. */
    private record Key(AgentId agent, String id) {}

    private void run() {
        connected().forEach(key -> transaction.executeWithoutResult(_ -> succeed(key)));
        expired().forEach(key -> transaction.executeWithoutResult(_ -> expire(key)));
    }

    private List<Key> connected() {
        return jdbc.sql(
                        """
                        select c.agent_id, coalesce(c.paired_with, c.key_id) as key_id
                        from agent_credentials c join os_gateways g on g.agent_id = c.agent_id
                        where c.status = 'pending' and g.credential = c.key_id
                        limit :limit
                        """)
                .param("limit", PIECE)
                .query((row, _) ->
                        new Key(AgentId.of(row.getString("agent_id")), row.getString("key_id")))
                .list();
    }

    private void succeed(Key key) {
        Instant now = clock.instant();
        if (!credentials.lock(key.agent()) || !ends.activate(key.agent(), key.id(), now)) {
            return; // Another replica was first, or an admin has revoked it.
        }
        int revoked = ends.revokeOlder(key.agent(), key.id(), now);
        if (revoked > 0) {
            credentials.changed(key.agent());
            changes.gateway(key.agent(), What.CREDENTIAL_REVOKED, Map.of("succeeded_by", key.id()));
        }
        audit.changed(
                WHO,
                "credential.succeed",
                key.agent().value(),
                "",
                Map.of("key_id", key.id(), "revoked_credentials", String.valueOf(revoked)));
    }

    private List<Key> expired() {
        return jdbc.sql(
                        """
                        select agent_id, key_id from agent_credentials
                        where status <> 'revoked' and expires_at <= :now
                        limit :limit
                        """)
                .param("now", clock.instant().atOffset(ZoneOffset.UTC))
                .param("limit", PIECE)
                .query((row, _) ->
                        new Key(AgentId.of(row.getString("agent_id")), row.getString("key_id")))
                .list();
    }

    private void expire(Key key) {
        if (credentials.lock(key.agent()) && ends.revoke(key.agent(), key.id(), clock.instant())) {
            credentials.changed(key.agent());
            changes.gateway(key.agent(), What.CREDENTIAL_REVOKED, Map.of("key_id", key.id()));
            audit.changed(
                    WHO, "credential.expire", key.agent().value(), "", Map.of("key_id", key.id()));
        }
    }

    @PreDestroy
    void close() {
        pulse.close();
    }
}
