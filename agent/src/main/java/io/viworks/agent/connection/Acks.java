package io.viworks.agent.connection;

import io.viworks.agent.journal.Entry;
import io.viworks.agent.run.Refusal;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.AgentFrame.Ack;
import io.viworks.protocol.frame.AgentFrame.AckStatus;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.ErrorCodes;
import java.time.Duration;

/** Says to the bridge what became of a COMMAND. Used on the loop only. */
final class Acks {
    private final AgentId agentId;
    private final Wire wire;

    Acks(AgentId agentId, Wire wire) {
        this.agentId = agentId;
        this.wire = wire;
    }

    /** It is in the journal, on disk. */
    void accepted(CorrelationId id, int attempt) {
        wire.send(new Ack(agentId, id, attempt, AckStatus.ACCEPTED, null, null));
    }

    /** It will not be run: an end. */
    void rejected(CorrelationId id, int attempt, Refusal refusal) {
        wire.send(
                new Ack(
                        agentId,
                        id,
                        attempt,
                        AckStatus.REJECTED,
                        new FrameError(refusal.code(), refusal.message()),
                        null));
    }

    /** It will not be run, as the journal has it. */
    void rejected(Entry.Refused refused, int attempt) {
        rejected(refused.correlationId(), attempt, new Refusal(refused.code(), refused.message()));
    }

    /** No room now; not an end ({@link ErrorCodes#NOT_AN_END}). */
    void later(CorrelationId id, int attempt, Refusal refusal, Duration retryAfter) {
        wire.send(
                new Ack(
                        agentId,
                        id,
                        attempt,
                        AckStatus.REJECTED,
                        new FrameError(refusal.code(), refusal.message()),
                        retryAfter.toMillis()));
    }
}
