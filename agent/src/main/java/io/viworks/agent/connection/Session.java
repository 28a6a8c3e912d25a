package io.viworks.agent.connection;

import io.viworks.agent.log.AgentLog;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CloseCode;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.Limits;
import io.viworks.protocol.frame.AgentFrame;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.BridgeFrame;
import io.viworks.protocol.frame.ErrorFrameCode;
import io.viworks.protocol.frame.FrameCodec;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One life of one connection: HELLO, WELCOME, frames, signs of life (spec 2.2). Used on the loop,
 * but for the socket's calls, which it takes there.
 */
final class Session implements Link.Listener {
    /** How long a bridge may take to say WELCOME. */
    static final Duration WELCOME_TIMEOUT = Duration.ofSeconds(60);

    /** How long a bridge that said BYE may take to close. */
    static final Duration BYE_TIMEOUT = Duration.ofSeconds(5);

    private static final Duration WATCH = Duration.ofMillis(500);
    private static final Duration MARGIN = Duration.ofSeconds(5);
    private static final FrameCodec CODEC = new FrameCodec();

    private final AgentId agentId;
    private final Supplier<AgentFrame.Hello> hello;
    private final Owner owner;
    private final Loop loop;
    private final Time time;
    private final AgentLog log;
    private @Nullable Link link;
    private @Nullable Long welcomedAt;
    private @Nullable Long byeAt;
    private @Nullable Duration retryAfter;
    private Loop.@Nullable Timer watch;
    private Duration heartbeat = Limits.HEARTBEAT;
    private List<String> supported = List.of();
    private long openedAt;
    private long heardAt;
    private long sentAt;
    private long unreadable;
    private boolean over;

    /** What a session tells, on the loop. */
    interface Owner {
        /** The bridge owns this agent now. */
        void welcomed(BridgeFrame.Welcome welcome);

        /** A frame that is not about the session itself. */
        void frame(BridgeFrame frame);

        /** A COMMAND that could not be read but for its id. */
        void unreadable(CorrelationId id, String problem);

        /**
         * Nothing follows.
         *
         * @param live how long it had been welcome; null when it never was
         */
        void over(End end, @Nullable Duration live);
    }

    Session(
            AgentId agentId,
            Supplier<AgentFrame.Hello> hello,
            Owner owner,
            Loop loop,
            Time time,
            AgentLog log) {
        this.agentId = agentId;
        this.hello = hello;
        this.owner = owner;
        this.loop = loop;
        this.time = time;
        this.log = log;
    }

    /** The socket is there. */
    void opened(Link opened) {
        if (over) {
            opened.abort();
            return;
        }
        link = opened;
        openedAt = time.nanos();
        heardAt = openedAt;
        send(Bytes.of(CODEC.encode(hello.get())));
        opened.receive(); // not before: an answer to WELCOME would find no link
        watch = loop.every(WATCH, this::watch);
    }

    /** There is no socket, or no more. */
    void end(End end) {
        if (over) {
            return;
        }
        over = true;
        if (watch != null) {
            watch.cancel();
        }
        if (link != null) {
            link.abort();
        }
        Duration live = welcomedAt == null ? null : Duration.ofNanos(time.nanos() - welcomedAt);
        owner.over(end, live);
    }

    /** A planned end from this side; the owner is told nothing. */
    void bye(String reason) {
        over = true;
        if (watch != null) {
            watch.cancel();
        }
        if (link != null) {
            link.send(Bytes.of(CODEC.encode(new AgentFrame.Bye(reason))));
            link.close(reason);
        }
    }

    /** Whether its socket is gone. */
    boolean gone() {
        return link == null || link.gone();
    }

    boolean live() {
        return !over && welcomedAt != null && byeAt == null;
    }

    boolean supports(String type) {
        return supported.contains(type);
    }

    /** Bytes the socket has not taken yet. */
    long queued() {
        return link == null ? 0 : link.queued();
    }

    void send(Bytes frame) {
        if (link != null && !over) {
            sentAt = time.nanos();
            link.send(frame);
        }
    }

    @Override
    public void frame(Bytes frame, Runnable next) {
        loop.post(() -> {
            heardAt = time.nanos();
            try {
                if (!over) {
                    read(frame);
                }
            } finally {
                next.run();
            }
        });
    }

    @Override
    public void heard() {
        loop.post(() -> heardAt = time.nanos());
    }

    @Override
    public void ended(End end) {
        loop.post(() -> end(planned(end)));
    }

    /** After BYE an end is what it said, however the socket goes. */
    private End planned(End end) {
        return switch (end) {
            case End.Closed closed when closed.code() == CloseCode.RATE_LIMITED.code() ->
                    new End.Closed(closed.code(), closed.reason(), retryAfter);
            case End.Lost _ when byeAt != null ->
                    new End.Closed(CloseCode.GOING_AWAY.code(), "BYE", null);
            case End.Closed closed when byeAt != null && closed.code() == 1000 ->
                    new End.Closed(CloseCode.GOING_AWAY.code(), "BYE", null);
            case End.Closed _, End.Lost _, End.Refused _, End.NotEnrolled _ -> end;
        };
    }

    private void read(Bytes json) {
        BridgeFrame frame;
        try {
            frame = CODEC.decodeBridge(json.array());
        } catch (BadFrame e) {
            unreadable(json, e);
            return;
        }
        switch (frame) {
            case BridgeFrame.HelloAck ack -> supported = ack.supported();
            case BridgeFrame.Welcome welcome -> welcome(welcome);
            case BridgeFrame.Ping _ -> send(Bytes.of(CODEC.encode(new AgentFrame.Pong())));
            case BridgeFrame.Pong _ -> {}
            case BridgeFrame.Bye bye -> bye(bye);
            case BridgeFrame.Refusal refusal -> refused(refusal);
            case BridgeFrame.Command _,
                    BridgeFrame.SignedCommand _,
                    BridgeFrame.ResultAck _,
                    BridgeFrame.Cancel _,
                    BridgeFrame.JobQuery _ -> {
                if (welcomedAt != null) {
                    owner.frame(frame);
                }
            }
        }
    }

    private void welcome(BridgeFrame.Welcome welcome) {
        heartbeat = Duration.ofSeconds(welcome.heartbeatS());
        if (welcomedAt == null) {
            welcomedAt = time.nanos();
            owner.welcomed(welcome);
        }
    }

    private void bye(BridgeFrame.Bye bye) {
        log.info("bridge_bye")
                .with("reason", bye.reason() == null ? "none" : bye.reason())
                .say("the bridge goes away");
        byeAt = time.nanos();
    }

    private void refused(BridgeFrame.Refusal refusal) {
        if (refusal.code() == ErrorFrameCode.RATE_LIMITED && refusal.retryAfterMs() != null) {
            retryAfter = Duration.ofMillis(Math.min(refusal.retryAfterMs(), Backoff.LONGEST_MS));
        }
        log.warn("bridge_error")
                .with("error", refusal.code().wire())
                .say("the bridge refuses a frame: " + refusal.msg());
    }

    /** Newer bridges may say more than this agent knows; a command is answered all the same. */
    private void unreadable(Bytes json, BadFrame problem) {
        unreadable++;
        if (Long.bitCount(unreadable) == 1) { // the first, second, fourth, …
            log.warn("frame_unreadable")
                    .with("count", unreadable)
                    .say("a frame from the bridge is left out: " + problem.problem());
        }
        try {
            ObjectNode frame = CODEC.decodeObject(json.array());
            if (welcomedAt != null && frame.path("type").asString("").equals("COMMAND")) {
                owner.unreadable(
                        CorrelationId.of(frame.path("correlation_id").asString("")),
                        problem.problem());
            }
        } catch (BadFrame | IllegalArgumentException e) {
            // Not even that: the deadline in the ledger ends it.
        }
    }

    private void watch() {
        long now = time.nanos();
        if (now - heardAt > heartbeat.multipliedBy(2).plus(MARGIN).toNanos()) {
            end(new End.Lost("nothing heard for 2 × heartbeat_s + 5 s"));
        } else if (welcomedAt == null && now - openedAt > WELCOME_TIMEOUT.toNanos()) {
            end(new End.Lost("no WELCOME within " + WELCOME_TIMEOUT.toSeconds() + " s"));
        } else if (byeAt != null && now - byeAt > BYE_TIMEOUT.toNanos()) {
            end(planned(new End.Lost("BYE without a close")));
        } else if (welcomedAt != null && now - sentAt > heartbeat.toNanos()) {
            send(Bytes.of(CODEC.encode(new AgentFrame.Heartbeat(agentId, time.now()))));
        }
    }
}
