package io.viworks.protocol.frame;

/** The other side's mistake in one frame, with the answer it gets. */
public final class BadFrame extends Exception {
    private final ErrorFrameCode code;

    public BadFrame(ErrorFrameCode code, String message) {
        super(message);
        this.code = code;
    }

    public ErrorFrameCode code() {
        return code;
    }
}
