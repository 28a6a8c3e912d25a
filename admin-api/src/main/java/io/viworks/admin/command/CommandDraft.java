package io.viworks.admin.command;

import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.ledger.NewCommand;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.sealing.Contents;
import io.viworks.protocol.sealing.SealingKeys;
import io.viworks.protocol.signing.EnvelopeSigner;
import io.viworks.protocol.verb.Verb;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/**
 * Makes of a checked request the command with its envelope, made once; one with secrets leaves here
 * sealed (spec 4, "Secrets"). Thread-safe.
 */
@Component
final class CommandDraft {
    private static final Logger log = LoggerFactory.getLogger(CommandDraft.class);

    private final FrameCodec codec;
    private final InstantSource clock;
    private final Supplier<UUID> ids;
    private final Optional<EnvelopeSigner> signer;
    private final Optional<SealingKeys> sealing;

    CommandDraft(
            FrameCodec codec, InstantSource clock, Supplier<UUID> ids, CommandSettings settings) {
        this.codec = codec;
        this.clock = clock;
        this.ids = ids;
        this.signer = settings.signer();
        this.sealing = settings.sealing();
        signer.ifPresent(one ->
                log.atInfo()
                        .addKeyValue("event", "commands_signed")
                        .addKeyValue("kid", one.kid())
                        .log("Every command is signed at its acceptance"));
        sealing.ifPresent(keys ->
                log.atInfo()
                        .addKeyValue("event", "secrets_sealed")
                        .addKeyValue("kid", keys.kid())
                        .log("Commands with secrets are sealed at their acceptance"));
    }

    /**
     * Whose command it is, and for which gateway.
     *
     * @param from the caller's address
     * @param key the request's name, per caller and gateway
     * @param trace the trace it belongs to
     * @param batch the batch it is one of
     */
    record For(
            Caller caller,
            String from,
            AgentId agentId,
            Optional<String> key,
            Optional<String> trace,
            Optional<UUID> batch) {}

    /** Whether commands with these arguments are sealed. */
    boolean seals(CommandRequest.Asked asked, Verb verb) {
        return keysFor(verb, asked).isPresent();
    }

    /**
     * What tells this request, for these gateways, from another under the same name.
     *
     * @param gateways as they were asked for
     */
    List<Bytes> hashes(CommandRequest.Asked asked, Verb verb, JsonNode gateways) {
        return keysFor(verb, asked)
                .map(ring -> RequestHash.of(asked, gateways, ring))
                .orElseGet(() -> RequestHash.of(asked, gateways));
    }

    /** The arguments as JSON, with every secret masked. */
    String masked(CommandRequest.Asked asked, Verb verb) {
        return new String(
                codec.encodeObject(verb.masked(asked.arguments())), StandardCharsets.UTF_8);
    }

    /**
     * The command, issued now. Milliseconds are what every store on its way keeps.
     *
     * @throws Refusal {@link ProblemCode#SECRETS_UNAVAILABLE} when it would have to be sealed and
     *     nothing here can
     */
    NewCommand of(For whom, CommandRequest.Asked asked, Verb verb) {
        Instant issuedAt = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Optional<SealingKeys> keys = keysFor(verb, asked);
        Duration timeout = asked.timeout().orElse(verb.timeout());
        Envelope envelope =
                new Envelope(
                        asked.correlationId().orElseGet(() -> new CorrelationId(ids.get())),
                        whom.agentId(),
                        verb.name(),
                        asked.arguments(),
                        issuedAt,
                        issuedAt.plus(asked.ttl()),
                        ids.get(),
                        Math.toIntExact(timeout.toSeconds()),
                        whom.caller().name());
        return new NewCommand(
                envelope.correlationId(),
                envelope.agentId(),
                envelope.verb(),
                masked(asked, verb),
                payload(envelope, keys),
                whom.trace().orElse(null),
                asked.delivery(),
                whom.key().orElse(null),
                keys.map(ring -> RequestHash.of(asked, ring))
                        .orElseGet(() -> RequestHash.of(asked)),
                whom.batch().orElse(null),
                envelope.issuedBy(),
                whom.from(),
                envelope.issuedAt(),
                envelope.expiresAt(),
                envelope.timeoutS());
    }

    /** The ring, for a command with secrets only. */
    private Optional<SealingKeys> keysFor(Verb verb, CommandRequest.Asked asked) {
        if (!verb.carriesSecrets(asked.arguments())) {
            return Optional.empty();
        }
        if (sealing.isEmpty()) {
            throw Refusal.of(
                    ProblemCode.SECRETS_UNAVAILABLE,
                    "these arguments of "
                            + verb.name()
                            + " are secret, and VIW_SEALING_KEYS_FILE is not set here: nothing"
                            + " could seal them");
        }
        return sealing;
    }

    /** The signature is over the very bytes that are stored and carried, sealed or not. */
    private StreamRecord.Payload payload(Envelope envelope, Optional<SealingKeys> keys) {
        Bytes bytes = Bytes.of(written(envelope));
        @Nullable String jws = signer.map(one -> one.sign(bytes)).orElse(null);
        return keys.<StreamRecord.Payload>map(ring ->
                        new StreamRecord.Payload.Sealed(
                                ring.seal(
                                        envelope.correlationId(),
                                        envelope.agentId(),
                                        Contents.of(bytes, jws))))
                .orElseGet(() -> new StreamRecord.Payload.Clear(bytes, jws));
    }

    /** The envelope's bytes, read back: what an agent could not read must not be accepted. */
    private byte[] written(Envelope envelope) {
        byte[] bytes = codec.encodeEnvelope(envelope);
        try {
            codec.decodeEnvelope(bytes);
        } catch (BadFrame unreadable) {
            throw Refusal.of(
                    ProblemCode.INVALID_ARGUMENTS,
                    "the arguments hold something no agent could read",
                    List.of(InputError.at("/parameters", String.valueOf(unreadable.getMessage()))));
        }
        return bytes;
    }
}
