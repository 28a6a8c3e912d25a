package io.viworks.bridge.handshake;

import io.viworks.backplane.WorldAway;
import io.viworks.backplane.directory.Directory;
import io.viworks.backplane.directory.DirectoryEntry;
import io.viworks.backplane.directory.Nonces;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamRecord.Auth;
import io.viworks.bridge.certificate.AgentCertificates;
import io.viworks.bridge.certificate.ClientCertificate;
import io.viworks.bridge.certificate.Judgement;
import io.viworks.bridge.certificate.Presented;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.handshake.HandshakeRefused;
import io.viworks.protocol.handshake.HandshakeRequest;
import io.viworks.protocol.handshake.HandshakeRequest.Proof;
import io.viworks.protocol.handshake.Refusal;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The checks before the upgrade, in the order of the table of spec 2.1. Thread-safe. */
public final class Handshake {
    private static final String AWAY = "the bridge cannot check handshakes just now; try again";

    private final HandshakeSettings settings;
    private final Admission admission;
    private final Edge edge;
    private final Optional<AgentCertificates> certificates;
    private final Proofs proofs;
    private final Directory directory;
    private final Nonces nonces;
    private final BridgeId bridge;
    private final Consumer<StreamRecord.Refused> refusals;
    private final InstantSource clock;

    /**
     * With its parts.
     *
     * @param certificates judges those of agents, in modes with certificates
     * @param refusals takes the record of a proved agent that was refused for its clock
     */
    public Handshake(
            HandshakeSettings settings,
            Admission admission,
            Optional<AgentCertificates> certificates,
            Directory directory,
            Nonces nonces,
            BridgeId bridge,
            Consumer<StreamRecord.Refused> refusals,
            InstantSource clock) {
        this.settings = settings;
        this.admission = admission;
        if (certificates.isPresent() != settings.mode().hasCertificate()) {
            throw new IllegalArgumentException(
                    "certificates are judged in modes with certificates");
        }
        this.edge = new Edge(settings.trustedProxies(), settings.edgeSecrets());
        this.certificates = certificates;
        this.proofs = new Proofs(settings.secret(), new SecureRandom());
        this.directory = directory;
        this.nonces = nonces;
        this.bridge = bridge;
        this.refusals = refusals;
        this.clock = clock;
    }

    /**
     * Judges one handshake.
     *
     * @param path without query
     * @param headers all values of a header by its name
     * @param tls what the client showed to this server itself
     * @param loop where what follows Redis's answers goes on
     * @return never fails; an accepted one holds a place that its taker gives back
     */
    CompletionStage<Verdict> check(
            String method,
            String path,
            Function<String, List<String>> headers,
            InetSocketAddress peer,
            Supplier<Presented> tls,
            Executor loop) {
        HandshakeRequest request;
        boolean fromEdge = edge.sent(peer, headers);
        try {
            request = HandshakeRequest.parse(method, path, headers);
            if (fromEdge) {
                ShownCertificate.requireOnce(headers);
            }
        } catch (HandshakeRefused refused) {
            return done(Verdict.Refused.of(refused.refusal(), refused.detail()));
        }
        String ip = ClientAddress.of(peer, fromEdge, headers);
        return switch (admission.enter(ip)) {
            case Admission.Answer.Out(var refused) -> done(refused);
            case Admission.Answer.In(var slot) ->
                    new Checks(request, ip, slot, loop)
                            .run(() -> fromEdge ? ShownCertificate.byEdge(headers) : tls.get())
                            .handle((verdict, failure) -> ended(slot, verdict, failure));
        };
    }

    private Verdict ended(
            Admission.Slot slot, @Nullable Verdict verdict, @Nullable Throwable failure) {
        if (verdict instanceof Verdict.Accepted) {
            return verdict;
        }
        slot.close();
        if (verdict != null) {
            return verdict;
        }
        if (failure instanceof CompletionException wrapped && wrapped.getCause() != null) {
            failure = wrapped.getCause();
        }
        if (failure instanceof WorldAway) {
            return away();
        }
        throw new CompletionException(failure);
    }

    private Verdict.Refused away() {
        return admission.refused(Refusal.BACKPLANE_DOWN, AWAY, 10);
    }

    private static CompletionStage<Verdict> done(Verdict verdict) {
        return CompletableFuture.completedFuture(verdict);
    }

    /** What the directory says of the agent; {@code known} is false when nobody can say. */
    private record Listing(boolean known, Optional<DirectoryEntry> entry) {
        static final Listing UNKNOWN = new Listing(false, Optional.empty());
    }

    /** The checks of one request, from row 3 on. */
    private final class Checks {
        private final HandshakeRequest request;
        private final String ip;
        private final Admission.Slot slot;
        private final Executor loop;
        private @Nullable ClientCertificate certificate;

        Checks(HandshakeRequest request, String ip, Admission.Slot slot, Executor loop) {
            this.request = request;
            this.ip = ip;
            this.slot = slot;
            this.loop = loop;
        }

        CompletionStage<Verdict> run(Supplier<Presented> presented) {
            Verdict.@Nullable Refused refused = uncertified(presented);
            // With a certificate the rest of row 3 comes first: whether it is enrolled.
            if (refused == null && certificate == null) {
                refused = unproved();
            }
            if (refused != null) {
                return done(refused);
            }
            return listing().thenComposeAsync(this::listed, loop);
        }

        /** Row 3 as far as it needs nothing from Redis. */
        private Verdict.@Nullable Refused uncertified(Supplier<Presented> presented) {
            if (certificates.isEmpty()) {
                return null;
            }
            return switch (presented.get()) {
                case Presented.Nothing _ ->
                        Verdict.Refused.of(
                                Refusal.CERTIFICATE_REQUIRED, "a client certificate must be shown");
                case Presented.Unusable(var why) -> mismatch(why);
                case Presented.Der(var der) ->
                        switch (certificates.get().judge(der)) {
                            case Judgement.Bad(var why) -> mismatch(why);
                            case Judgement.Good(var good) when !good.names(request.agentId()) ->
                                    mismatch("the certificate must name the agent");
                            case Judgement.Good(var good) -> {
                                certificate = good;
                                yield null;
                            }
                        };
            };
        }

        private static Verdict.Refused mismatch(String why) {
            return Verdict.Refused.of(Refusal.CERTIFICATE_MISMATCH, why);
        }

        /** The rest of row 3. Without the directory nobody knows, and nobody comes in. */
        private Verdict.@Nullable Refused unenrolled(Listing listing) {
            ClientCertificate shown = certificate;
            if (shown == null || !listing.known()) {
                return null;
            }
            return listing.entry().stream()
                            .anyMatch(entry -> entry.fingerprints().contains(shown.fingerprint()))
                    ? null
                    : mismatch("the certificate must be enrolled for the agent");
        }

        /** Row 4 as far as it needs nothing from Redis. */
        private Verdict.@Nullable Refused unproved() {
            if (!settings.mode().hasProof()) {
                return null;
            }
            return switch (request.proof()) {
                case Proof.SharedSecret mac ->
                        proofs.verify(mac, request.text())
                                ? null
                                : Verdict.Refused.of(
                                        Refusal.BAD_SIGNATURE,
                                        "X-Agent-Auth must be the HMAC of the request");
                case Proof.Absent _ ->
                        Verdict.Refused.of(
                                Refusal.SECRET_MISMATCH,
                                "X-Agent-Auth or X-Agent-Signature must be sent");
                case Proof.OwnKey _ -> null;
            };
        }

        private CompletionStage<Listing> listing() {
            return directory
                    .version()
                    .thenCombine(
                            directory.find(request.agentId()),
                            (version, entry) ->
                                    version.isPresent()
                                            ? new Listing(true, entry)
                                            : Listing.UNKNOWN)
                    .exceptionally(_ -> Listing.UNKNOWN);
        }

        private CompletionStage<Verdict> listed(Listing listing) {
            Verdict.@Nullable Refused refused = unenrolled(listing);
            if (refused == null && certificate != null) {
                refused = unproved();
            }
            if (refused == null && settings.mode() != AuthMode.NONE) {
                refused = wrongCredential(listing);
            }
            if (refused == null) {
                refused = wrongClock();
            }
            if (refused == null && !listing.known()) {
                refused = away();
            }
            if (refused != null) {
                return done(refused);
            }
            return nonces.use(request.agentId(), request.nonce().toString())
                    .thenApplyAsync(fresh -> rightful(fresh, listing.entry()), loop);
        }

        /** The rest of row 4. */
        private Verdict.@Nullable Refused wrongCredential(Listing listing) {
            return switch (request.proof()) {
                case Proof.OwnKey _ when !listing.known() -> away();
                case Proof.OwnKey key ->
                        proofs.verify(key, request.text(), listing.entry())
                                ? null
                                : Verdict.Refused.of(
                                        Refusal.BAD_SIGNATURE,
                                        "X-Agent-Signature must be made with a key of the agent");
                // Its certificate is a credential of its own, and was shown.
                case Proof.SharedSecret _
                        when certificate == null
                                && listing.entry()
                                        .map(DirectoryEntry::ownCredential)
                                        .orElse(false) ->
                        Verdict.Refused.of(
                                Refusal.CREDENTIAL_REQUIRED,
                                "this agent has a credential of its own and must use it");
                case Proof.SharedSecret _, Proof.Absent _ -> null;
            };
        }

        /** Row 5. */
        private Verdict.@Nullable Refused wrongClock() {
            Instant now = clock.instant();
            if (request.isFresh(now)) {
                return null;
            }
            refusals.accept(
                    new StreamRecord.Refused(
                            request.agentId(),
                            now,
                            bridge,
                            Refusal.CLOCK_SKEW.code(),
                            skewMs(now),
                            ip));
            return new Verdict.Refused(
                    Refusal.CLOCK_SKEW, "X-Timestamp must be within 5 minutes of now", 0, now);
        }

        /** The agent's lead; an instant of another era counts as the longest there is. */
        private long skewMs(Instant now) {
            try {
                return request.skew(now).toMillis();
            } catch (ArithmeticException e) {
                return request.timestamp().isBefore(now) ? Long.MIN_VALUE : Long.MAX_VALUE;
            }
        }

        /** Rows 6 and 7. */
        private Verdict rightful(boolean fresh, Optional<DirectoryEntry> entry) {
            if (!fresh) {
                return Verdict.Refused.of(
                        Refusal.NONCE_REPLAYED, "X-Nonce must be fresh for every attempt");
            }
            if (!settings.allowlist().allows(request.agentId())) {
                return Verdict.Refused.of(
                        Refusal.NOT_ALLOWED, "this agent is not on the allowlist");
            }
            return switch (entry.map(DirectoryEntry::status).orElse(DirectoryEntry.Status.ACTIVE)) {
                case REVOKED -> Verdict.Refused.of(Refusal.REVOKED, "this agent is revoked");
                case DECOMMISSIONED ->
                        Verdict.Refused.of(
                                Refusal.DECOMMISSIONED, "this gateway is decommissioned");
                case ACTIVE ->
                        admission
                                .assign(slot, request.agentId())
                                .<Verdict>map(
                                        why -> admission.refused(Refusal.RATE_LIMITED, why, 30))
                                .orElseGet(this::accepted);
            };
        }

        private Verdict accepted() {
            ClientCertificate shown = certificate;
            Auth auth = Auth.SHARED;
            String credential = null;
            if (settings.mode() == AuthMode.NONE) {
                auth = Auth.NONE;
            } else if (request.proof() instanceof Proof.OwnKey key) {
                auth = Auth.KEY;
                credential = key.keyId();
            } else if (shown != null) {
                auth = Auth.CERT;
                credential = shown.keyId();
            }
            return new Verdict.Accepted(request.agentId(), auth, credential, shown, ip, slot);
        }
    }
}
