package io.viworks.agent.connection;

import io.viworks.agent.journal.Entry;
import io.viworks.agent.run.RunOutcome;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.AgentFrame.Result;
import io.viworks.protocol.frame.AgentFrame.ResultStatus;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.ErrorCodes;
import io.viworks.protocol.frame.FrameCodec;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Writes RESULT frames, as they will stand in the journal. */
final class Reports {
    private static final FrameCodec CODEC = new FrameCodec();

    private Reports() {}

    /**
     * How a run ended.
     *
     * @param skew how far the gateway's clock, which the outcome was measured by, is ahead
     * @param trace the {@code traceparent} of the COMMAND
     */
    static Bytes of(
            AgentId agentId,
            Entry.Started run,
            RunOutcome outcome,
            Duration skew,
            @Nullable String trace) {
        return encode(
                new Result(
                        agentId,
                        run.correlationId(),
                        run.executionId(),
                        outcome.status(),
                        outcome.rc(),
                        outcome.stdout(),
                        outcome.stderr(),
                        outcome.data(),
                        outcome.truncated(),
                        outcome.startedAt().minus(skew),
                        outcome.finishedAt().minus(skew),
                        Math.max(
                                0,
                                Duration.between(outcome.startedAt(), outcome.finishedAt())
                                        .toMillis()),
                        outcome.error(),
                        trace));
    }

    /** A run whose end nobody saw: what it did is not known. */
    static Bytes interrupted(AgentId agentId, Entry.Started run, Instant now) {
        return failed(
                agentId,
                run,
                now,
                new FrameError(
                        ErrorCodes.INTERRUPTED,
                        "the agent ended while this ran; what was left of it has been killed"),
                null);
    }

    /** A run that came to nothing. */
    static Bytes failed(
            AgentId agentId,
            Entry.Started run,
            Instant now,
            FrameError error,
            @Nullable String trace) {
        return encode(
                new Result(
                        agentId,
                        run.correlationId(),
                        run.executionId(),
                        ResultStatus.ERROR,
                        null,
                        null,
                        null,
                        null,
                        false,
                        run.startedAt(),
                        now,
                        null,
                        error,
                        trace));
    }

    /** Whether this RESULT says that the run was interrupted. */
    static boolean isInterrupted(Bytes frame, Instant finishedAt) {
        try {
            return CODEC.decodeAgent(frame.array(), finishedAt) instanceof Result result
                    && result.error() != null
                    && result.error().code().equals(ErrorCodes.INTERRUPTED);
        } catch (BadFrame e) {
            return false;
        }
    }

    private static Bytes encode(Result result) {
        return Bytes.of(CODEC.encode(result));
    }
}
