package io.viworks.bridge.session;

import io.viworks.backplane.delivery.Delivered;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.AgentFrame;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The commands of one live session: each is decided by the script before its frame is written (spec
 * 3.4). For the socket's own thread.
 */
final class CommandsOut {
    private final AgentSession session;
    private final SessionContext context;
    private final Outbox outbox;
    private final Inflight inflight;

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
                                session.execute(
                                        () -> decided(delivery, room, delivered, failure, answer)));
    }

    private void decided(
            Delivery delivery,
            Inflight.Room room,
            @Nullable Delivered delivered,
            @Nullable Throwable failure,
            CompletableFuture<Optional<Delivered>> answer) {
        if (delivered instanceof Delivered.Dispatched) {
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

    void acknowledged(AgentFrame.Ack ack) {
        switch (ack.status()) {
            case ACCEPTED ->
                    inflight.age(ack.correlationId(), now()).ifPresent(context.meters()::acked);
            case REJECTED -> {
                var _ = inflight.give(ack.correlationId(), now());
            }
        }
    }

    void finished(CorrelationId command) {
        inflight.give(command, now()).ifPresent(context.meters()::finished);
    }

    private long now() {
        return context.nanos().getAsLong();
    }
}
