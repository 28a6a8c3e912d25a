package io.viworks.protocol.signing;

/** What was given is not what a holder of a trusted key signed. */
public final class BadSignature extends Exception {
    public BadSignature(String problem) {
        super(problem);
    }

    /** What was wrong and what would be right; never repeats what was given. */
    public String problem() {
        return String.valueOf(getMessage());
    }
}
