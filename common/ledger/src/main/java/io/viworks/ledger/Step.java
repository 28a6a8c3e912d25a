package io.viworks.ledger;

import org.jspecify.annotations.Nullable;

/**
 * What one event makes of one row.
 *
 * @param row afterwards; the same when the event moves nothing
 * @param alarm what a person must be told, as {@code agent_events.type}; null for nothing
 * @param late the RESULT came after an end that was not a RESULT's
 * @param ask what has to be said to the agent now; null for nothing
 */
record Step(CommandRow row, @Nullable Alarm alarm, boolean late, @Nullable Ask ask) {
    /** What must show. */
    enum Alarm {
        /** A second RESULT of another run. */
        DOUBLE_RUN,
        /** It was said not to have run, and ran. */
        RESULT_AFTER_END
    }

    /** What the agent is to be asked for. */
    enum Ask {
        /** It runs longer than it may. */
        STOP,
        /** It has not begun, and it is too late to. */
        STOP_IF_NOT_STARTED
    }

    static Step to(CommandRow row) {
        return new Step(row, null, false, null);
    }
}
