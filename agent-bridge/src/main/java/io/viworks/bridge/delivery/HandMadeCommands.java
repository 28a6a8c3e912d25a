package io.viworks.bridge.delivery;

import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.verb.Verb;
import io.viworks.protocol.verb.VerbCatalogue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes the envelope of a record somebody wrote by hand (spec 3.1), with the catalogue's timeout.
 * Thread-safe.
 */
final class HandMadeCommands {
    /** Who issued it, as the envelope says. */
    static final String ISSUED_BY = "stream";

    /** The timeout of a verb nobody knows, which no agent runs either. */
    private static final int UNKNOWN_TIMEOUT_S = 45;

    private final VerbCatalogue verbs;
    private final Supplier<UUID> nonces;
    private final FrameCodec codec = new FrameCodec();

    HandMadeCommands(VerbCatalogue verbs, Supplier<UUID> nonces) {
        this.verbs = verbs;
        this.nonces = nonces;
    }

    /** What is wrong with the record; empty when an agent may be asked. */
    List<String> mistakes(StreamRecord.HandMade made) {
        Optional<Verb> verb = verbs.find(made.command());
        if (verb.isEmpty()) {
            return List.of("command must be one of the catalogue's verbs");
        }
        ObjectNode args;
        try {
            args = args(made);
        } catch (BadFrame bad) {
            return List.of("params must be a JSON object: " + bad.problem());
        }
        List<String> mistakes = new ArrayList<>();
        for (Verb.Violation violation : verb.get().validate(args)) {
            mistakes.add("params" + violation.pointer() + " " + violation.message());
        }
        if (verb.get().carriesSecrets(args)) {
            mistakes.add("params must hold no secret: only admin-api can seal one");
        }
        return mistakes;
    }

    /** The envelope, also of a record with mistakes: its release must name it, too. */
    Envelope envelope(StreamRecord.HandMade made) {
        ObjectNode args;
        try {
            args = args(made);
        } catch (BadFrame _) {
            args = JsonNodeFactory.instance.objectNode();
        }
        int timeout =
                verbs.find(made.command())
                        .map(verb -> Math.toIntExact(verb.timeout().toSeconds()))
                        .orElse(UNKNOWN_TIMEOUT_S);
        return new Envelope(
                made.correlationId(),
                made.agentId(),
                made.command(),
                args,
                made.ts(),
                made.expiresAt(),
                nonces.get(),
                timeout,
                ISSUED_BY);
    }

    /** The envelope as it is carried. */
    Bytes bytes(StreamRecord.HandMade made) {
        return Bytes.of(codec.encodeEnvelope(envelope(made)));
    }

    private ObjectNode args(StreamRecord.HandMade made) throws BadFrame {
        return codec.decodeObject(made.params().getBytes(StandardCharsets.UTF_8));
    }
}
