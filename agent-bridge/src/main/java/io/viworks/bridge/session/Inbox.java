package io.viworks.bridge.session;

import io.viworks.bridge.ingress.Fate;
import io.viworks.bridge.ingress.Ingress;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CloseCode;
import io.viworks.protocol.ExecutionId;
import io.viworks.protocol.frame.AgentFrame;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.BridgeFrame;
import io.viworks.protocol.frame.ErrorFrameCode;
import io.viworks.protocol.frame.FrameCodec;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads what one agent sends and gives each frame its answer (spec 2.3, 2.5). For the socket's own
 * thread.
 */
final class Inbox {
    /** The pause asked of an agent that was closed for its rate. */
    private static final Duration RATE_PAUSE = Duration.ofSeconds(30);

    private static final String FIRST = "the first frame must be HELLO";

    private final AgentSession session;
    private final SessionContext context;
    private final Intake intake;
    private final Unwritten unwritten;
    private final Strikes strikes = new Strikes();

    Inbox(AgentSession session, SessionContext context, Intake intake, Unwritten unwritten) {
        this.session = session;
        this.context = context;
        this.intake = intake;
        this.unwritten = unwritten;
    }

    /** A whole text message. */
    void text(byte[] message) {
        if (message.length > context.limits().maxFrameBytes()) {
            session.close(CloseCode.FRAME_TOO_BIG);
        } else if (!FrameCodec.isUtf8(message)) {
            session.close(CloseCode.INVALID_UTF8);
        } else if (!intake.frame()) {
            tooFast();
        } else {
            read(message);
        }
    }

    /** A ping or pong of the protocol below, which counts like a frame. */
    void alive() {
        if (!intake.frame()) {
            tooFast();
        }
    }

    private void tooFast() {
        context.meters().frame("other", ErrorFrameCode.RATE_LIMITED.wire());
        session.send(
                new BridgeFrame.Refusal(
                        ErrorFrameCode.RATE_LIMITED,
                        "at most "
                                + context.limits().frameRate()
                                + " frames a second, and bursts of "
                                + context.limits().frameBurst(),
                        true,
                        RATE_PAUSE.toMillis(),
                        null));
        session.close(CloseCode.RATE_LIMITED);
    }

    private void read(byte[] message) {
        Instant at = context.clock().instant();
        AgentFrame frame;
        try {
            frame = context.codec().decodeAgent(message, at);
        } catch (BadFrame bad) {
            if (session.awaitsHello() && bad.code() == ErrorFrameCode.UNKNOWN_TYPE) {
                refuse("other", ErrorFrameCode.HELLO_FIRST, FIRST);
            } else {
                refuse("other", bad.code(), bad.problem());
            }
            return;
        }
        if (session.awaitsHello() && !(frame instanceof AgentFrame.Hello)) {
            refuse(frame.type(), ErrorFrameCode.HELLO_FIRST, FIRST);
        } else if (namesAnother(frame)) {
            mismatch(frame);
        } else {
            answer(frame, message, at);
        }
    }

    private boolean namesAnother(AgentFrame frame) {
        var claimed = frame.claimedAgent();
        return claimed != null && !claimed.equals(session.agentId());
    }

    private void mismatch(AgentFrame frame) {
        refuse(
                frame.type(),
                ErrorFrameCode.IDENTITY_MISMATCH,
                "agent_id must be the one of the handshake");
        if (strikes.mismatch()) {
            session.close(CloseCode.IDENTITY_MISMATCH);
        }
    }

    private void refuse(String type, ErrorFrameCode code, String problem) {
        context.meters().frame(type, code.wire());
        session.send(new BridgeFrame.Refusal(code, problem, false, null, ref(type)));
        if (strikes.error(context.nanos().getAsLong())) {
            session.close(CloseCode.BAD_FRAMES);
        }
    }

    private static @Nullable String ref(String type) {
        return AgentFrame.TYPES.contains(type) ? type : null;
    }

    private void answer(AgentFrame frame, byte[] message, Instant at) {
        switch (frame) {
            case AgentFrame.Hello hello -> {
                if (!session.awaitsHello()) {
                    refuse("HELLO", ErrorFrameCode.BAD_FRAME, "a session has one HELLO");
                    return;
                }
                session.hello(hello, Bytes.of(message), at);
            }
            case AgentFrame.Telemetry _ -> context.ingress().telemetry(said(message, at));
            case AgentFrame.Ack ack -> {
                Ingress.Said said = said(message, at);
                write("ACK", said, () -> context.ingress().ack(said));
                session.acknowledged(ack);
            }
            case AgentFrame.Progress _ -> context.ingress().progress(said(message, at));
            case AgentFrame.Result result -> result(result, message, at);
            case AgentFrame.JobStatus _ -> {
                Ingress.Said said = said(message, at);
                write("JOB_STATUS", said, () -> context.ingress().jobStatus(said));
            }
            case AgentFrame.Heartbeat _, AgentFrame.Ping _ -> session.send(new BridgeFrame.Pong());
            case AgentFrame.Pong _ -> {}
            case AgentFrame.Bye bye -> session.bye(bye.reason());
        }
        context.meters().frame(frame.type(), "ok");
    }

    private void result(AgentFrame.Result result, byte[] message, Instant at) {
        Ingress.Said said = said(message, at);
        ExecutionId run =
                result.executionId() == null
                        ? ExecutionId.ofFrame(said.frame())
                        : result.executionId();
        session.finished(result.correlationId());
        intake.result(message.length);
        context.ingress().remember(session.agentId(), result);
        unwritten.write(
                message.length,
                () -> context.ingress().result(said),
                fate -> {
                    if (fate == Fate.WRITTEN) {
                        session.send(new BridgeFrame.ResultAck(result.correlationId(), run));
                    } else {
                        // Not confirmed: an agent with a journal sends it again.
                        context.meters().resultWithheld(Ingress.reason(fate));
                    }
                    intake.confirmed();
                });
    }

    /** What the ledger asks for again when it is lost. */
    private void write(String kind, Ingress.Said said, Supplier<CompletionStage<Fate>> write) {
        unwritten.write(
                said.frame().length(),
                write,
                fate -> {
                    if (fate != Fate.WRITTEN) {
                        context.meters().recordLost(kind);
                    }
                });
    }

    private Ingress.Said said(byte[] message, Instant at) {
        return new Ingress.Said(session.agentId(), at, session.nextOrigin(), Bytes.of(message));
    }
}
