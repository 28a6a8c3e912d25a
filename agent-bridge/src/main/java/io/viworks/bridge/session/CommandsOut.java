package io.viworks.bridge.session;

import io.viworks.backplane.delivery.Delivered;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.AgentFrame;
import io.viworks.service.trace.CommandSteps;
import io.viworks.service.trace.Step;
import io.viworks.service.trace.Tracing;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The commands of one live session: each is decided by the script before its frame is written (spec
 * 3.4). For the socket's own thread.
 */
final class CommandsOut {
    /** What an agent says a run took is believed up to this. */
    private static final Duration LONGEST_RUN = Duration.ofDays(1);

    private final AgentSession session;
    private final SessionContext context;
    private final Outbox outbox;
    private final Inflight inflight;
    private final Causes causes = new Causes();

    /**
     * None out.
     *
     * @param max commands out at once
     */
    CommandsOut(AgentSession session, SessionContext context, Outbox outbox, int max) {
        this.session = session;
        this.context = context;
        this.outbox = outbox;
        this.inflight = new Inflight(max);
    }

    int max() {
        return inflight.max();
    }

    /** Asks for the decision and acts on it; the answer is what was decided. */
    void deliver(Delivery delivery, CompletableFuture<Optional<Delivered>> answer) {
        Inflight.Room room = inflight.take(delivery.command(), delivery.timeout(), now());
        boolean fits = room != Inflight.Room.FULL && outbox.hasRoom(delivery.frame().length());
        var _ =
                delivery.decide()
                        .apply(fits)
                        .whenComplete((delivered, failure) ->
                                session.atOnce(
                                        () -> decided(delivery, room, delivered, failure, answer)));
    }

    private void decided(
            Delivery delivery,
            Inflight.Room room,
            @Nullable Delivered delivered,
            @Nullable Throwable failure,
            CompletableFuture<Optional<Delivered>> answer) {
        if (delivered instanceof Delivered.Dispatched) {
            String step = delivery.step();
            if (step != null) {
                causes.sent(delivery.command(), step);
            }
            session.offer(delivery.frame().array());
        } else if (room == Inflight.Room.TAKEN) {
            var _ = inflight.give(delivery.command(), now());
        }
        if (delivered == null) {
            var _ =
                    answer.completeExceptionally(
                            failure == null ? new IllegalStateException("no answer") : failure);
        } else {
            var _ = answer.complete(Optional.of(delivered));
        }
    }

    /** Begins to take down what is heard of a command. */
    Step heard(String what, CorrelationId command, @Nullable String said) {
        String cause = causes.of(command);
        return CommandSteps.of(
                context.tracing(),
                Tracing.Kind.CONSUMER,
                what,
                cause == null ? said : cause,
                session.agentId(),
                command);
    }

    /** Takes down how long a command ran, by the agent's word for it. */
    void ran(AgentFrame.Result result, Instant at) {
        Long took = result.durationMs();
        if (took != null && took <= LONGEST_RUN.toMillis() && context.tracing().on()) {
            String cause = causes.of(result.correlationId());
            CommandSteps.of(
                            context.tracing(),
                            Tracing.Kind.INTERNAL,
                            "run on the gateway",
                            cause == null ? result.traceparent() : cause,
                            session.agentId(),
                            result.correlationId(),
                            at.minusMillis(took))
                    .note("viw.status", result.status().name())
                    .end(at);
        }
    }

    void acknowledged(AgentFrame.Ack ack) {
        switch (ack.status()) {
            case ACCEPTED ->
                    inflight.age(ack.correlationId(), now()).ifPresent(context.meters()::acked);
            case REJECTED -> {
                var _ = inflight.give(ack.correlationId(), now());
                causes.ended(ack.correlationId());
            }
        }
    }

    void finished(CorrelationId command) {
        inflight.give(command, now()).ifPresent(context.meters()::finished);
        causes.ended(command);
    }

    private long now() {
        return context.nanos().getAsLong();
    }
}
