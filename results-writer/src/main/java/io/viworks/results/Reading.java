package io.viworks.results;

import io.viworks.backplane.stream.StreamRecord;
import io.viworks.ledger.CommandResult;
import io.viworks.ledger.LedgerEvent;
import io.viworks.ledger.Outcomes;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.ExecutionId;
import io.viworks.protocol.Redaction;
import io.viworks.protocol.frame.AgentFrame;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.ErrorFrameCode;
import io.viworks.protocol.frame.FrameCodec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Reads records of {@code viw.command_results} as events of the ledger. Thread-safe. */
final class Reading {
    private final FrameCodec codec;
    private final Redaction redaction;

    Reading(FrameCodec codec, Redaction redaction) {
        this.codec = codec;
        this.redaction = redaction;
    }

    /**
     * The events of one record; a JOB_STATUS is one for each of its jobs.
     *
     * @throws BadFrame when its frame cannot be read, or is not what the record says it is
     */
    List<LedgerEvent> events(StreamRecord.OfResults record) throws BadFrame {
        return switch (record) {
            case StreamRecord.Dispatched dispatched -> List.of(dispatched(dispatched));
            case StreamRecord.Released released -> List.of(released(released));
            case StreamRecord.Ack ack -> List.of(ack(ack));
            case StreamRecord.JobStatus status -> jobs(status);
            case StreamRecord.Result result -> List.of(finished(result));
        };
    }

    private static LedgerEvent dispatched(StreamRecord.Dispatched record) {
        return new LedgerEvent.Dispatched(
                record.correlationId(),
                record.agentId(),
                record.attempt(),
                record.instanceUid(),
                record.ts(),
                record.envelope());
    }

    private static LedgerEvent released(StreamRecord.Released record) {
        return new LedgerEvent.Released(
                record.correlationId(),
                record.agentId(),
                record.attempt(),
                record.reason(),
                null,
                record.envelope());
    }

    private LedgerEvent ack(StreamRecord.Ack record) throws BadFrame {
        AgentFrame.Ack ack = frame(AgentFrame.Ack.class, record.frame(), record.ts());
        return switch (ack.status()) {
            case ACCEPTED ->
                    new LedgerEvent.Acknowledged(
                            ack.correlationId(),
                            record.agentId(),
                            record.origin().instanceUid(),
                            record.ts());
            case REJECTED -> {
                AgentFrame.FrameError error = ack.error();
                Long retryAfterMs = ack.retryAfterMs();
                yield new LedgerEvent.Refused(
                        ack.correlationId(),
                        record.agentId(),
                        record.origin().instanceUid(),
                        ack.attempt(),
                        error == null ? "Rejected" : error.code(),
                        error == null ? "" : String.valueOf(redaction.of(error.msg())),
                        retryAfterMs == null ? null : Duration.ofMillis(retryAfterMs),
                        record.ts());
            }
        };
    }

    private List<LedgerEvent> jobs(StreamRecord.JobStatus record) throws BadFrame {
        AgentFrame.JobStatus status =
                frame(AgentFrame.JobStatus.class, record.frame(), record.ts());
        return status.jobs().stream()
                .<LedgerEvent>map(job ->
                        new LedgerEvent.Reported(
                                job.correlationId(),
                                record.agentId(),
                                record.origin().instanceUid(),
                                job.state(),
                                record.ts()))
                .toList();
    }

    private LedgerEvent finished(StreamRecord.Result record) throws BadFrame {
        AgentFrame.Result result = frame(AgentFrame.Result.class, record.frame(), record.ts());
        AgentFrame.FrameError error = result.error();
        ObjectNode data = redaction.of(result.data());
        return new LedgerEvent.Finished(
                result.correlationId(),
                record.agentId(),
                new CommandResult(
                        executionId(record, result),
                        Outcomes.of(result),
                        result.status() == AgentFrame.ResultStatus.SUCCESS,
                        result.rc(),
                        redaction.of(result.stdout()),
                        redaction.of(result.stderr()),
                        data == null ? null : data.toString(),
                        result.truncated(),
                        length(result.stdout()),
                        length(result.stderr()),
                        error == null ? null : error.code(),
                        error == null ? null : redaction.of(error.msg()),
                        result.startedAt(),
                        result.finishedAt(),
                        result.durationMs()),
                record.ts());
    }

    /**
     * The same end without what could not be stored: a RESULT that is set aside must still end its
     * row (spec 3.2).
     */
    LedgerEvent withoutContent(StreamRecord.Result record) throws BadFrame {
        AgentFrame.Result result = frame(AgentFrame.Result.class, record.frame(), record.ts());
        return new LedgerEvent.Finished(
                result.correlationId(),
                record.agentId(),
                new CommandResult(
                        executionId(record, result),
                        Outcomes.of(result),
                        result.status() == AgentFrame.ResultStatus.SUCCESS,
                        result.rc(),
                        null,
                        null,
                        null,
                        true,
                        length(result.stdout()),
                        length(result.stderr()),
                        result.error() == null ? null : "ResultNotStored",
                        "the result could not be stored and is among the dead letters",
                        null,
                        null,
                        null),
                record.ts());
    }

    private static ExecutionId executionId(StreamRecord.Result record, AgentFrame.Result result) {
        ExecutionId named = result.executionId();
        return named != null ? named : ExecutionId.ofFrame(record.frame());
    }

    private static int length(@Nullable String text) {
        return text == null ? 0 : text.getBytes(StandardCharsets.UTF_8).length;
    }

    private <F extends AgentFrame> F frame(Class<F> type, Bytes bytes, Instant arrival)
            throws BadFrame {
        AgentFrame frame = codec.decodeAgent(bytes.array(), arrival);
        if (!type.isInstance(frame)) {
            throw new BadFrame(
                    ErrorFrameCode.BAD_FRAME,
                    "the record holds a " + frame.type() + " frame, not a " + type.getSimpleName());
        }
        return type.cast(frame);
    }
}
