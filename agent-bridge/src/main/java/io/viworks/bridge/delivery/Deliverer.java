package io.viworks.bridge.delivery;

import io.viworks.backplane.Answers;
import io.viworks.backplane.delivery.Delivered;
import io.viworks.backplane.delivery.Deliveries;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamRecord.Payload;
import io.viworks.backplane.stream.StreamRecord.ReleaseReason;
import io.viworks.bridge.metrics.BridgeMeters;
import io.viworks.bridge.session.AgentSession;
import io.viworks.bridge.session.Delivery;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.Traceparent;
import io.viworks.protocol.frame.BridgeFrame;
import io.viworks.protocol.frame.CommandTimes;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.Features;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.sealing.Contents;
import io.viworks.protocol.sealing.NotOpened;
import io.viworks.service.trace.CommandSteps;
import io.viworks.service.trace.Step;
import io.viworks.service.trace.TracedLine;
import io.viworks.service.trace.Tracing;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives one record to the session it is for, or says that there is none. Thread-safe. */
final class Deliverer {
    private static final Logger log = LoggerFactory.getLogger(Deliverer.class);

    private final Deliveries deliveries;
    private final RecordCheck check;
    private final HandMadeCommands handMade;
    private final SealedCommands sealedCommands;
    private final BridgeMeters meters;
    private final Tracing tracing;
    private final InstantSource clock;
    private final boolean signedOnly;
    private final FrameCodec codec = new FrameCodec();

    Deliverer(
            Deliveries deliveries,
            RecordCheck check,
            HandMadeCommands handMade,
            SealedCommands sealedCommands,
            BridgeMeters meters,
            Tracing tracing,
            InstantSource clock,
            boolean signedOnly) {
        this.deliveries = deliveries;
        this.check = check;
        this.handMade = handMade;
        this.sealedCommands = sealedCommands;
        this.meters = meters;
        this.tracing = tracing;
        this.clock = clock;
        this.signedOnly = signedOnly;
    }

    /** Gives a checked record to the agent's live session, if there is one. */
    CompletionStage<String> give(CheckedRecord checked, Optional<AgentSession> session) {
        return switch (checked.record()) {
            case StreamRecord.Command command ->
                    command(command, checked.times(), session.orElse(null));
            case StreamRecord.HandMade made -> handMade(made, session.orElse(null));
            case StreamRecord.Cancel cancel ->
                    ask(
                            session,
                            Features.CANCEL,
                            cancel.instanceUid(),
                            new BridgeFrame.Cancel(
                                    cancel.correlationId(), cancel.expiresAt(), cancel.mode()));
            case StreamRecord.JobQuery query ->
                    ask(
                            session,
                            Features.JOB_STATUS,
                            query.instanceUid(),
                            new BridgeFrame.JobQuery(query.correlationIds()));
            case StreamRecord.Close close -> close(close, session);
        };
    }

    /** What becomes of a command of the public door that turns out not to be for a session here. */
    interface Onward {
        /** Another bridge holds the agent. */
        CompletionStage<String> to(BridgeId owner);

        /** The session has ended: whoever holds the agent has to be looked up. */
        CompletionStage<String> lookedUp();
    }

    /**
     * Whether a checked record of the public door may be given to a session of this bridge before
     * anybody has looked up who holds the agent: the deliver script looks itself. What is sealed is
     * not opened on a guess, and no other kind of record asks a script.
     */
    static boolean maySkipLookup(StreamRecord.OfCommands record) {
        return record instanceof StreamRecord.Command command
                && command.payload() instanceof Payload.Clear;
    }

    /** Gives such a record to a session, unless another bridge holds its agent by now. */
    CompletionStage<String> giveAtDoor(CheckedRecord checked, AgentSession session, Onward onward) {
        CommandTimes times = checked.times();
        if (times != null
                && checked.record() instanceof StreamRecord.Command command
                && command.payload() instanceof Payload.Clear(var bytes, var jws)) {
            return deliver(command, times, bytes, jws, session, onward);
        }
        throw new IllegalArgumentException("only a command that is not sealed skips the lookup");
    }

    /** Only of its own instance and what it offered; the ledger asks again otherwise. */
    private static CompletionStage<String> ask(
            Optional<AgentSession> session,
            String feature,
            @Nullable InstanceUid instance,
            BridgeFrame frame) {
        Optional<AgentSession> right =
                session.filter(one -> one.offers(feature))
                        .filter(one -> Objects.equals(one.instance(), instance));
        right.ifPresent(one -> one.post(frame));
        String kind = frame.type().toLowerCase(Locale.ROOT);
        return CompletableFuture.completedFuture(kind + (right.isPresent() ? "_sent" : "_dropped"));
    }

    private static CompletionStage<String> close(
            StreamRecord.Close close, Optional<AgentSession> session) {
        Optional<AgentSession> right =
                session.filter(one -> one.sessionId().equals(close.sessionId()));
        right.ifPresent(one -> one.requestClose(RecordCheck.closeCode(close)));
        return CompletableFuture.completedFuture(
                right.isPresent() ? "close_done" : "close_dropped");
    }

    private CompletionStage<String> command(
            StreamRecord.Command command,
            @Nullable CommandTimes read,
            @Nullable AgentSession session) {
        return switch (command.payload()) {
            case Payload.Sealed(var sealed) ->
                    session == null
                            ? told(
                                    command,
                                    command.correlationId(),
                                    deliveries.release(command, null))
                            : sealed(command, sealed, session);
            case Payload.Clear(var bytes, var jws) -> {
                CommandTimes times = Objects.requireNonNull(read, "a clear envelope is read first");
                yield session == null
                        ? told(
                                command,
                                command.correlationId(),
                                deliveries.release(command, times.expiresAt()))
                        : deliver(command, times, bytes, jws, session, null);
            }
        };
    }

    /**
     * Opened here, where its frame is written, and nowhere before. What is not what admin-api
     * sealed for this command and this agent is never sent: it belongs to the dead letters.
     */
    private CompletionStage<String> sealed(
            StreamRecord.Command command, Bytes sealed, AgentSession session) {
        if (!sealedCommands.mayGoTo(session)) {
            return refused(
                    command,
                    ReleaseReason.NOT_ENROLLED,
                    "the session was opened without a credential of the agent's own");
        }
        try {
            Contents contents = sealedCommands.open(command, sealed);
            Bytes bytes = contents.envelope();
            CommandTimes times = check.times(command, bytes, contents.jws());
            return deliver(command, times, bytes, contents.jws(), session, null);
        } catch (NotOpened e) {
            return switch (e.because()) {
                case UNKNOWN_KEY -> refused(command, ReleaseReason.UNOPENED, e.problem());
                case FORGED ->
                        CompletableFuture.failedStage(
                                new IllegalArgumentException("sealed: " + e.problem(), e));
            };
        } catch (IllegalArgumentException fault) {
            return CompletableFuture.failedStage(fault);
        }
    }

    /** It waits in the ledger for a session or a ring that is right. */
    private CompletionStage<String> refused(
            StreamRecord.Command command, ReleaseReason why, String problem) {
        log.atWarn()
                .addKeyValue("event", "sealed_refused")
                .addKeyValue("agent_id", command.agentId())
                .addKeyValue("correlation_id", command.correlationId())
                .addKeyValue("error", problem)
                .log("A command with secrets is not sent; released");
        return told(command, command.correlationId(), deliveries.refuse(command, why));
    }

    /** Signed only for an agent that reads signatures. */
    private Bytes frame(
            StreamRecord.Command command,
            Bytes envelope,
            @Nullable String jws,
            @Nullable String trace,
            AgentSession session) {
        return Bytes.of(
                jws != null && session.offers(Features.JWS)
                        ? codec.encode(
                                new BridgeFrame.SignedCommand(
                                        command.correlationId(), command.attempt(), jws))
                        : codec.encodeCommand(envelope.array(), command.attempt(), trace));
    }

    private CompletionStage<String> deliver(
            StreamRecord.Command command,
            CommandTimes times,
            Bytes bytes,
            @Nullable String jws,
            AgentSession session,
            @Nullable Onward onward) {
        Instant expires = times.expiresAt();
        if (signedOnly && !session.offers(Features.JWS)) {
            return onward == null
                    ? notAsked(command, expires, session)
                    : onward.lookedUp(); // a session that may be gone refuses nothing
        }
        Step step = dispatching(command, times);
        String trace =
                Traceparent.read(
                                step.traceparent() == null
                                        ? command.traceparent()
                                        : step.traceparent())
                        .map(Traceparent::text)
                        .orElse(null);
        return session.deliver(
                        new Delivery(
                                command.correlationId(),
                                Duration.ofSeconds(times.timeoutS()),
                                frame(command, bytes, jws, trace, session),
                                step.traceparent(),
                                room ->
                                        onward == null
                                                ? deliveries.deliver(
                                                        command, expires, session.sessionId(), room)
                                                : deliveries.deliverAtDoor(
                                                        command,
                                                        expires,
                                                        session.sessionId(),
                                                        room)))
                .thenCompose(delivered -> settled(command, times, delivered, onward))
                .whenComplete((outcome, _) -> {
                    if (outcome == null) {
                        step.failed("not decided");
                    } else {
                        step.note("viw.outcome", outcome);
                    }
                    step.end();
                });
    }

    /** What the script said; nothing when the session was not live any more. */
    private CompletionStage<String> settled(
            StreamRecord.Command command,
            CommandTimes times,
            Optional<Delivered> delivered,
            @Nullable Onward onward) {
        if (delivered.isEmpty()) {
            return onward == null
                    ? told(
                            command,
                            command.correlationId(),
                            deliveries.release(command, times.expiresAt()))
                    : onward.lookedUp();
        }
        if (onward != null && delivered.get() instanceof Delivered.Elsewhere(BridgeId owner)) {
            return onward.to(owner);
        }
        dispatched(delivered.get(), times, command.ts());
        return told(
                command,
                command.correlationId(),
                CompletableFuture.completedStage(delivered.get()));
    }

    /** From the record in hand to the decision and the frame on the socket. */
    private Step dispatching(StreamRecord.Command command, CommandTimes times) {
        Step step =
                CommandSteps.of(
                        tracing,
                        Tracing.Kind.CONSUMER,
                        "dispatch",
                        command.traceparent(),
                        command.agentId(),
                        command.correlationId());
        return step.traceparent() == null
                ? step
                : step.note("viw.attempt", command.attempt())
                        .note(
                                "viw.queued_ms",
                                Duration.between(times.issuedAt(), clock.instant()).toMillis());
    }

    /** What would have to go unsigned does not go: it waits for an agent that verifies. */
    private CompletionStage<String> notAsked(
            StreamRecord.Command command, Instant expires, AgentSession session) {
        log.atWarn()
                .addKeyValue("event", "jws_not_offered")
                .addKeyValue("agent_id", command.agentId())
                .addKeyValue("correlation_id", command.correlationId())
                .log("The agent verifies no signatures and AGENT_ENVELOPE_JWS_REQUIRED is true");
        return told(
                command,
                command.correlationId(),
                deliveries.deliver(command, expires, session.sessionId(), false));
    }

    private CompletionStage<String> handMade(
            StreamRecord.HandMade made, @Nullable AgentSession session) {
        Envelope envelope = handMade.envelope(made);
        Bytes bytes = Bytes.of(codec.encodeEnvelope(envelope));
        if (session == null) {
            return told(made, made.correlationId(), deliveries.release(made, bytes));
        }
        return session.deliver(
                        new Delivery(
                                made.correlationId(),
                                Duration.ofSeconds(envelope.timeoutS()),
                                Bytes.of(codec.encodeCommand(bytes.array(), 1, null)),
                                null,
                                room -> deliveries.deliver(made, bytes, session.sessionId(), room)))
                .thenCompose(delivered ->
                        delivered
                                .map(one -> {
                                    dispatched(one, envelope.times(), made.ts());
                                    return told(
                                            made,
                                            made.correlationId(),
                                            CompletableFuture.completedStage(one));
                                })
                                .orElseGet(() ->
                                        told(
                                                made,
                                                made.correlationId(),
                                                deliveries.release(made, bytes))));
    }

    private void dispatched(Delivered delivered, CommandTimes times, Instant sent) {
        if (delivered instanceof Delivered.Dispatched) {
            meters.dispatched(
                    Duration.between(times.issuedAt(), clock.instant()),
                    Duration.between(times.issuedAt(), sent));
        }
    }

    private static CompletionStage<String> told(
            StreamRecord.OfCommands record,
            CorrelationId command,
            CompletionStage<Delivered> decided) {
        return decided.thenApply(delivered -> {
            String outcome = outcome(delivered);
            String trace = record instanceof StreamRecord.Command sent ? sent.traceparent() : null;
            TracedLine.in(trace, log.atInfo())
                    .addKeyValue("event", "command_decided")
                    .addKeyValue("agent_id", record.agentId())
                    .addKeyValue("correlation_id", command)
                    .log("{}", outcome);
            return outcome;
        });
    }

    private static String outcome(Delivered delivered) {
        return switch (delivered) {
            case Delivered.Dispatched _ -> "dispatched";
            case Delivered.Released(var reason) ->
                    "released_" + reason.name().toLowerCase(Locale.ROOT);
            case Delivered.Dropped(var cause) -> "dropped_" + cause.name().toLowerCase(Locale.ROOT);
            case Delivered.Elsewhere _ -> "elsewhere";
        };
    }

    /** Tells the ledger of a command that is set aside that no copy of it is out. */
    void settingAside(StreamRecord.@Nullable OfCommands record) {
        if (record instanceof StreamRecord.Command command) {
            var _ =
                    Answers.await(
                            switch (command.payload()) {
                                case Payload.Clear _ -> deliveries.release(command, null);
                                case Payload.Sealed _ ->
                                        deliveries.refuse(command, ReleaseReason.UNOPENED);
                            });
        }
    }
}
