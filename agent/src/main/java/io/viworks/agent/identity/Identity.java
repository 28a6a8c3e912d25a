package io.viworks.agent.identity;

import io.viworks.agent.http.Routes;
import io.viworks.agent.log.AgentLog;
import io.viworks.protocol.AgentId;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Who this agent is: its key, how it got it and when it gets another (spec 2.1). A key is on disk
 * before anybody hears of it, and what the server said of it before it is used; so a crash at any
 * point leaves something that the next life goes on with, by asking the same again. Thread-safe.
 */
public final class Identity {
    /** Bridges hear of a key within 2 s; a busy database may take longer. */
    private static final Duration NEW = Duration.ofSeconds(15);

    private final KeyRing ring;
    private final @Nullable Enrolment enrolment;
    private final JoinToken token;
    private final InstantSource clock;
    private final AgentLog log;
    private final Standing standing = new Standing();
    private @Nullable Instant grantedAt;
    private CompletableFuture<Boolean> asking = CompletableFuture.completedFuture(false);

    private Identity(
            KeyRing ring,
            @Nullable Enrolment enrolment,
            JoinToken token,
            InstantSource clock,
            AgentLog log) {
        this.ring = ring;
        this.enrolment = enrolment;
        this.token = token;
        this.clock = clock;
        this.log = log;
    }

    /**
     * What an identity is made of.
     *
     * @param enrolUrl null when keys are made known to the server by people
     * @param tokenFile read when a token is needed, and only then
     * @param certificateFile each key gets a certificate, of which a copy is kept here for people;
     *     null for keys alone
     * @param routes to the server that takes keys
     */
    public record Parts(
            Path keyFile,
            @Nullable URI enrolUrl,
            @Nullable Path tokenFile,
            @Nullable Path certificateFile,
            AgentId agentId,
            Routes routes,
            InstantSource clock,
            AgentLog log) {}

    /**
     * Reads the keys, or makes the first one. A file that is damaged is put aside.
     *
     * @throws IOException when the file cannot be read or written, or is another gateway's
     */
    public static Identity open(Parts parts) throws IOException {
        Path copy = parts.certificateFile();
        KeyRing ring =
                KeyRing.open(
                        new IdentityFile(parts.keyFile(), parts.agentId()),
                        copy == null ? null : new CertificateCopy(copy, parts.log()),
                        parts.clock().instant(),
                        parts.log());
        URI url = parts.enrolUrl();
        Enrolment enrolment =
                url == null
                        ? null
                        : new Enrolment(
                                parts.routes(),
                                url,
                                parts.agentId(),
                                ring.certificates(),
                                parts.clock());
        return new Identity(
                ring,
                enrolment,
                new JoinToken(parts.tokenFile(), parts.log()),
                parts.clock(),
                parts.log());
    }

    /** The keys there are, the one in use before the next. */
    public synchronized List<KeyState> keys() {
        return ring.keys().all().map(KeyState::of).toList();
    }

    /** The key to sign the next handshake with; empty while there is none that was enrolled. */
    public synchronized Optional<Proof> proof() {
        OwnKey next = ring.next();
        OwnKey current = ring.current();
        if (next != null && waitsToConnect()) {
            return Optional.of(proof(next));
        }
        if (current != null) {
            return Optional.of(proof(current));
        }
        boolean usable = next != null && (next.grant() != null || enrolment == null);
        return usable && next != null ? Optional.of(proof(next)) : Optional.empty();
    }

    /**
     * An edge refuses the whole request for an expired certificate; a bridge says what is wrong.
     */
    private Proof proof(OwnKey key) {
        ClientCertificate certificate = ring.certificates() ? key.certificate() : null;
        boolean good = certificate != null && !certificate.isExpired(clock.instant());
        return new Proof(key, good ? certificate : null);
    }

    /** Whether there is a key that was taken and has not connected yet. */
    public synchronized boolean waitsToConnect() {
        OwnKey next = ring.next();
        return next != null && next.grant() != null && !standing.isUnwanted(next.keyId());
    }

    /** Whether an older key is there to fall back to. */
    public synchronized boolean hasOlder(Proof proof) {
        OwnKey next = ring.next();
        return ring.current() != null && next != null && next.keyId().equals(proof.keyId());
    }

    /**
     * Told that a bridge does not accept a key.
     *
     * @return whether another key is worth an attempt now
     */
    public synchronized boolean refused(Proof proof) {
        standing.refuse(proof.keyId());
        return anotherThan(proof);
    }

    /**
     * Told that a bridge, or an edge before it, does not accept the certificate of a key. The key
     * may still be good, and vouch for another with another certificate.
     *
     * @return whether another key is worth an attempt now
     */
    public synchronized boolean doubted(Proof proof) {
        standing.doubt(proof.keyId());
        return anotherThan(proof);
    }

    private boolean anotherThan(Proof proof) {
        return proof().map(Proof::keyId)
                .filter(other -> !other.equals(proof.keyId()) && !standing.isUnwanted(other))
                .isPresent();
    }

    /** Whether the server took the key so lately that bridges may not have heard of it. */
    public synchronized boolean isNew(Proof proof) {
        OwnKey next = ring.next();
        Instant at = grantedAt;
        return next != null
                && next.keyId().equals(proof.keyId())
                && at != null
                && Duration.between(at, clock.instant()).abs().compareTo(NEW) < 0;
    }

    /**
     * Told that a session is welcome. The next key has connected with this: the older one is thrown
     * away, as the server does.
     */
    public synchronized void connected(Proof proof) {
        standing.restore(proof.keyId());
        OwnKey next = ring.next();
        if (next == null || !next.keyId().equals(proof.keyId())) {
            return;
        }
        Keys promoted =
                next.grant() == null
                        ? ring.keys().withNext(next.granted(known(next), null)).promoted()
                        : ring.keys().promoted();
        if (ring.store(promoted)) {
            standing.forgetAll();
            log.info("identity_in_use").with("key_id", next.keyId()).say("connected with the key");
        }
    }

    /** A key that people made known to the server has the name that both sides compute. */
    private Grant known(OwnKey key) {
        return new Grant(key.keyId(), clock.instant(), null, List.of());
    }

    /** Whether the server must be asked before a handshake makes sense. */
    public synchronized boolean mustEnrol() {
        return step() instanceof Step.ByToken;
    }

    /** Whether the server has something to be asked for, be it only a newer key. */
    public synchronized boolean wantsToAsk() {
        return asking.isDone() && !(step() instanceof Step.Nothing);
    }

    /**
     * Asks the server to take the next key, if there is reason to; one question at a time.
     *
     * @return whether there is a key that was not there before; fails with {@link NotEnrolled}
     */
    public synchronized CompletionStage<Boolean> ask() {
        if (asking.isDone()) {
            asking = ask(step()).whenComplete(this::tell).toCompletableFuture();
        }
        return asking;
    }

    private void tell(@Nullable Boolean fresh, @Nullable Throwable error) {
        if (error != null) {
            Throwable cause = error.getCause() == null ? error : error.getCause();
            if (cause instanceof NotEnrolled none) {
                if (none.wantsAnotherKey()) {
                    dropNext();
                } else if (none.wantsAnotherSigner()) {
                    giveUpDoubted();
                }
            }
            log.warn("enrolment_failed")
                    .with("error", String.valueOf(cause.getMessage()))
                    .say("the server has not taken the key; it will be asked again");
        }
    }

    /** Neither its certificate nor itself is good any more: what is left is a token. */
    private synchronized void giveUpDoubted() {
        OwnKey current = ring.current();
        if (current != null && standing.isDoubted(current.keyId())) {
            standing.refuse(current.keyId());
        }
    }

    /** The server will never take this key: the next question is for another. */
    private synchronized void dropNext() {
        OwnKey next = ring.next();
        if (next != null && next.grant() == null) {
            boolean _ = ring.store(ring.keys().withNext(OwnKey.fresh(clock.instant())));
        }
    }

    private Step step() {
        OwnKey current = ring.current();
        OwnKey next = ring.next();
        if (enrolment == null) {
            return new Step.Nothing();
        }
        if (waitsToConnect()) {
            return new Step.Nothing();
        }
        if (current != null && !standing.isRefused(current.keyId())) {
            Grant grant = current.grant();
            boolean due = grant != null && (isDue(grant) || standing.isDoubted(current.keyId()));
            return next != null || due ? new Step.ByOlderKey(current) : new Step.Nothing();
        }
        return token.read()
                .filter(text -> !isUsed(text))
                .<Step>map(Step.ByToken::new)
                .orElseGet(Step.Nothing::new);
    }

    /** Due, too, is a key that was enrolled before certificates were asked for. */
    private boolean isDue(Grant grant) {
        return grant.dueForRenewal(clock.instant())
                || (ring.certificates() && grant.chain().isEmpty());
    }

    /** A token that gave a key which is refused by now cannot give another (spec 2.1). */
    private boolean isUsed(String text) {
        String digest = JoinToken.digest(text);
        return isFrom(ring.current(), digest) || isFrom(ring.next(), digest);
    }

    private static boolean isFrom(@Nullable OwnKey key, String token) {
        return key != null && token.equals(key.tokenSha256());
    }

    private CompletionStage<Boolean> ask(Step step) {
        Enrolment server = enrolment;
        if (server == null || step instanceof Step.Nothing) {
            return CompletableFuture.completedFuture(false);
        }
        OwnKey next = askable(step);
        if (next == null) {
            return CompletableFuture.failedFuture(
                    new NotEnrolled("the new key cannot be stored, so nobody hears of it"));
        }
        return switch (step) {
            case Step.ByToken(String text) ->
                    server.byToken(next, text)
                            .thenApply(grant -> granted(next, grant, JoinToken.digest(text)));
            case Step.ByOlderKey(OwnKey older) ->
                    server.byOlderKey(next, older).thenApply(grant -> granted(next, grant, null));
            case Step.Nothing _ -> CompletableFuture.completedFuture(false);
        };
    }

    /** The key to be enrolled, on disk; null when it cannot be put there. */
    private @Nullable OwnKey askable(Step step) {
        OwnKey next = ring.next();
        if (next != null && next.grant() == null) {
            return next;
        }
        // One that was refused may be vouched for again by its older one; a token needs another.
        OwnKey wanted =
                next != null && step instanceof Step.ByOlderKey
                        ? next.ungranted()
                        : OwnKey.fresh(clock.instant());
        return ring.store(ring.keys().withNext(wanted)) ? wanted : null;
    }

    private synchronized boolean granted(OwnKey key, Grant grant, @Nullable String digest) {
        if (!ring.store(ring.keys().withNext(key.granted(grant, digest)))) {
            throw new CompletionException(
                    new NotEnrolled("the server's answer cannot be stored, so it is not used"));
        }
        standing.restore(grant.keyId());
        grantedAt = clock.instant();
        log.info("enrolled")
                .with("key_id", grant.keyId())
                .with("expires_at", grant.expiresAt() == null ? "never" : grant.expiresAt())
                .with("certificate_expires_at", certificateEnd(grant))
                .say("the server has taken the key");
        return true;
    }

    private static Object certificateEnd(Grant grant) {
        return grant.certificateEnd().<Object>map(end -> end).orElse("none");
    }
}
