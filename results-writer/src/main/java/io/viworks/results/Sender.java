package io.viworks.results;

import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.backplane.WorldAway;
import io.viworks.backplane.delivery.CommandSender;
import io.viworks.backplane.delivery.StreamTime;
import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.ownership.Owners;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.ledger.Dispatch;
import io.viworks.ledger.Moves.CommandAsk;
import io.viworks.ledger.ToSend;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.frame.BridgeFrame.CancelMode;
import io.viworks.service.trace.CommandSteps;
import io.viworks.service.trace.Step;
import io.viworks.service.trace.Tracing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends gateways what is next (spec 3.4): claims in Postgres, commits, and writes to the owners'
 * streams. What is claimed and not written for certain is taken back; what may have been written is
 * sent again by the clock. Thread-safe.
 */
final class Sender {
    private static final Logger log = LoggerFactory.getLogger(Sender.class);

    private final Dispatch dispatch;
    private final Owners owners;
    private final CommandSender commands;
    private final StreamTime streamTime;
    private final Tracing tracing;
    private final MeterRegistry meters;

    Sender(
            Dispatch dispatch,
            Owners owners,
            CommandSender commands,
            StreamTime streamTime,
            Tracing tracing,
            MeterRegistry meters) {
        this.dispatch = dispatch;
        this.owners = owners;
        this.commands = commands;
        this.streamTime = streamTime;
        this.tracing = tracing;
        this.meters = meters;
    }

    /**
     * Sends what is due for those of these gateways that have an owner.
     *
     * @return how many records were written
     * @throws WorldAway when Redis or Postgres is away; nothing is lost by it
     */
    int serve(Collection<AgentId> gateways) throws InterruptedException {
        if (gateways.isEmpty()) {
            return 0;
        }
        Map<AgentId, Owner> held = World.redis(owners.find(gateways));
        if (held.isEmpty()) {
            return 0;
        }
        Instant handled = World.redis(streamTime.handledUpTo());
        return write(World.database(() -> dispatch.next(held, handled)));
    }

    /** Says to agents what their last word asked for. */
    void ask(List<CommandAsk> asks) throws InterruptedException {
        if (asks.isEmpty()) {
            return;
        }
        Map<AgentId, Owner> held =
                World.redis(
                        owners.find(
                                asks.stream()
                                        .map(CommandAsk::agentId)
                                        .collect(Collectors.toSet())));
        List<ToSend> records = new ArrayList<>();
        for (CommandAsk ask : asks) {
            Owner owner = held.get(ask.agentId());
            if (owner != null) {
                records.add(new ToSend(owner.bridgeId(), cancel(ask)));
            }
        }
        int _ = write(records);
    }

    private static StreamRecord.Cancel cancel(CommandAsk ask) {
        return new StreamRecord.Cancel(
                ask.agentId(),
                ask.at(),
                ask.correlationId(),
                ask.expiresAt(),
                ask.onlyIfIdle() ? CancelMode.IF_NOT_STARTED : CancelMode.STOP,
                ask.instance());
    }

    private int write(List<ToSend> records) throws InterruptedException {
        List<CompletionStage<String>> answers = new ArrayList<>(records.size());
        for (ToSend one : records) {
            answers.add(send(one));
        }
        WorldAway lastAway = null;
        for (int i = 0; i < answers.size(); i++) {
            StreamRecord.OfCommands record = records.get(i).record();
            try {
                String _ = World.redis(answers.get(i));
                meters.counter("viw.results.sent", "kind", record.kind()).increment();
            } catch (WorldAway away) {
                lastAway = away;
                notWritten(record, away);
            }
        }
        if (lastAway != null) {
            throw lastAway;
        }
        return records.size();
    }

    private CompletionStage<String> send(ToSend one) {
        if (!(tracing.on() && one.record() instanceof StreamRecord.Command command)) {
            return commands.send(one.bridge(), one.record());
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
        return commands.send(one.bridge(), command.causedBy(step.traceparent()))
                .whenComplete((_, failure) -> {
                    if (failure != null) {
                        step.failed("not written");
                    }
                    step.end();
                });
    }

    private void notWritten(StreamRecord.OfCommands record, WorldAway away) {
        meters.counter("viw.results.unsent", "kind", record.kind()).increment();
        if (away.unsent() && record instanceof StreamRecord.Command command) {
            boolean back =
                    World.database(() ->
                            dispatch.unsent(
                                    command.agentId(), command.correlationId(), command.attempt()));
            log.atDebug()
                    .addKeyValue("event", "attempt_taken_back")
                    .addKeyValue("correlation_id", command.correlationId())
                    .log("attempt {} was not written: {}", command.attempt(), back);
        }
    }
}
