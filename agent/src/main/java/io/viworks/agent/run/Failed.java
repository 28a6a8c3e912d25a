package io.viworks.agent.run;

import io.viworks.protocol.frame.AgentFrame.FrameError;
import java.io.IOException;

/** A run that ended with a code of its own, and what its program had said by then. */
final class Failed extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient FrameError error;
    private final transient Answer answer;

    /** One that said nothing. */
    Failed(String code, String message) {
        this(code, message, new Answer(null, "", "", null, false));
    }

    Failed(String code, String message, Answer answer) {
        super(message);
        this.error = new FrameError(code, message);
        this.answer = answer;
    }

    FrameError error() {
        return error;
    }

    Answer answer() {
        return answer;
    }
}
