package io.viworks.admin.credential;

import io.viworks.admin.audit.AuditLog;
import io.viworks.admin.credential.CredentialRequest.Asked;
import io.viworks.admin.credential.Credentials.Credential;
import io.viworks.admin.credential.Credentials.NewKey;
import io.viworks.admin.event.Changes;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import io.viworks.backplane.stream.GatewayEvent.What;
import io.viworks.protocol.AgentId;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What admins open a gateway with: keys and certificates that were made elsewhere, and the shared
 * secret once more. Thread-safe.
 */
@Component
final class Additions {
    private final Credentials credentials;
    private final CredentialEnds ends;
    private final JdbcClient jdbc;
    private final AuditLog audit;
    private final Changes changes;
    private final TransactionTemplate transaction;
    private final InstantSource clock;

    Additions(
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
    }

    /** A credential, and whether it was there before. */
    record Added(Credential credential, boolean before) {}

    /**
     * Adds one: valid at once, and it ends no other. The same again changes nothing.
     *
     * @throws Refusal {@link ProblemCode#KEY_IN_USE} when another gateway has it, or this one had
     */
    Added add(Caller caller, AgentId agent, Asked asked, String from) {
        try {
            return Objects.requireNonNull(
                    transaction.execute(_ -> addLocked(caller, agent, asked, from)));
        } catch (DuplicateKeyException e) {
            throw inUse();
        }
    }

    private Added addLocked(Caller caller, AgentId agent, Asked asked, String from) {
        lockInUse(agent);
        Optional<Credential> before = credentials.find(asked.keyId());
        if (before.isPresent()) {
            if (!before.get().agentId().equals(agent) || before.get().isRevoked()) {
                throw inUse();
            }
            return new Added(before.get(), true);
        }
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        switch (asked) {
            case Asked.OfCertificate certificate ->
                    credentials.addForeign(
                            agent,
                            certificate.fingerprint(),
                            caller.name(),
                            now,
                            certificate.expiresAt().orElse(null));
            case Asked.OfKey key ->
                    credentials.add(
                            new NewKey(
                                    agent,
                                    key.publicKey(),
                                    key.keyId(),
                                    "active",
                                    null,
                                    caller.name(),
                                    now,
                                    null));
        }
        credentials.changed(agent);
        changes.gateway(agent, What.CREDENTIAL_ADDED, Map.of("key_id", asked.keyId()));
        audit.changed(
                caller.name(),
                "credential.add",
                agent.value(),
                from,
                Map.of("key_id", asked.keyId()));
        return new Added(credentials.find(asked.keyId()).orElseThrow(), false);
    }

    private static Refusal inUse() {
        return Refusal.of(
                ProblemCode.KEY_IN_USE,
                "it is, or was, a credential of this gateway or another: add one that never was");
    }

    /**
     * Opens the id for the shared secret again.
     *
     * @throws Refusal {@link ProblemCode#CREDENTIALS_VALID} while one of its own opens it
     */
    void reopen(Caller caller, AgentId agent, String from) {
        transaction.executeWithoutResult(_ -> {
            lockInUse(agent);
            if (!ends.reopen(agent, clock.instant())) {
                throw Refusal.of(
                        ProblemCode.CREDENTIALS_VALID,
                        "revoke the credentials of \"" + agent + "\" first");
            }
            credentials.changed(agent);
            changes.gateway(agent, What.REOPENED);
            audit.changed(caller.name(), "credential.reopen", agent.value(), from, Map.of());
        });
    }

    private void lockInUse(AgentId agent) {
        boolean gone =
                jdbc.sql(
                                """
                                select status = 'decommissioned' from os_gateways
                                where agent_id = :agent_id for update
                                """)
                        .param("agent_id", agent.value())
                        .query(Boolean.class)
                        .single();
        if (gone) {
            throw Refusal.of(
                    ProblemCode.GATEWAY_DECOMMISSIONED, "an admin must restore this gateway");
        }
    }
}
