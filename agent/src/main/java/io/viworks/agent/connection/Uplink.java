package io.viworks.agent.connection;

import io.viworks.agent.http.Refused;
import io.viworks.agent.log.AgentLog;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CloseCode;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.Limits;
import io.viworks.protocol.frame.AgentFrame;
import io.viworks.protocol.frame.BridgeFrame;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.handshake.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one connection to a bridge, for ever: dials, pauses as {@link Backoff} says, dials again.
 * What is sent goes through it, within what a bridge takes (spec 2.6). Used on the loop only.
 */
final class Uplink implements Wire {
    /** Below the bridge's 20 frames a second with bursts of 100. */
    private static final double FRAMES_PER_SECOND = 15;

    private static final double FRAMES_AT_ONCE = 80;

    /** Bytes in the socket's queue above which nothing is added that can wait. */
    private static final long MAX_QUEUED = 1 << 20;

    private static final int SMALLEST_FRAME = 4 * 1024;

    /** A step of the gateway's clock that is worth another attempt after {@code clock_skew}. */
    private static final Duration CLOCK_STEP = Duration.ofMinutes(1);

    /** Answers to who shows nothing that counts (RFC 9110, 15.5.2 and 15.5.4). */
    private static final Set<Integer> UNPROVEN = Set.of(401, 403);

    private static final FrameCodec CODEC = new FrameCodec();

    private final AgentId agentId;
    private final Dialler dialler;
    private final Backoff backoff;
    private final Supplier<AgentFrame.Hello> hello;
    private final Loop loop;
    private final Time time;
    private final AgentLog log;
    private final Contact contact;
    private @Nullable Instant refusedClock;
    private boolean refusedCredential;
    private Bucket frames;
    private @Nullable Session session;
    private @Nullable Session leaving;
    private @Nullable Listener listener;
    private Loop.@Nullable Timer redial;
    private int frameLimit = Limits.MAX_FRAME_BYTES;
    private int halvings;
    private boolean stopped;

    /** What happens on the connection, told on the loop. */
    interface Listener {
        void welcomed(BridgeFrame.Welcome welcome);

        void frame(BridgeFrame frame);

        void unreadable(CorrelationId id, String problem);

        /** There is no session until the next WELCOME. */
        void lost();
    }

    Uplink(
            AgentId agentId,
            Dialler dialler,
            Backoff backoff,
            Supplier<AgentFrame.Hello> hello,
            Loop loop,
            Time time,
            AgentLog log) {
        this.agentId = agentId;
        this.dialler = dialler;
        this.backoff = backoff;
        this.hello = hello;
        this.loop = loop;
        this.time = time;
        this.log = log;
        this.frames = bucket();
        this.contact = new Contact(time);
    }

    /** How it stands with the connection. */
    Contact.View contact() {
        return contact.view();
    }

    /** Dials for the first time. */
    void start(Listener told) {
        listener = told;
        dial(told);
    }

    /**
     * Dials at once when the clock that a bridge refused has been set since: nobody should wait an
     * hour for a gateway whose time is right again. Called each second.
     */
    void lookAtTheClock() {
        Instant before = refusedClock;
        if (before == null || listener == null || session != null) {
            return;
        }
        if (Duration.between(before, clock()).abs().compareTo(CLOCK_STEP) > 0) {
            log.info("clock_set").say("the gateway's clock has been set; trying again");
            dialNow(listener);
        }
    }

    /**
     * Dials at once when what was shown last was refused: there is something newer to show, and
     * nobody should wait out the pause of who has nothing. Does nothing in any other pause.
     *
     * @return whether it did
     */
    boolean showNewer() {
        if (!refusedCredential || listener == null || session != null || stopped) {
            return false;
        }
        log.info("credential_renewed").say("there is a newer credential; trying again");
        dialNow(listener);
        return true;
    }

    private void dialNow(Listener told) {
        if (redial != null) {
            redial.cancel();
        }
        dial(told);
    }

    /** Leaves the bridge, if there is one, and comes back at once. */
    void comeAgain(String reason) {
        if (session == null || !session.live() || listener == null || stopped) {
            return;
        }
        session.bye(reason);
        session = null;
        listener.lost();
        dial(listener);
    }

    /** Says BYE, if there is anybody to say it to, and dials no more. */
    void stop(String reason) {
        stopped = true;
        contact.stopped();
        if (redial != null) {
            redial.cancel();
        }
        if (session != null) {
            session.bye(reason);
            leaving = session;
            session = null;
        }
        if (listener != null) {
            listener.lost();
        }
    }

    /** Whether the socket that was open at {@link #stop} is gone. */
    boolean gone() {
        return leaving == null || leaving.gone();
    }

    @Override
    public boolean live() {
        return session != null && session.live();
    }

    @Override
    public void send(AgentFrame frame) {
        send(Bytes.of(CODEC.encode(frame)));
    }

    @Override
    public void send(Bytes frame) {
        if (session != null && session.live()) {
            frames.take(1);
            session.send(frame);
        }
    }

    @Override
    public boolean roomFor(Urgency urgency) {
        if (session == null || session.queued() > MAX_QUEUED) {
            return false;
        }
        return switch (urgency) {
            case RESULT -> frames.above(0.25);
            case TELEMETRY -> frames.open();
            case PROGRESS -> frames.above(0.5);
        };
    }

    @Override
    public int frameLimit() {
        return Math.max(SMALLEST_FRAME, frameLimit >> Math.min(halvings, 16));
    }

    @Override
    public boolean supports(String type) {
        return session != null && session.supports(type);
    }

    private Bucket bucket() {
        return new Bucket(FRAMES_AT_ONCE, FRAMES_PER_SECOND, time);
    }

    private void dial(Listener told) {
        if (stopped) {
            return;
        }
        log.debug("connecting").say("connecting");
        refusedClock = null;
        refusedCredential = false;
        contact.dialling();
        frames = bucket();
        Life life = new Life(told);
        Session dialled = new Session(agentId, hello, life, loop, time, log);
        session = dialled;
        dialler.dial(dialled)
                .whenComplete((link, error) ->
                        loop.post(() -> {
                            if (error == null) {
                                dialled.opened(link);
                            } else {
                                dialled.end(end(error));
                            }
                        }));
    }

    private static End end(Throwable error) {
        Throwable cause =
                error instanceof CompletionException && error.getCause() != null
                        ? error.getCause()
                        : error;
        return cause instanceof Dialler.NoLink none ? none.end() : new End.Lost(cause.toString());
    }

    private void over(Listener told, End end, @Nullable Duration live) {
        session = null;
        told.lost();
        if (end instanceof End.Closed(int code, _, _)
                && code == CloseCode.FRAME_TOO_BIG.code()
                && frameLimit() > SMALLEST_FRAME) {
            halvings++;
        }
        if (stopped) {
            return;
        }
        String code =
                switch (end) {
                    case End.Refused refused -> refused.code();
                    case End.NotEnrolled none -> none.code();
                    case End.Closed _, End.Lost _ -> null;
                };
        if (Refusal.CLOCK_SKEW.code().equals(code)) {
            refusedClock = clock();
        }
        refusedCredential =
                end instanceof End.Refused refused && UNPROVEN.contains(refused.status());
        Duration pause = backoff.after(end, live);
        contact.over(end, pause);
        log(end, live, pause);
        redial = loop.after(pause, () -> dial(told));
    }

    /** What the clock would show if nothing but its being set moved it. */
    private Instant clock() {
        return time.now().minusNanos(time.nanos());
    }

    private void log(End end, @Nullable Duration live, Duration pause) {
        AgentLog.Line line =
                switch (end) {
                    case End.Refused refused -> refused(refused);
                    case End.NotEnrolled none ->
                            log.warn("not_enrolled")
                                    .with("status", none.status())
                                    .with("error", none.what());
                    case End.Closed closed ->
                            log.warn("disconnected")
                                    .with("close_code", closed.code())
                                    .with("reason", closed.reason());
                    case End.Lost(String what) ->
                            log.warn(live == null ? "connect_failed" : "disconnected")
                                    .with("error", what);
                };
        line.with("live_ms", live == null ? 0 : live.toMillis())
                .with("pause_ms", pause.toMillis())
                .say("not connected; trying again after the pause");
    }

    private AgentLog.Line refused(End.Refused refused) {
        if (refused.status() == Refused.PROXY_WANTS_CREDENTIALS) {
            return log.error("proxy_refused")
                    .with("status", refused.status())
                    .with("error", Refused.PROXY_ADVICE);
        }
        AgentLog.Line line =
                log.warn("handshake_refused")
                        .with("status", refused.status())
                        .with("error", refused.code() == null ? "none" : refused.code());
        if (refused.serverTime() != null) {
            line.with("server_time", refused.serverTime())
                    .with("skew_ms", Duration.between(refused.serverTime(), time.now()).toMillis());
        }
        return line;
    }

    /** One session's way to say what happens. */
    private final class Life implements Session.Owner {
        private final Listener told;

        Life(Listener told) {
            this.told = told;
        }

        @Override
        public void welcomed(BridgeFrame.Welcome welcome) {
            frameLimit = welcome.maxFrameBytes();
            contact.welcomed(welcome);
            dialler.welcomed();
            told.welcomed(welcome);
        }

        @Override
        public void frame(BridgeFrame frame) {
            told.frame(frame);
        }

        @Override
        public void unreadable(CorrelationId id, String problem) {
            told.unreadable(id, problem);
        }

        @Override
        public void over(End end, @Nullable Duration live) {
            Uplink.this.over(told, end, live);
        }
    }
}
