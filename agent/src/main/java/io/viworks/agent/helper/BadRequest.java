package io.viworks.agent.helper;

/** Why the helper does not run something. */
public final class BadRequest extends Exception {
    private static final long serialVersionUID = 1L;

    private final String code;

    /**
     * A refusal.
     *
     * @param code of {@link HelperCodes}
     * @param message what would be right; never a value that was sent
     */
    public BadRequest(String code, String message) {
        super(message);
        this.code = code;
    }

    public String code() {
        return code;
    }

    /** What would be right. */
    public String message() {
        return String.valueOf(getMessage());
    }
}
