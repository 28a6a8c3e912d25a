package io.viworks.admin.command;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.admin.redis.Answer;
import io.viworks.backplane.WorldAway;
import io.viworks.backplane.delivery.CommandSender;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.ledger.Ledger;
import io.viworks.protocol.BridgeId;
import io.viworks.service.trace.CommandSteps;
import io.viworks.service.trace.Step;
import io.viworks.service.trace.Tracing;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Writes records into Redis that the ledger has decided on, after its commit. Whatever becomes of
 * that changes no answer: the ledger is the queue, and results-writer sends again. Only what its
 * own client refused before writing is released here, for then no copy can be out. Thread-safe.
 */
@Component
final class Sending {
    /**
     * Longest wait for Redis before the caller is answered; the record goes its way all the same.
     */
    static final Duration PATIENCE = Duration.ofSeconds(1);

    private static final Logger log = LoggerFactory.getLogger(Sending.class);
    private static final Executor THREADS = task -> Thread.ofVirtual().name("release").start(task);

    private final CommandSender sender;
    private final Ledger ledger;
    private final Tracing tracing;
    private final Counter sent;
    private final Counter failed;
    private final Counter released;

    Sending(CommandSender sender, Ledger ledger, Tracing tracing, MeterRegistry meters) {
        this.sender = sender;
        this.ledger = ledger;
        this.tracing = tracing;
        this.sent = meters.counter("viw.api.commands.sent");
        this.failed = meters.counter("viw.api.commands.send.failed");
        this.released = meters.counter("viw.api.commands.released");
    }

    /** Sends a claimed command through the public door. */
    void send(StreamRecord.Command command) {
        send(List.of(command));
    }

    /** Sends claimed commands through the public door, all at once. */
    void send(Collection<StreamRecord.Command> commands) {
        await(
                commands.stream()
                        .map(command ->
                                publish(command)
                                        .thenAccept(_ -> sent.increment())
                                        .exceptionallyAsync(
                                                failure -> notSent(command, failure), THREADS))
                        .toList());
    }

    private CompletionStage<String> publish(StreamRecord.Command command) {
        if (!tracing.on()) {
            return sender.send(command);
        }
        Step step =
                CommandSteps.of(
                                tracing,
                                Tracing.Kind.PRODUCER,
                                "publish command",
                                command.traceparent(),
                                command.agentId(),
                                command.correlationId())
                        .note("viw.attempt", command.attempt());
        return sender.send(command.causedBy(step.traceparent()))
                .whenComplete((_, failure) -> {
                    if (failure != null) {
                        step.failed("not written");
                    }
                    step.end();
                });
    }

    /** A signal about a command, and the bridge that holds its agent. */
    record Signal(BridgeId bridge, StreamRecord.Cancel cancel) {}

    /** Sends signals, all at once. */
    void signal(Collection<Signal> signals) {
        await(signals.stream().map(this::signal).toList());
    }

    private CompletionStage<String> signal(Signal signal) {
        return sender.send(signal.bridge(), signal.cancel())
                .whenComplete((_, failure) -> {
                    if (failure == null) {
                        sent.increment();
                    } else {
                        notSent(signal.cancel().correlationId().toString(), failure);
                    }
                });
    }

    private @Nullable Void notSent(StreamRecord.Command command, Throwable failure) {
        String id = command.correlationId().toString();
        notSent(id, failure);
        if (!(cause(failure) instanceof WorldAway away && away.unsent())) {
            return null; // It may have been written: the delivery script and the ledger decide.
        }
        try {
            ledger.unsent(command.agentId(), command.correlationId());
            released.increment();
        } catch (DataAccessException | TransactionException e) {
            // It stays out on paper: sent again, or ended, as any copy that fell silent.
            log.atWarn()
                    .addKeyValue("event", "release_failed")
                    .addKeyValue("correlation_id", id)
                    .setCause(e)
                    .log("a command that was not sent could not be released");
        }
        return null;
    }

    private void notSent(String correlationId, Throwable failure) {
        failed.increment();
        log.atWarn()
                .addKeyValue("event", "send_failed")
                .addKeyValue("correlation_id", correlationId)
                .addKeyValue("error", String.valueOf(cause(failure).getMessage()))
                .log("a record was not written; the ledger sends again");
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failure;
    }

    /** Its failure was logged and counted by then: whatever it is, the row is committed. */
    private static void await(List<? extends CompletionStage<?>> stages) {
        try {
            Answer.of(
                    CompletableFuture.allOf(
                            stages.stream()
                                    .map(CompletionStage::toCompletableFuture)
                                    .toArray(CompletableFuture[]::new)),
                    PATIENCE);
        } catch (RuntimeException e) {
            log.debug("answering without a word from Redis", e);
        }
    }
}
