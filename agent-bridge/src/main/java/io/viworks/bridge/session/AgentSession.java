package io.viworks.bridge.session;

import io.viworks.backplane.delivery.Delivered;
import io.viworks.backplane.directory.DirectoryEntry;
import io.viworks.backplane.stream.Origin;
import io.viworks.bridge.certificate.ClientCertificate;
import io.viworks.bridge.handshake.Verdict;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CloseCode;
import io.viworks.protocol.ConnectionId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.SessionId;
import io.viworks.protocol.frame.AgentFrame;
import io.viworks.protocol.frame.BridgeFrame;
import io.viworks.service.trace.Step;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection's life (spec 2.2): HELLO, claim, frames, end. Everything happens on the socket's
 * own thread; the public methods may be called by any.
 */
public final class AgentSession implements Wire.Ear {
    private static final Logger log = LoggerFactory.getLogger(AgentSession.class);

    private final SessionContext context;
    private final Wire wire;
    private final Identity identity;
    private final Instant connectedAt;
    private final Outbox outbox;
    private final Intake intake;
    private final Unwritten unwritten;
    private final Inbox inbox;
    private final Pulse pulse;
    private final Holding holding;
    private CommandsOut commands;
    private volatile Phase phase = Phase.HELLO;
    private volatile Instant lastSeen;

    private enum Phase {
        /** Upgraded, HELLO has not come. */
        HELLO,
        /** HELLO has come, Redis has not answered. */
        CLAIMING,
        LIVE,
        ENDED
    }

    AgentSession(SessionContext context, Wire wire, Verdict.Accepted accepted) {
        SessionLimits limits = context.limits();
        this.context = context;
        this.wire = wire;
        this.identity =
                new Identity(
                        context.bridge(),
                        accepted,
                        new SessionId(context.ids().get()),
                        new ConnectionId(context.ids().get()));
        this.connectedAt = context.clock().instant();
        this.lastSeen = connectedAt;
        this.outbox =
                new Outbox(wire, limits.outboxFrames(), limits.outboxBytes(), context.outbound());
        this.intake = new Intake(wire, limits, context.nanos(), context.meters());
        this.unwritten = new Unwritten(wire, intake, context.unwritten());
        this.inbox = new Inbox(this, context, intake, unwritten);
        this.pulse = new Pulse(wire, limits, intake, context.nanos(), this::tooLate);
        this.holding = new Holding(this, context, identity, intake);
        this.commands = new CommandsOut(this, context, outbox, 0);
    }

    void start() {
        pulse.awaitHello();
        send(
                new BridgeFrame.HelloAck(
                        context.clock().instant(), AgentFrame.TYPES, agentId(), connId()));
        context.sessions().opened(this);
    }

    // ---- what comes in

    @Override
    public void text(byte[] message) {
        if (!hasEnded()) {
            inbox.text(message, heard());
        }
    }

    @Override
    public void binary() {
        close(CloseCode.BINARY_FRAME);
    }

    @Override
    public void alive() {
        if (!hasEnded()) {
            var _ = heard();
            inbox.alive();
        }
    }

    @Override
    public void writable() {
        outbox.drain();
    }

    @Override
    public void tooBig() {
        close(CloseCode.FRAME_TOO_BIG);
    }

    @Override
    public void closedByPeer(int code, String reason) {
        end(code, reason);
    }

    @Override
    public void gone() {
        end(1006, "connection lost");
        context.sessions().gone(this);
    }

    private Instant heard() {
        Instant at = context.clock().instant();
        pulse.heard();
        lastSeen = at;
        holding.heard();
        return at;
    }

    private void tooLate() {
        context.meters().heartbeatMissed();
        close(CloseCode.TOO_LATE);
    }

    boolean awaitsHello() {
        return phase == Phase.HELLO;
    }

    boolean hasEnded() {
        return phase == Phase.ENDED;
    }

    // ---- from HELLO to WELCOME

    void hello(AgentFrame.Hello hello, Bytes frame, Instant at) {
        Optional<String> unfit = Versions.unfit(hello, context.limits().minVersion());
        if (unfit.isPresent()) {
            close(CloseCode.VERSION, unfit.get());
            return;
        }
        pulse.helloCame();
        phase = Phase.CLAIMING;
        identity.said(hello, frame, at);
        int max = context.limits().maxInflight();
        Integer most = hello.maxConcurrency();
        commands = new CommandsOut(this, context, outbox, most == null ? max : Math.min(max, most));
        holding.claim();
    }

    /** The claim is won. */
    void welcome() {
        phase = Phase.LIVE;
        Optional<AgentSession> loser = context.sessions().join(this);
        loser.ifPresent(older -> older.requestClose(CloseCode.DISPLACED));
        if (loser.isPresent() && loser.get() == this) {
            return;
        }
        SessionLimits limits = context.limits();
        send(
                new BridgeFrame.Welcome(
                        sessionId(),
                        connId(),
                        context.clock().instant(),
                        context.ids().get().toString(),
                        Math.toIntExact(Math.max(1, limits.heartbeat().toSeconds())),
                        limits.cmdTimeoutS(),
                        commands.max(),
                        limits.maxFrameBytes(),
                        null,
                        null));
        pulse.beat();
        log.atInfo()
                .addKeyValue("event", "agent_connected")
                .addKeyValue("agent_id", agentId())
                .addKeyValue("conn_id", connId())
                .addKeyValue("ip", ip())
                .log("{} is connected, version {}", agentId(), version());
    }

    /** Its owner key was found missing: it is taken back once the agent is heard again. */
    public void ownerIsMissing() {
        execute(() -> {
            if (phase == Phase.LIVE) {
                holding.isMissing();
                wire.ping();
            }
        });
    }

    // ---- commands

    /** Delivers a command if there is room and the script lets it; empty when not live any more. */
    public CompletionStage<Optional<Delivered>> deliver(Delivery delivery) {
        CompletableFuture<Optional<Delivered>> answer = new CompletableFuture<>();
        atOnce(() -> {
            if (phase == Phase.LIVE) {
                commands.deliver(delivery, answer);
            } else {
                var _ = answer.complete(Optional.empty());
            }
        });
        return answer;
    }

    void acknowledged(AgentFrame.Ack ack) {
        commands.acknowledged(ack);
    }

    Step heard(String what, CorrelationId command, @Nullable String said) {
        return commands.heard(what, command, said);
    }

    void ran(AgentFrame.Result result, Instant at) {
        commands.ran(result, at);
    }

    void finished(CorrelationId command) {
        commands.finished(command);
    }

    // ---- what goes out

    /** Sends a frame, if the session is still there. */
    public void post(BridgeFrame frame) {
        execute(() -> {
            if (phase == Phase.LIVE) {
                send(frame);
            }
        });
    }

    void send(BridgeFrame frame) {
        offer(context.codec().encode(frame));
    }

    void offer(byte[] frame) {
        if (!hasEnded() && !outbox.offer(frame)) {
            close(CloseCode.SLOW_READER);
        }
    }

    void execute(Runnable action) {
        wire.execute(action);
    }

    /** Now, when the present thread is the socket's own; as {@link #execute} otherwise. */
    void atOnce(Runnable action) {
        if (wire.loop().inEventLoop()) {
            action.run();
        } else {
            wire.execute(action);
        }
    }

    // ---- the end

    /** Closes the session from outside. */
    public void requestClose(CloseCode code) {
        execute(() -> close(code));
    }

    /** Says BYE and closes, because this bridge leaves. */
    public void goAway() {
        execute(() -> goAway("drain"));
    }

    private void goAway(String reason) {
        if (!hasEnded()) {
            send(new BridgeFrame.Bye(reason));
            close(CloseCode.GOING_AWAY);
        }
    }

    /** Sends the agent away to come back with its own credential. */
    void supersede() {
        goAway("credential");
    }

    /** Closes the session if the agent's entry lets it be no more. */
    public void checked(DirectoryEntry entry) {
        execute(() -> {
            switch (Standing.of(identity.accepted(), entry)) {
                case GOOD -> {}
                case REVOKED -> close(CloseCode.REVOKED);
                case SUPERSEDED -> supersede();
            }
        });
    }

    void bye(@Nullable String reason) {
        close(CloseCode.NORMAL, reason == null ? "bye" : "bye: " + reason);
    }

    void close(CloseCode code) {
        close(code, code.reason());
    }

    private void close(CloseCode code, String reason) {
        if (hasEnded()) {
            return;
        }
        if (code != CloseCode.SLOW_READER) {
            outbox.flush();
        }
        end(code.code(), reason);
        wire.close(code, code == CloseCode.VERSION ? reason : code.reason());
    }

    private void end(int code, String reason) {
        if (hasEnded()) {
            return;
        }
        boolean wasLive = phase == Phase.LIVE;
        phase = Phase.ENDED;
        pulse.stop();
        outbox.clear();
        unwritten.end();
        context.sessions().left(this);
        if (wasLive) {
            context.claims().release(identity.gone(context.clock().instant(), code, reason));
        }
        context.meters().closed(code);
        log.atInfo()
                .addKeyValue("event", "agent_gone")
                .addKeyValue("agent_id", agentId())
                .addKeyValue("conn_id", connId())
                .addKeyValue("ip", ip())
                .addKeyValue("rc", code)
                .addKeyValue(
                        "duration_ms",
                        Duration.between(connectedAt, context.clock().instant()).toMillis())
                .log("{} is gone: {}", agentId(), Identity.storable(reason));
    }

    // ---- who it is

    Origin nextOrigin() {
        return identity.next();
    }

    /** Publishes a TELEMETRY of this agent. */
    void publish(Bytes frame, Instant at) {
        context.ingress()
                .telemetry(
                        agentId(),
                        identity.telemetryHead(),
                        at,
                        identity.nextCount(),
                        frame,
                        wire.loop());
    }

    /** Done when its claim has been answered, so that the session is live or will never be. */
    public CompletionStage<@Nullable Void> settled() {
        return holding.settled();
    }

    /** The certificate that opened it; null in modes without. */
    public @Nullable ClientCertificate certificate() {
        return identity.accepted().certificate();
    }

    /** Whether what opened the session is the agent's alone: a key or a certificate. */
    public boolean hasOwnCredential() {
        return identity.hasOwnCredential();
    }

    public AgentId agentId() {
        return identity.agentId();
    }

    public SessionId sessionId() {
        return identity.sessionId();
    }

    long epoch() {
        return identity.epoch();
    }

    /** The journal of the agent, null when the session offers none. */
    public @Nullable InstanceUid instance() {
        return identity.instance();
    }

    /** Whether the agent offered this; nothing is asked of it otherwise. */
    public boolean offers(String feature) {
        return identity.offers(feature);
    }

    public ConnectionId connId() {
        return identity.connId();
    }

    public String ip() {
        return identity.ip();
    }

    public Instant connectedAt() {
        return connectedAt;
    }

    public Instant lastSeen() {
        return lastSeen;
    }

    /** As the agent says; empty before HELLO. */
    public String version() {
        return identity.version();
    }
}
