package io.viworks.agent.connection;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** How an attempt or a session ended. */
sealed interface End {
    /**
     * The upgrade was answered with something else.
     *
     * @param code of the problem document; null when there was none
     * @param retryAfter what it asked for
     * @param serverTime of the problem document, when clocks differ
     */
    record Refused(
            int status,
            @Nullable String code,
            @Nullable Duration retryAfter,
            @Nullable Instant serverTime)
            implements End {}

    /**
     * There was nothing to prove with: the server did not take the agent's key.
     *
     * @param status of its answer; 0 when there was none
     * @param code of the problem document
     * @param retryAfter what it asked for
     */
    record NotEnrolled(
            String what, int status, @Nullable String code, @Nullable Duration retryAfter)
            implements End {}

    /**
     * The bridge closed the socket.
     *
     * @param retryAfter what its last {@code rate_limited} asked for
     */
    record Closed(int code, String reason, @Nullable Duration retryAfter) implements End {}

    /** No connection could be made, or the one there was is gone. */
    record Lost(String what) implements End {}
}
