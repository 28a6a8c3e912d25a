package io.viworks.results;

import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.ledger.CommandState;
import io.viworks.ledger.Moved;
import io.viworks.protocol.frame.ErrorCodes;
import java.util.List;

/**
 * Counts what commands came to. Every series is there from the start: what an alert waits for must
 * be seen when it happens for the first time.
 */
final class Ends {
    /** Codes that are counted by name; agents may say others, which are one. */
    private static final List<String> NAMED =
            List.of(
                    ErrorCodes.VALIDATION_FAILED,
                    ErrorCodes.VERB_NOT_ALLOWED,
                    ErrorCodes.REPLAY_DETECTED,
                    ErrorCodes.EXPIRED,
                    ErrorCodes.BAD_SIGNATURE,
                    ErrorCodes.CLOCK_SKEW,
                    ErrorCodes.LOCAL_POLICY,
                    ErrorCodes.CANCELLED,
                    ErrorCodes.HELPER_UNAVAILABLE,
                    ErrorCodes.EXEC_TIMEOUT,
                    ErrorCodes.EXEC_FAILED,
                    ErrorCodes.INTERRUPTED);

    private static final String OTHER = "other";
    private static final String NO_CODE = "none";

    private Ends() {}

    static void register(MeterRegistry meters) {
        for (CommandState state : CommandState.values()) {
            count(state, 0, meters);
        }
        NAMED.forEach(code -> failed(code, 0, meters));
        failed(OTHER, 0, meters);
        failed(NO_CODE, 0, meters);
    }

    static void count(Moved moved, MeterRegistry meters) {
        count(moved.state(), 1, meters);
        if (moved.state().terminal() && moved.state() != CommandState.SUCCEEDED) {
            String code = moved.errorCode();
            failed(code == null ? NO_CODE : NAMED.contains(code) ? code : OTHER, 1, meters);
        }
    }

    private static void count(CommandState state, int times, MeterRegistry meters) {
        meters.counter("viw.commands.moved", "state", state.name()).increment(times);
    }

    private static void failed(String code, int times, MeterRegistry meters) {
        meters.counter("viw.commands.failed", "code", code).increment(times);
    }
}
