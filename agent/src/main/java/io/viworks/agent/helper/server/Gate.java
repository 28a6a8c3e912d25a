package io.viworks.agent.helper.server;

import io.viworks.agent.helper.BadRequest;
import io.viworks.agent.helper.HelperCodes;
import io.viworks.agent.helper.HelperRequest;
import io.viworks.agent.helper.HelperSecret;
import io.viworks.agent.helper.HelperWire;
import io.viworks.agent.process.Program;
import io.viworks.agent.process.Secrets;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.Limits;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.ErrorCodes;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides what is run, in this order: MAC, form, agent, freshness, verb, signature, schema, table,
 * program, memory. What has passed is written down as begun. Thread-safe.
 */
final class Gate {
    /** How far the agent's clock may be ahead: both are on one machine. */
    static final Duration SKEW = Duration.ofSeconds(30);

    /** How long an id is remembered at least. */
    static final Duration REMEMBERED = Duration.ofHours(24);

    /** Longest life of a signed command that is still run: beyond it none could be remembered. */
    static final Duration MAX_LIFE = Duration.ofDays(8);

    private final HelperConfig config;
    private final Signers signers;
    private final Memory memory;
    private final InstantSource clock;

    Gate(HelperConfig config, Signers signers, Memory memory, InstantSource clock) {
        this.config = config;
        this.signers = signers;
        this.memory = memory;
        this.clock = clock;
    }

    /**
     * What may be run, and has been written down as begun.
     *
     * @param issuedBy who signed for it; null when nobody had to
     */
    record Permit(
            HelperRequest request, Program program, Secrets secrets, @Nullable String issuedBy) {
        /** Names the command, and says nothing of its arguments. */
        @Override
        public String toString() {
            return request.toString();
        }
    }

    /** What a line asks for; only its MAC has been looked at, and its form. */
    HelperRequest request(byte[] line) throws BadRequest {
        return HelperRequest.parse(HelperWire.verified(secret(), line));
    }

    /** A digest of the arguments that only holders of the secret can make again. */
    String digest(HelperRequest request) throws BadRequest {
        return HelperWire.mac(secret(), Entry.CODEC.encodeObject(request.args()));
    }

    /** Lets it in, once, or says why not; a refused request's nonce is spent as well. */
    Permit permit(HelperRequest request) throws BadRequest {
        Instant now = clock.instant();
        try {
            return permit(request, now);
        } catch (BadRequest e) {
            refused(request);
            throw e;
        }
    }

    /** Spends the nonce of a request that is not run, whatever the reason. */
    void refused(HelperRequest request) {
        Instant last = last(request);
        if (last.isAfter(clock.instant())) {
            memory.burn(request.nonce(), last, clock.instant());
        }
    }

    private Permit permit(HelperRequest request, Instant now) throws BadRequest {
        if (!request.agentId().equals(config.agentId())) {
            throw new BadRequest(
                    ErrorCodes.VALIDATION_FAILED, "agent_id must be " + config.agentId());
        }
        if (request.issuedAt().isAfter(now.plus(SKEW))) {
            throw new BadRequest(
                    ErrorCodes.CLOCK_SKEW,
                    "issued_at must not be more than " + SKEW.toSeconds() + " s ahead");
        }
        if (!now.isBefore(request.issuedAt().plusSeconds(request.ttlS()))) {
            throw new BadRequest(ErrorCodes.EXPIRED, "issued_at and ttl_s are past");
        }
        Entry entry = config.table().get(request.verb());
        if (entry == null) {
            throw new BadRequest(
                    ErrorCodes.VERB_NOT_ALLOWED,
                    "the helper's table has no such verb; it has "
                            + config.table().keySet().stream()
                                    .sorted()
                                    .collect(Collectors.joining(", ")));
        }
        Envelope envelope = signers.required() ? signed(request, now) : null;
        var violations = entry.verb().validate(request.args());
        if (!violations.isEmpty()) {
            throw new BadRequest(
                    ErrorCodes.VALIDATION_FAILED,
                    violations.stream()
                            .map(violation -> violation.pointer() + " " + violation.message())
                            .collect(Collectors.joining("; ")));
        }
        Program program =
                entry.program(request.correlationId(), request.args(), most(request, envelope));
        try {
            entry.mustBeSound();
        } catch (IOException e) {
            throw new BadRequest(HelperCodes.NOT_READY, String.valueOf(e.getMessage()));
        }
        Instant lastUse =
                envelope == null ? last(request) : envelope.expiresAt().plus(Limits.CLOCK_WINDOW);
        Instant until = now.plus(REMEMBERED);
        memory.begin(
                request.correlationId(),
                request.nonce(),
                request.verb(),
                lastUse,
                lastUse.isAfter(until) ? lastUse : until,
                now);
        return new Permit(
                request,
                program,
                Secrets.of(entry.verb().secretValues(request.args())),
                envelope == null ? null : envelope.issuedBy());
    }

    /** The command as an admin signed it, and nothing else than what is asked for (spec 6). */
    private Envelope signed(HelperRequest request, Instant now) throws BadRequest {
        Envelope envelope = signers.verified(request.jws());
        mustBeSigned("agent_id", envelope.agentId().equals(request.agentId()));
        mustBeSigned("correlation_id", envelope.correlationId().equals(request.correlationId()));
        mustBeSigned("verb", envelope.verb().equals(request.verb()));
        mustBeSigned("args", envelope.args().equals(request.args()));
        // the agent starts by the bridge's clock, which may be off from this machine's by so much
        if (!now.isBefore(envelope.expiresAt().plus(Limits.CLOCK_WINDOW))) {
            throw new BadRequest(ErrorCodes.EXPIRED, "the signed command's expires_at is past");
        }
        if (envelope.issuedAt().isAfter(now.plus(Limits.CLOCK_WINDOW))) {
            throw new BadRequest(
                    ErrorCodes.CLOCK_SKEW, "the signed command's issued_at must not be ahead");
        }
        if (envelope.expiresAt().isAfter(now.plus(MAX_LIFE))) {
            throw new BadRequest(
                    ErrorCodes.VALIDATION_FAILED,
                    "the signed command must expire within " + MAX_LIFE.toDays() + " days");
        }
        return envelope;
    }

    private static void mustBeSigned(String field, boolean same) throws BadRequest {
        if (!same) {
            throw new BadRequest(ErrorCodes.BAD_SIGNATURE, field + " must be the signed one");
        }
    }

    private static Duration most(HelperRequest request, @Nullable Envelope envelope) {
        long asked = request.timeoutS() == 0 ? Integer.MAX_VALUE : request.timeoutS();
        long signed = envelope == null ? Integer.MAX_VALUE : envelope.timeoutS();
        return Duration.ofSeconds(Math.min(asked, signed));
    }

    private static Instant last(HelperRequest request) {
        return request.issuedAt().plusSeconds(request.ttlS());
    }

    private Bytes secret() throws BadRequest {
        try {
            Owners.mustBeTrusted(config.secretFile());
            return HelperSecret.read(config.secretFile());
        } catch (IOException e) {
            throw new BadRequest(HelperCodes.NOT_READY, String.valueOf(e.getMessage()));
        }
    }
}
