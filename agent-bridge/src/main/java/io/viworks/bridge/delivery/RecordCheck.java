package io.viworks.bridge.delivery;

import io.netty.util.concurrent.FastThreadLocal;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamRecord.Payload;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CloseCode;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.CommandTimes;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.frame.PlainEnvelope;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whether a record can be given to anybody, whoever holds its agent. Thread-safe. */
final class RecordCheck {
    private static final FastThreadLocal<PlainEnvelope> PLAIN =
            new FastThreadLocal<>() {
                @Override
                protected PlainEnvelope initialValue() {
                    return new PlainEnvelope();
                }
            };

    private final HandMadeCommands handMade;
    private final boolean signedOnly;
    private final FrameCodec codec = new FrameCodec();

    /**
     * Checks what bridges are given.
     *
     * @param signedOnly whether a command must be signed by admin-api
     */
    RecordCheck(HandMadeCommands handMade, boolean signedOnly) {
        this.handMade = handMade;
        this.signedOnly = signedOnly;
    }

    /**
     * Looks whether a record can be given to anybody at all.
     *
     * @throws IllegalArgumentException with what would be right: it belongs to the dead letters
     */
    CheckedRecord check(StreamRecord.OfCommands record) {
        CommandTimes times = null;
        switch (record) {
            case StreamRecord.Command command -> {
                // What is sealed is looked at when it is opened.
                if (command.payload() instanceof Payload.Clear(var bytes, var jws)) {
                    times = times(command, bytes, jws);
                }
            }
            case StreamRecord.HandMade made -> {
                mustBeSigned(false);
                List<String> mistakes = handMade.mistakes(made);
                if (!mistakes.isEmpty()) {
                    throw new IllegalArgumentException(String.join("; ", mistakes));
                }
            }
            case StreamRecord.Close close -> {
                var _ = closeCode(close);
            }
            case StreamRecord.Cancel _, StreamRecord.JobQuery _ -> {}
        }
        return new CheckedRecord(record, times);
    }

    /**
     * The times of a command, once its envelope is known to be this record's and to be one that an
     * agent can read.
     *
     * @throws IllegalArgumentException with what would be right
     */
    CommandTimes times(StreamRecord.Command command, Bytes bytes, @Nullable String jws) {
        mustBeSigned(jws != null);
        CommandTimes plain =
                PLAIN.get().times(bytes.array(), command.agentId(), command.correlationId());
        return plain != null ? plain : timesOf(command, read(bytes));
    }

    private static CommandTimes timesOf(StreamRecord.Command command, Envelope envelope) {
        if (!envelope.agentId().equals(command.agentId())
                || !envelope.correlationId().equals(command.correlationId())) {
            throw new IllegalArgumentException(
                    "the envelope must name the record's agent_id and correlation_id");
        }
        return envelope.times();
    }

    private void mustBeSigned(boolean signed) {
        if (signedOnly && !signed) {
            throw new IllegalArgumentException(
                    "a command must be signed by admin-api: AGENT_ENVELOPE_JWS_REQUIRED is true");
        }
    }

    private Envelope read(Bytes bytes) {
        try {
            return codec.decodeEnvelope(bytes.array());
        } catch (BadFrame bad) {
            throw new IllegalArgumentException("envelope: " + bad.problem(), bad);
        }
    }

    /**
     * The code of a record that closes a session.
     *
     * @throws IllegalArgumentException when it is none
     */
    static CloseCode closeCode(StreamRecord.Close close) {
        return Arrays.stream(CloseCode.values())
                .filter(code -> code.code() == close.code())
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("code must be a close code of spec 2.5"));
    }
}
