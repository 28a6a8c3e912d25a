package io.viworks.protocol.frame;

/**
 * The other side's mistake in one frame, with the answer it gets. The message names the field and
 * never a value. It carries no stack trace: a flood of bad frames must stay cheap.
 */
public final class BadFrame extends Exception {
    private final ErrorFrameCode code;

    public BadFrame(ErrorFrameCode code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    public ErrorFrameCode code() {
        return code;
    }

    /** What was wrong and what would be right, for the {@code msg} of the ERROR. */
    public String problem() {
        String message = getMessage();
        return message == null ? "" : message;
    }
}
