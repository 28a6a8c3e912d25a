package io.viworks.admin.enrolment;

import io.viworks.admin.audit.AuditLog;
import io.viworks.admin.authority.AuthoritySettings;
import io.viworks.admin.authority.IssuedCertificate;
import io.viworks.admin.authority.IssuingAuthority;
import io.viworks.admin.credential.CredentialEnds;
import io.viworks.admin.credential.Credentials;
import io.viworks.admin.credential.Credentials.Certificate;
import io.viworks.admin.credential.Credentials.Credential;
import io.viworks.admin.credential.Credentials.NewKey;
import io.viworks.admin.enrolment.EnrolmentBody.Asked;
import io.viworks.admin.enrolment.JoinTokens.JoinToken;
import io.viworks.admin.event.Changes;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.sql.Columns;
import io.viworks.backplane.stream.GatewayEvent.What;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.handshake.HandshakeRequest;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Makes an agent's key known (spec 2.1, Enrolment). Checked as a handshake is: signature, clock,
 * nonce, and only then what the agent may. Thread-safe.
 */
@Component
final class Enrolment {
    private final JoinTokens tokens;
    private final Credentials credentials;
    private final CredentialEnds ends;
    private final EnrolmentProof proof;
    private final AuditLog audit;
    private final Changes changes;
    private final JdbcClient jdbc;
    private final Columns columns;
    private final TransactionTemplate transaction;
    private final InstantSource clock;
    private final EnrolmentSettings settings;
    private final Optional<IssuingAuthority> authority;

    Enrolment(
            JoinTokens tokens,
            Credentials credentials,
            CredentialEnds ends,
            EnrolmentProof proof,
            AuditLog audit,
            Changes changes,
            JdbcClient jdbc,
            Columns columns,
            TransactionTemplate transaction,
            InstantSource clock,
            EnrolmentSettings settings,
            AuthoritySettings authority) {
        this.tokens = tokens;
        this.credentials = credentials;
        this.ends = ends;
        this.proof = proof;
        this.audit = audit;
        this.changes = changes;
        this.jdbc = jdbc;
        this.columns = columns;
        this.transaction = transaction;
        this.clock = clock;
        this.settings = settings;
        this.authority = authority.authority();
    }

    /**
     * What an agent has after its enrolment.
     *
     * @param certificate the one that was issued for the key
     */
    record Enrolled(Credential key, Optional<Certificate> certificate) {}

    /**
     * Enrols a key, and issues a certificate for it where one is asked for.
     *
     * @param body as it was sent, for the signature
     * @return the credentials, the same ones for the same request
     * @throws Refusal with a code of its own for each reason
     */
    Enrolled enrol(HandshakeRequest headers, Asked asked, Bytes body, String from) {
        AgentId agent = headers.agentId();
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        String signer = proof.signer(headers, asked, body, now);
        EnrolmentProof.checkClock(headers, now);
        if (asked.certificate() && authority.isEmpty()) {
            throw Refusal.of(
                    ProblemCode.CERTIFICATES_UNAVAILABLE,
                    "this server has no issuing authority: send a public_key instead of a csr");
        }
        // Before the nonce: whoever has no token may not fill Redis with nonces.
        Optional<JoinToken> token = asked.token().map(this::known);
        proof.checkNonce(headers);
        try {
            return Objects.requireNonNull(
                    transaction.execute(_ ->
                            token.isPresent()
                                    ? byToken(agent, asked, token.get(), now, from)
                                    : byOlderKey(agent, asked, signer, now, from)));
        } catch (DuplicateKeyException e) {
            throw inUse();
        }
    }

    private JoinToken known(String text) {
        return tokens.find(text).orElseThrow(() -> refused("nobody made this token"));
    }

    private Enrolled byToken(
            AgentId agent, Asked asked, JoinToken token, Instant now, String from) {
        if (token.agentId() != null && !token.agentId().equals(agent.value())) {
            throw refused("it is for another gateway");
        }
        Gateway gateway = locked(agent, token);
        Optional<Credential> before = credentials.find(asked.keyId());
        if (before.isPresent()) {
            return same(agent, asked, before.get(), token.id());
        }
        Optional<Instant> newest = credentials.newest(agent);
        boolean fresh =
                token.agentId() != null
                        && newest.map(at -> token.createdAt().isAfter(at)).orElse(true);
        if (newest.isPresent() && !fresh) {
            throw Refusal.of(
                    ProblemCode.ALREADY_ENROLLED,
                    "this gateway has or had a key: an admin must make a new token for it alone");
        }
        if (token.agentId() == null && token.site() != null && !gateway.isOf(token.site())) {
            throw refused("it is for gateways of another site");
        }
        if (!tokens.take(token.id(), agent, now)) {
            throw refused("it is used up, expired or revoked");
        }
        return add(agent, asked, null, token.id(), now, from);
    }

    private Enrolled byOlderKey(
            AgentId agent, Asked asked, String signer, Instant now, String from) {
        locked(agent, null);
        // It may have been revoked since it was asked for.
        if (credentials.validKey(agent, signer, now).isEmpty()) {
            throw EnrolmentProof.badSignature("without a token a valid key of the agent must sign");
        }
        Optional<Credential> before = credentials.find(asked.keyId());
        if (before.isPresent()) {
            return same(agent, asked, before.get(), null);
        }
        return add(agent, asked, signer, null, now, from);
    }

    private Enrolled add(
            AgentId agent,
            Asked asked,
            @Nullable String signer,
            @Nullable Long tokenId,
            Instant now,
            String from) {
        String by = "agent:" + agent;
        ends.dropUnused(agent, asked.keyId(), signer, now);
        NewKey key =
                new NewKey(
                        agent,
                        asked.publicKey(),
                        asked.keyId(),
                        "pending",
                        tokenId,
                        by,
                        now,
                        now.plus(settings.keyLife()));
        credentials.add(key);
        Map<String, String> detail = new TreeMap<>(Map.of("key_id", asked.keyId()));
        if (asked.certificate()) {
            IssuedCertificate issued = issue(agent, asked.publicKey(), now);
            credentials.addIssued(key, issued);
            detail.put("certificate", HexFormat.of().formatHex(issued.fingerprint().array()));
            detail.put("serial", HexFormat.of().formatHex(issued.serial().array()));
        }
        credentials.changed(agent);
        changes.gateway(agent, What.CREDENTIAL_ADDED, Map.of("key_id", asked.keyId()));
        if (tokenId != null) {
            detail.put("token_id", String.valueOf(tokenId));
        }
        if (signer != null) {
            detail.put("signed_by", signer);
        }
        String what = signer == null ? "credential.enrol" : "credential.rotate";
        audit.changed(by, what, agent.value(), from, detail);
        return enrolled(credentials.find(asked.keyId()).orElseThrow());
    }

    private IssuedCertificate issue(AgentId agent, Bytes publicKey, Instant now) {
        try {
            return authority.orElseThrow().issue(agent, publicKey, now);
        } catch (IssuingAuthority.AuthorityEnded ended) {
            throw Refusal.of(
                    ProblemCode.CERTIFICATES_UNAVAILABLE,
                    ended.getMessage() + ": an admin must give the server a new one");
        }
    }

    private Enrolled enrolled(Credential key) {
        return new Enrolled(key, credentials.certificateOf(key.keyId()));
    }

    /** The credentials that the same request made before. */
    private Enrolled same(AgentId agent, Asked asked, Credential before, @Nullable Long tokenId) {
        if (!before.agentId().equals(agent) || !Objects.equals(before.tokenId(), tokenId)) {
            throw inUse();
        }
        Enrolled same = enrolled(before);
        if (before.isRevoked() || same.certificate().filter(Certificate::revoked).isPresent()) {
            throw Refusal.of(ProblemCode.REVOKED, "this key is revoked; enrol another");
        }
        if (asked.certificate() && same.certificate().isEmpty()) {
            throw Refusal.of(
                    ProblemCode.KEY_IN_USE,
                    "this key was enrolled without a certificate; ask for one with a new key");
        }
        return same;
    }

    private static Refusal inUse() {
        return Refusal.of(ProblemCode.KEY_IN_USE, "enrol a key that was never used before");
    }

    private static Refusal refused(String why) {
        return Refusal.of(ProblemCode.TOKEN_REFUSED, why);
    }

    /** The gateway as far as it decides; its row is locked. */
    private record Gateway(@Nullable String site, boolean decommissioned) {
        boolean isOf(String wanted) {
            return wanted.equals(site);
        }
    }

    /** Locks the gateway's row; a token makes a new one, and gives a site to one without. */
    private Gateway locked(AgentId agent, @Nullable JoinToken token) {
        if (token != null) {
            jdbc.sql(
                            """
                            insert into os_gateways (agent_id, site, labels, status, created_by)
                            values (:agent_id, :site, cast(:labels as jsonb), 'expected', :by)
                            on conflict (agent_id) do update
                            set site = coalesce(os_gateways.site, excluded.site),
                                labels = case when os_gateways.labels = '{}' then excluded.labels
                                              else os_gateways.labels end
                            """)
                    .param("agent_id", agent.value())
                    .param("site", token.site())
                    .param("labels", columns.text(token.labels()))
                    .param("by", "token:" + token.id())
                    .update();
        }
        Gateway gateway =
                jdbc.sql(
                                """
                                select site, status = 'decommissioned' as decommissioned
                                from os_gateways where agent_id = :agent_id for update
                                """)
                        .param("agent_id", agent.value())
                        .query((row, _) ->
                                new Gateway(
                                        row.getString("site"), row.getBoolean("decommissioned")))
                        .single();
        if (gateway.decommissioned()) {
            throw Refusal.of(
                    ProblemCode.GATEWAY_DECOMMISSIONED, "an admin must restore this gateway");
        }
        return gateway;
    }
}
