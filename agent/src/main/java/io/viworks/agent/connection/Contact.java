package io.viworks.agent.connection;

import io.viworks.protocol.frame.BridgeFrame.Welcome;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** How it stands with the connection, and how it came to that. Used on the loop only. */
final class Contact {
    private final Time time;
    private State state = State.CONNECTING;
    private long since;
    private @Nullable Long nextAttempt;
    private @Nullable String problem;
    private @Nullable Welcome welcome;
    private long attempts;
    private long sessions;

    Contact(Time time) {
        this.time = time;
        this.since = time.nanos();
    }

    /** What there is of a connection. */
    enum State {
        CONNECTING,
        CONNECTED,
        /** Between two attempts. */
        WAITING,
        STOPPED
    }

    /**
     * As it is now.
     *
     * @param lasting since when it has been in this state
     * @param problem how the latest attempt or session ended that did not end as planned
     * @param nextAttempt null when none waits
     * @param welcome of this session; null when there is none
     * @param attempts so far, the present one too
     * @param sessions that were welcome
     */
    record View(
            State state,
            Duration lasting,
            @Nullable String problem,
            @Nullable Duration nextAttempt,
            @Nullable Welcome welcome,
            long attempts,
            long sessions) {}

    View view() {
        long now = time.nanos();
        return new View(
                state,
                Duration.ofNanos(now - since),
                problem,
                nextAttempt == null ? null : Duration.ofNanos(Math.max(0, nextAttempt - now)),
                welcome,
                attempts,
                sessions);
    }

    void dialling() {
        become(State.CONNECTING);
        attempts++;
    }

    void welcomed(Welcome said) {
        become(State.CONNECTED);
        welcome = said;
        problem = null;
        sessions++;
    }

    /** The attempt, or the session, has come to this end; another attempt follows the pause. */
    void over(End end, Duration pause) {
        become(State.WAITING);
        problem = words(end);
        nextAttempt = since + pause.toNanos();
    }

    void stopped() {
        become(State.STOPPED);
    }

    private void become(State next) {
        state = next;
        since = time.nanos();
        nextAttempt = null;
        welcome = null;
    }

    private static String words(End end) {
        return switch (end) {
            case End.Refused(int status, String code, _, Instant serverTime) ->
                    "the handshake was answered %d%s%s"
                            .formatted(
                                    status,
                                    code == null ? "" : " " + code,
                                    serverTime == null ? "" : ", server time " + serverTime);
            case End.NotEnrolled(String what, _, _, _) -> "not enrolled: " + what;
            case End.Closed(int code, String reason, _) ->
                    "the bridge closed with %d%s"
                            .formatted(code, reason.isEmpty() ? "" : " " + reason);
            case End.Lost(String what) -> what;
        };
    }
}
