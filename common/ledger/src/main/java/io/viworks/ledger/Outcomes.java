package io.viworks.ledger;

import io.viworks.protocol.frame.AgentFrame;
import io.viworks.protocol.frame.ErrorCodes;
import org.jspecify.annotations.Nullable;

/** What an agent's last word makes of a command (spec 3.5). */
public final class Outcomes {
    private Outcomes() {}

    /** The end a RESULT means. */
    public static CommandState of(AgentFrame.Result result) {
        return switch (result.status()) {
            case SUCCESS -> CommandState.SUCCEEDED;
            case ERROR -> ofError(result.error());
        };
    }

    private static CommandState ofError(AgentFrame.@Nullable FrameError error) {
        if (error == null) {
            return CommandState.FAILED;
        }
        return switch (error.code()) {
            case ErrorCodes.EXEC_TIMEOUT -> CommandState.EXEC_TIMED_OUT;
            case ErrorCodes.CANCELLED -> CommandState.CANCELLED;
            case ErrorCodes.INTERRUPTED -> CommandState.OUTCOME_UNKNOWN;
            default -> CommandState.FAILED;
        };
    }

    /**
     * The end a refusal means, of a command nobody has asked to cancel; {@code Cancelled} is {@link
     * CommandState#CANCELLED} when somebody has. Not for codes of {@link ErrorCodes#NOT_AN_END}.
     */
    public static CommandState ofRefusal(String code) {
        return switch (code) {
            case ErrorCodes.CANCELLED, ErrorCodes.EXPIRED -> CommandState.EXPIRED;
            default -> CommandState.REJECTED;
        };
    }
}
