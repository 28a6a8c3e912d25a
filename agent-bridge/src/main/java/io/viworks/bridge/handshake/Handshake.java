package io.viworks.bridge.handshake;

import io.viworks.backplane.WorldAway;
import io.viworks.backplane.directory.Directory;
import io.viworks.backplane.directory.DirectoryEntry;
import io.viworks.backplane.directory.Nonces;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamRecord.Auth;
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
import org.jspecify.annotations.Nullable;

/** The checks before the upgrade, in the order of the table of spec 2.1. Thread-safe. */
public final class Handshake {
    private static final String AWAY = "the bridge cannot check handshakes just now; try again";

    private final HandshakeSettings settings;
    private final Admission admission;
    private final ClientAddress addresses;
    private final Proofs proofs;
    private final Directory directory;
    private final Nonces nonces;
    private final BridgeId bridge;
    private final Consumer<StreamRecord.Refused> refusals;
    private final InstantSource clock;

    /**
     * With its parts.
     *
     * @param refusals takes the record of a proved agent that was refused for its clock
     */
    public Handshake(
            HandshakeSettings settings,
            Admission admission,
            Directory directory,
            Nonces nonces,
            BridgeId bridge,
            Consumer<StreamRecord.Refused> refusals,
            InstantSource clock) {
        this.settings = settings;
        this.admission = admission;
        this.addresses = new ClientAddress(settings.trustedProxies(), settings.edgeSecret());
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
     * @param loop where what follows Redis's answers goes on
     * @return never fails; an accepted one holds a place that its taker gives back
     */
    CompletionStage<Verdict> check(
            String method,
            String path,
            Function<String, List<String>> headers,
            InetSocketAddress peer,
            Executor loop) {
        HandshakeRequest request;
        try {
            request = HandshakeRequest.parse(method, path, headers);
        } catch (HandshakeRefused refused) {
            return done(Verdict.Refused.of(refused.refusal(), refused.detail()));
        }
        String ip = addresses.of(peer, headers);
        return switch (admission.enter(ip)) {
            case Admission.Answer.Out(var refused) -> done(refused);
            case Admission.Answer.In(var slot) ->
                    new Checks(request, ip, slot, loop)
                            .run()
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

    /** The checks of one request, from row 4 on. */
    private final class Checks {
        private final HandshakeRequest request;
        private final String ip;
        private final Admission.Slot slot;
        private final Executor loop;

        Checks(HandshakeRequest request, String ip, Admission.Slot slot, Executor loop) {
            this.request = request;
            this.ip = ip;
            this.slot = slot;
            this.loop = loop;
        }

        CompletionStage<Verdict> run() {
            Verdict.@Nullable Refused refused = unproved();
            if (refused != null) {
                return done(refused);
            }
            return listing().thenComposeAsync(this::listed, loop);
        }

        /** Row 4 as far as it needs nothing from Redis. */
        private Verdict.@Nullable Refused unproved() {
            if (settings.mode() == AuthMode.NONE) {
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
            Verdict.@Nullable Refused refused =
                    settings.mode() == AuthMode.NONE ? null : wrongCredential(listing);
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
                case Proof.SharedSecret _
                        when listing.entry().map(DirectoryEntry::ownCredential).orElse(false) ->
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
            boolean own =
                    settings.mode() == AuthMode.HMAC && request.proof() instanceof Proof.OwnKey;
            Auth auth = settings.mode() == AuthMode.NONE ? Auth.NONE : own ? Auth.KEY : Auth.SHARED;
            String credential =
                    own && request.proof() instanceof Proof.OwnKey key ? key.keyId() : null;
            return new Verdict.Accepted(request.agentId(), auth, credential, ip, slot);
        }
    }
}
