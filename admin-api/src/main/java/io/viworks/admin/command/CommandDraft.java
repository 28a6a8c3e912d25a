package io.viworks.admin.command;

import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.ledger.NewCommand;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.FrameCodec;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Makes of a checked request the command with its envelope, made once. Thread-safe. */
@Component
final class CommandDraft {
    private static final Logger log = LoggerFactory.getLogger(CommandDraft.class);

    private final FrameCodec codec;
    private final InstantSource clock;
    private final Supplier<UUID> ids;
    private final Optional<EnvelopeSigner> signer;

    CommandDraft(
            FrameCodec codec, InstantSource clock, Supplier<UUID> ids, CommandSettings settings) {
        this.codec = codec;
        this.clock = clock;
        this.ids = ids;
        this.signer = settings.signer();
        signer.ifPresent(one ->
                log.atInfo()
                        .addKeyValue("event", "commands_signed")
                        .addKeyValue("kid", one.kid())
                        .log("Every command is signed at its acceptance"));
    }

    /** The command, issued now. Milliseconds are what every store on its way keeps. */
    NewCommand of(Acceptance.Ask ask, CommandRequest.Asked asked, Verb verb) {
        Instant issuedAt = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Duration timeout = asked.timeout().orElse(verb.timeout());
        Envelope envelope =
                new Envelope(
                        asked.correlationId().orElseGet(() -> new CorrelationId(ids.get())),
                        ask.agentId(),
                        verb.name(),
                        asked.arguments(),
                        issuedAt,
                        issuedAt.plus(asked.ttl()),
                        ids.get(),
                        Math.toIntExact(timeout.toSeconds()),
                        ask.caller().name());
        return new NewCommand(
                envelope.correlationId(),
                envelope.agentId(),
                envelope.verb(),
                new String(
                        codec.encodeObject(verb.masked(asked.arguments())), StandardCharsets.UTF_8),
                payload(Bytes.of(written(envelope))),
                ask.trace().orElse(null),
                asked.delivery(),
                ask.key().orElse(null),
                RequestHash.of(asked),
                null,
                envelope.issuedBy(),
                envelope.issuedAt(),
                envelope.expiresAt(),
                envelope.timeoutS());
    }

    /** The signature is over the very bytes that are stored and carried. */
    private StreamRecord.Payload payload(Bytes envelope) {
        return new StreamRecord.Payload.Clear(
                envelope, signer.map(one -> one.sign(envelope)).orElse(null));
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
