package io.viworks.bridge.session;

import io.netty.util.concurrent.FastThreadLocal;
import io.viworks.bridge.ingress.Fate;
import io.viworks.bridge.ingress.Ingress;
import io.viworks.bridge.metrics.BridgeMeters;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CloseCode;
import io.viworks.protocol.ExecutionId;
import io.viworks.protocol.frame.AgentFrame;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.BridgeFrame;
import io.viworks.protocol.frame.ErrorFrameCode;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.frame.PlainTelemetry;
import io.viworks.service.trace.Step;
import io.viworks.service.trace.TracedLine;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what one agent sends and gives each frame its answer (spec 2.3, 2.5). For the socket's own
 * thread.
 */
final class Inbox {
    /** The pause asked of an agent that was closed for its rate. */
    private static final Duration RATE_PAUSE = Duration.ofSeconds(30);

    private static final String FIRST = "the first frame must be HELLO";

    private static final Logger log = LoggerFactory.getLogger(Inbox.class);

    private final AgentSession session;
    private final SessionContext context;
    private final Intake intake;
    private final Unwritten unwritten;
    private final Strikes strikes = new Strikes();

    /** One per event loop, for the room it needs. */
    private static final FastThreadLocal<PlainTelemetry> PLAIN =
            new FastThreadLocal<>() {
                @Override
                protected PlainTelemetry initialValue() {
                    return new PlainTelemetry();
                }
            };

    Inbox(AgentSession session, SessionContext context, Intake intake, Unwritten unwritten) {
        this.session = session;
        this.context = context;
        this.intake = intake;
        this.unwritten = unwritten;
    }

    /** A whole text message. */
    void text(byte[] message, Instant at) {
        if (message.length > context.limits().maxFrameBytes()) {
            session.close(CloseCode.FRAME_TOO_BIG);
        } else if (isPlainTelemetry(message, at)) {
            if (intake.frame()) {
                session.publish(Bytes.of(message), at);
                context.meters().frame("TELEMETRY", BridgeMeters.OK);
            } else {
                tooFast();
            }
        } else if (!FrameCodec.isUtf8(message)) {
            session.close(CloseCode.INVALID_UTF8);
        } else if (!intake.frame()) {
            tooFast();
        } else {
            read(message, at);
        }
    }

    /** What nearly every frame is; nothing needs to be made of it to publish it. */
    private boolean isPlainTelemetry(byte[] message, Instant at) {
        return !session.awaitsHello() && PLAIN.get().is(message, session.agentId(), at);
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

    private void read(byte[] message, Instant at) {
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
            case AgentFrame.Telemetry _ -> session.publish(Bytes.of(message), at);
            case AgentFrame.Ack ack -> {
                Ingress.Said said = said(message, at);
                Step step =
                        session.heard("ack", ack.correlationId(), null)
                                .note("viw.status", ack.status().name());
                write("ACK", said, () -> context.ingress().ack(said), step);
                session.acknowledged(ack);
            }
            case AgentFrame.Progress _ -> context.ingress().progress(said(message, at));
            case AgentFrame.Result result -> result(result, message, at);
            case AgentFrame.JobStatus _ -> {
                Ingress.Said said = said(message, at);
                write("JOB_STATUS", said, () -> context.ingress().jobStatus(said), Step.none());
            }
            case AgentFrame.Heartbeat _, AgentFrame.Ping _ -> session.send(new BridgeFrame.Pong());
            case AgentFrame.Pong _ -> {}
            case AgentFrame.Bye bye -> session.bye(bye.reason());
        }
        context.meters().frame(frame.type(), BridgeMeters.OK);
    }

    private void result(AgentFrame.Result result, byte[] message, Instant at) {
        Ingress.Said said = said(message, at);
        ExecutionId run =
                result.executionId() == null
                        ? ExecutionId.ofFrame(said.frame())
                        : result.executionId();
        Step step =
                session.heard("result", result.correlationId(), result.traceparent())
                        .note("viw.status", result.status().name());
        session.ran(result, at);
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
                        step.failed(Ingress.reason(fate));
                    }
                    step.end();
                    tell(result, fate, step.traceparent());
                    intake.confirmed();
                });
    }

    /** That a RESULT has come this far; what is sent again is told again. */
    private void tell(AgentFrame.Result result, Fate fate, @Nullable String step) {
        TracedLine.in(step == null ? result.traceparent() : step, log.atInfo())
                .addKeyValue("event", "command_result")
                .addKeyValue("agent_id", session.agentId())
                .addKeyValue("conn_id", session.connId())
                .addKeyValue("correlation_id", result.correlationId())
                .log(
                        "{} {}",
                        result.status(),
                        fate == Fate.WRITTEN ? "confirmed" : "not confirmed");
    }

    /** What the ledger asks for again when it is lost. */
    private void write(
            String kind, Ingress.Said said, Supplier<CompletionStage<Fate>> write, Step step) {
        unwritten.write(
                said.frame().length(),
                write,
                fate -> {
                    if (fate != Fate.WRITTEN) {
                        context.meters().recordLost(kind);
                        step.failed(Ingress.reason(fate));
                    }
                    step.end();
                });
    }

    private Ingress.Said said(byte[] message, Instant at) {
        return new Ingress.Said(session.agentId(), at, session.nextOrigin(), Bytes.of(message));
    }
}
