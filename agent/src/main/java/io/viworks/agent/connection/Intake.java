package io.viworks.agent.connection;

import io.viworks.agent.journal.Entry;
import io.viworks.agent.journal.Journal;
import io.viworks.agent.run.CommandExecutor;
import io.viworks.agent.run.Refusal;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.ErrorCodes;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.verb.VerbCatalogue;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The checks of a COMMAND that the journal does not know, in the order of spec 3.4. */
final class Intake {
    private static final FrameCodec CODEC = new FrameCodec();

    private final AgentId agentId;
    private final Journal journal;
    private final CommandExecutor executor;

    Intake(AgentId agentId, Journal journal, CommandExecutor executor) {
        this.agentId = agentId;
        this.journal = journal;
        this.executor = executor;
    }

    /**
     * Agent id, expiry, nonce, verb, schema and policy: why it is not run, or empty.
     *
     * @param now by the bridge's clock
     */
    Optional<Refusal> refusal(Envelope envelope, Instant now) {
        if (!envelope.agentId().equals(agentId)) {
            return refusal(ErrorCodes.VALIDATION_FAILED, "agent_id must be " + agentId);
        }
        if (isPast(envelope.expiresAt(), now)) {
            return refusal(ErrorCodes.EXPIRED, "expires_at is past");
        }
        boolean replayed =
                journal.nonceOwner(envelope.nonce())
                        .filter(owner -> !owner.equals(envelope.correlationId()))
                        .isPresent();
        if (replayed) {
            return refusal(ErrorCodes.REPLAY_DETECTED, "nonce belongs to another command");
        }
        return executor.check(envelope);
    }

    /** Whether what had to start by this instant is too late, whatever the clock says. */
    boolean isPast(Instant expiresAt, Instant now) {
        return !expiresAt.isAfter(now) || !expiresAt.isAfter(journal.horizon());
    }

    /**
     * What the journal keeps of a command: never its arguments. Nor is anything kept that a secret
     * could be guessed from: the digest is of the arguments with the secrets masked, and what tells
     * a command from another is its id and its nonce.
     */
    static Entry.Order order(Envelope envelope) {
        return new Entry.Order(
                envelope.correlationId(),
                envelope.verb(),
                envelope.nonce(),
                envelope.expiresAt(),
                envelope.timeoutS(),
                digest(envelope));
    }

    private static Bytes digest(Envelope envelope) {
        ObjectNode shown =
                VerbCatalogue.standard()
                        .find(envelope.verb())
                        .map(verb -> verb.masked(envelope.args()))
                        .orElseGet(JsonNodeFactory.instance::objectNode);
        try {
            return Bytes.of(MessageDigest.getInstance("SHA-256").digest(CODEC.encodeObject(shown)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static Optional<Refusal> refusal(String code, String message) {
        return Optional.of(new Refusal(code, message));
    }
}
