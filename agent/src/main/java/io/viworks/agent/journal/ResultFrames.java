package io.viworks.agent.journal;

import io.viworks.protocol.Bytes;
import io.viworks.protocol.frame.AgentFrame.Result;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.EncodedText;
import io.viworks.protocol.frame.FrameCodec;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Makes RESULT frames smaller: the run and its end stay, the outputs go. */
public final class ResultFrames {
    private static final FrameCodec CODEC = new FrameCodec();

    private ResultFrames() {}

    /**
     * The same RESULT with each output, and {@code data}, of at most so many bytes as encoded; data
     * that is larger leaves as a whole.
     *
     * @param at when the run finished: instants a day from it are not believed
     */
    public static Bytes cut(Bytes frame, Instant at, int maxOutputBytes) {
        try {
            if (!(CODEC.decodeAgent(frame.array(), at) instanceof Result result)) {
                throw new IllegalArgumentException("the frame must be a RESULT");
            }
            return Bytes.of(CODEC.encode(cut(result, maxOutputBytes)));
        } catch (BadFrame e) {
            throw new IllegalArgumentException("the frame must be a RESULT", e);
        }
    }

    private static Result cut(Result result, int max) {
        String stdout = cut(result.stdout(), max);
        String stderr = cut(result.stderr(), max);
        @Nullable ObjectNode data = result.data();
        if (data != null && CODEC.encodeObject(data).length > max) {
            data = null;
        }
        boolean shorter =
                length(stdout) < length(result.stdout())
                        || length(stderr) < length(result.stderr())
                        || (data == null && result.data() != null);
        return new Result(
                result.agentId(),
                result.correlationId(),
                result.executionId(),
                result.status(),
                result.rc(),
                stdout,
                stderr,
                data,
                result.truncated() || shorter,
                result.startedAt(),
                result.finishedAt(),
                result.durationMs(),
                result.error(),
                result.traceparent());
    }

    private static @Nullable String cut(@Nullable String text, int max) {
        return text == null ? null : EncodedText.cut(text, max);
    }

    private static int length(@Nullable String text) {
        return text == null ? 0 : text.length();
    }
}
