package io.viworks.bridge.certificate;

/** A file does not hold what it should; it says what would be right. */
public final class UnreadableFile extends Exception {
    private static final long serialVersionUID = 1L;

    private final String why;

    public UnreadableFile(String why) {
        super(why);
        this.why = why;
    }

    public UnreadableFile(String why, Throwable cause) {
        super(why, cause);
        this.why = why;
    }

    /** What is wrong and what would be right. */
    public String why() {
        return why;
    }
}
