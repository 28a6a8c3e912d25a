package io.viworks.agent.helper;

import io.viworks.protocol.frame.ErrorCodes;
import java.util.Set;

/**
 * The codes in the helper's {@code error}, beside those of {@link ErrorCodes} that mean the same
 * here: {@code ValidationFailed, VerbNotAllowed, ReplayDetected, Expired, ClockSkew, BadSignature,
 * LocalPolicy} for what is not run; {@code ExecFailed, ExecTimeout, Cancelled, Interrupted} for
 * what was begun.
 */
public final class HelperCodes {
    /** Not a line with one JSON object of the known fields, or not in time. */
    public static final String BAD_REQUEST = "BadRequest";

    /** The MAC is not the right one. */
    public static final String BAD_MAC = "BadMac";

    /** The process at the other end may not ask. */
    public static final String PEER_NOT_ALLOWED = "PeerNotAllowed";

    /** What the helper needs for itself is missing: its secret, its disk. */
    public static final String NOT_READY = "NotReady";

    /** Refusals an admin knows by the same name from the agent. */
    private static final Set<String> SAME_FOR_ADMINS =
            Set.of(
                    ErrorCodes.VALIDATION_FAILED,
                    ErrorCodes.VERB_NOT_ALLOWED,
                    ErrorCodes.REPLAY_DETECTED,
                    ErrorCodes.EXPIRED,
                    ErrorCodes.CLOCK_SKEW,
                    ErrorCodes.BAD_SIGNATURE,
                    ErrorCodes.LOCAL_POLICY,
                    ErrorCodes.EXEC_FAILED);

    private HelperCodes() {}

    /** The code of the RESULT for a refusal: what only the two of them know is unavailability. */
    public static String forResult(String code) {
        return SAME_FOR_ADMINS.contains(code) ? code : ErrorCodes.HELPER_UNAVAILABLE;
    }
}
