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
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CloseCode;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.BridgeFrame;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.Features;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.sealing.Contents;
import io.viworks.protocol.sealing.NotOpened;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
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
    private final HandMadeCommands handMade;
    private final SealedCommands sealedCommands;
    private final BridgeMeters meters;
    private final InstantSource clock;
    private final boolean signedOnly;
    private final FrameCodec codec = new FrameCodec();

    Deliverer(
            Deliveries deliveries,
            HandMadeCommands handMade,
            SealedCommands sealedCommands,
            BridgeMeters meters,
            InstantSource clock,
            boolean signedOnly) {
        this.deliveries = deliveries;
        this.handMade = handMade;
        this.sealedCommands = sealedCommands;
        this.meters = meters;
        this.clock = clock;
        this.signedOnly = signedOnly;
    }

    /**
     * Looks whether a record can be given to anybody at all.
     *
     * @throws IllegalArgumentException with what would be right: it belongs to the dead letters
     */
    void check(StreamRecord.OfCommands record) {
        switch (record) {
            case StreamRecord.Command command -> {
                // What is sealed is looked at when it is opened.
                if (command.payload() instanceof Payload.Clear(var bytes, var jws)) {
                    var _ = checked(command, bytes, jws);
                }
            }
            case StreamRecord.HandMade made -> {
                mustBeSigned(false);
                List<String> mistakes = handMade.mistakes(made);
                if (!mistakes.isEmpty()) {
                    throw new IllegalArgumentException(String.join("; ", mistakes));
                }
            }
            case StreamRecord.Close close -> {
                var _ = closeCode(close);
            }
            case StreamRecord.Cancel _, StreamRecord.JobQuery _ -> {}
        }
    }

    private Envelope checked(StreamRecord.Command command, Bytes bytes, @Nullable String jws) {
        mustBeSigned(jws != null);
        Envelope envelope = envelope(bytes);
        if (!envelope.agentId().equals(command.agentId())
                || !envelope.correlationId().equals(command.correlationId())) {
            throw new IllegalArgumentException(
                    "the envelope must name the record's agent_id and correlation_id");
        }
        return envelope;
    }

    private void mustBeSigned(boolean signed) {
        if (signedOnly && !signed) {
            throw new IllegalArgumentException(
                    "a command must be signed by admin-api: AGENT_ENVELOPE_JWS_REQUIRED is true");
        }
    }

    private Envelope envelope(Bytes bytes) {
        try {
            return codec.decodeEnvelope(bytes.array());
        } catch (BadFrame bad) {
            throw new IllegalArgumentException("envelope: " + bad.problem(), bad);
        }
    }

    private static CloseCode closeCode(StreamRecord.Close close) {
        return Arrays.stream(CloseCode.values())
                .filter(code -> code.code() == close.code())
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("code must be a close code of spec 2.5"));
    }

    /** Gives a checked record to the agent's live session, if there is one. */
    CompletionStage<String> give(StreamRecord.OfCommands record, Optional<AgentSession> session) {
        return switch (record) {
            case StreamRecord.Command command -> command(command, session.orElse(null));
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
        right.ifPresent(one -> one.requestClose(closeCode(close)));
        return CompletableFuture.completedFuture(
                right.isPresent() ? "close_done" : "close_dropped");
    }

    private CompletionStage<String> command(
            StreamRecord.Command command, @Nullable AgentSession session) {
        return switch (command.payload()) {
            case Payload.Sealed(var sealed) ->
                    session == null
                            ? told(
                                    command,
                                    command.correlationId(),
                                    deliveries.release(command, null))
                            : sealed(command, sealed, session);
            case Payload.Clear(var bytes, var jws) -> {
                Envelope envelope = envelope(bytes);
                yield session == null
                        ? told(
                                command,
                                command.correlationId(),
                                deliveries.release(command, envelope.expiresAt()))
                        : deliver(command, envelope, frame(command, bytes, jws, session), session);
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
            Envelope envelope = checked(command, bytes, contents.jws());
            return deliver(
                    command, envelope, frame(command, bytes, contents.jws(), session), session);
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
            AgentSession session) {
        return Bytes.of(
                jws != null && session.offers(Features.JWS)
                        ? codec.encode(
                                new BridgeFrame.SignedCommand(
                                        command.correlationId(), command.attempt(), jws))
                        : codec.encodeCommand(
                                envelope.array(), command.attempt(), command.traceparent()));
    }

    private CompletionStage<String> deliver(
            StreamRecord.Command command, Envelope envelope, Bytes frame, AgentSession session) {
        Instant expires = envelope.expiresAt();
        if (signedOnly && !session.offers(Features.JWS)) {
            return notAsked(command, expires, session);
        }
        return session.deliver(
                        new Delivery(
                                command.correlationId(),
                                Duration.ofSeconds(envelope.timeoutS()),
                                frame,
                                room ->
                                        deliveries.deliver(
                                                command, expires, session.sessionId(), room)))
                .thenCompose(delivered ->
                        delivered
                                .map(one -> {
                                    dispatched(one, envelope);
                                    return told(
                                            command,
                                            command.correlationId(),
                                            CompletableFuture.completedStage(one));
                                })
                                .orElseGet(() ->
                                        told(
                                                command,
                                                command.correlationId(),
                                                deliveries.release(command, expires))));
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
                                room -> deliveries.deliver(made, bytes, session.sessionId(), room)))
                .thenCompose(delivered ->
                        delivered
                                .map(one -> {
                                    dispatched(one, envelope);
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

    private void dispatched(Delivered delivered, Envelope envelope) {
        if (delivered instanceof Delivered.Dispatched) {
            meters.dispatched(Duration.between(envelope.issuedAt(), clock.instant()));
        }
    }

    private static CompletionStage<String> told(
            StreamRecord.OfCommands record,
            CorrelationId command,
            CompletionStage<Delivered> decided) {
        return decided.thenApply(delivered -> {
            String outcome = outcome(delivered);
            log.atInfo()
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
