package io.viworks.admin.event;

import io.viworks.backplane.stream.CommandEvent;
import io.viworks.backplane.stream.EventAppender;
import io.viworks.backplane.stream.GatewayEvent;
import io.viworks.backplane.stream.GatewayEvent.What;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.ledger.Accepted;
import io.viworks.ledger.CancelAnswer;
import io.viworks.ledger.CommandState;
import io.viworks.ledger.Moved;
import io.viworks.ledger.NewCommand;
import io.viworks.protocol.AgentId;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Tells on {@code viw.events} what a transaction of this process has changed, after its commit and
 * not when it is rolled back; at once where there is none. It never waits and never fails.
 * Thread-safe.
 */
@Component
public final class Changes {
    private final EventAppender appender;
    private final InstantSource clock;

    Changes(EventAppender appender, InstantSource clock) {
        this.appender = appender;
        this.clock = clock;
    }

    /** A gateway has changed. */
    public void gateway(AgentId agent, What what) {
        gateway(agent, what, Map.of());
    }

    /**
     * A gateway has changed.
     *
     * @param facts a few more words about it, never a secret
     */
    public void gateway(AgentId agent, What what, Map<String, String> facts) {
        tell(new GatewayEvent(agent, clock.instant(), what, facts));
    }

    /** What became of a request for a command: a new one is told of. */
    public void accepted(NewCommand command, Accepted accepted) {
        switch (accepted) {
            case Accepted.Claimed(StreamRecord.Command record) -> queued(command, record.attempt());
            case Accepted.Waiting() -> queued(command, 0);
            case Accepted.Duplicate _,
                    Accepted.Conflict _,
                    Accepted.QueueFull _,
                    Accepted.AgentOffline _,
                    Accepted.AgentBusy _ -> {}
        }
    }

    private void queued(NewCommand command, int attempt) {
        tell(
                new CommandEvent(
                        command.agentId(),
                        clock.instant(),
                        command.correlationId(),
                        command.batchId(),
                        command.verb(),
                        CommandState.QUEUED.name(),
                        null,
                        null,
                        attempt));
    }

    /** What became of a request to cancel: its end, or that it was asked for. */
    public void cancelled(CancelAnswer answer) {
        switch (answer) {
            case CancelAnswer.Ended(Moved moved) -> tell(moved.event(clock.instant()));
            case CancelAnswer.Requested(_, Moved moved) -> tell(moved.event(clock.instant()));
            case CancelAnswer.NotCancellable _,
                    CancelAnswer.AlreadyEnded _,
                    CancelAnswer.Unknown _ -> {}
        }
    }

    private void tell(StreamRecord.OfEvents event) {
        if (!TransactionSynchronizationManager.isSynchronizationActive()) {
            appender.tell(List.of(event));
            return;
        }
        for (TransactionSynchronization other :
                TransactionSynchronizationManager.getSynchronizations()) {
            if (other instanceof Telling telling) {
                telling.events.add(event);
                return;
            }
        }
        Telling telling = new Telling();
        telling.events.add(event);
        TransactionSynchronizationManager.registerSynchronization(telling);
    }

    /** All that one transaction has changed, told in one go. For its thread. */
    private final class Telling implements TransactionSynchronization {
        private final List<StreamRecord.OfEvents> events = new ArrayList<>();

        @Override
        public void afterCommit() {
            appender.tell(events);
        }
    }
}
