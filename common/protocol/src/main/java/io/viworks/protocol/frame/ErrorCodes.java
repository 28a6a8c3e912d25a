package io.viworks.protocol.frame;

import java.util.Set;

/** The codes in {@code ACK rejected} and in the error of a RESULT. */
public final class ErrorCodes {
    public static final String VALIDATION_FAILED = "ValidationFailed";
    public static final String VERB_NOT_ALLOWED = "VerbNotAllowed";
    public static final String REPLAY_DETECTED = "ReplayDetected";
    public static final String EXPIRED = "Expired";
    public static final String BAD_SIGNATURE = "BadSignature";
    public static final String CLOCK_SKEW = "ClockSkew";
    public static final String LOCAL_POLICY = "LocalPolicy";
    public static final String CANCELLED = "Cancelled";
    public static final String HELPER_UNAVAILABLE = "HelperUnavailable";
    public static final String EXEC_TIMEOUT = "ExecTimeout";
    public static final String EXEC_FAILED = "ExecFailed";
    public static final String INTERRUPTED = "Interrupted";

    /** With {@code retry_after_ms}; not an end. */
    public static final String BUSY = "Busy";

    /** With {@code retry_after_ms}; not an end. */
    public static final String JOURNAL_FULL = "JournalFull";

    /** The refusals that release a command instead of ending it. */
    public static final Set<String> NOT_AN_END = Set.of(BUSY, JOURNAL_FULL);

    private ErrorCodes() {}
}
