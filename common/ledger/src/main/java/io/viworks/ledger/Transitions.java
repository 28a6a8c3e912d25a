package io.viworks.ledger;

import io.viworks.backplane.stream.StreamRecord.ReleaseReason;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.frame.AgentFrame.JobState;
import io.viworks.protocol.frame.ErrorCodes;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The moves of spec 3.5, as a function of a row, an event and the time: everything that decides
 * about a command's state after its acceptance is here, in {@code Claims} (sending) or in {@code
 * Deadlines} (the clock). Thread-safe.
 */
final class Transitions {
    private final LedgerLimits limits;

    Transitions(LedgerLimits limits) {
        this.limits = limits;
    }

    /**
     * Moves a row by one event of its own agent.
     *
     * @param now the database's clock
     */
    Step apply(CommandRow row, LedgerEvent event, Instant now) {
        return switch (event) {
            case LedgerEvent.Dispatched dispatched -> Step.to(dispatched(row, dispatched));
            case LedgerEvent.Released released ->
                    Step.to(
                            released(
                                    row,
                                    released.attempt(),
                                    released.reason(),
                                    released.pause(),
                                    now));
            case LedgerEvent.Acknowledged ack ->
                    Step.to(mayAcknowledge(row, ack.instance()) ? row.acked(ack.at()) : row);
            case LedgerEvent.Refused refused -> Step.to(refused(row, refused, now));
            case LedgerEvent.Reported reported -> reported(row, reported, now);
            case LedgerEvent.Finished finished -> finished(row, finished);
        };
    }

    private CommandRow dispatched(CommandRow row, LedgerEvent.Dispatched event) {
        boolean current = row.attempt() == event.attempt() && row.released() < event.attempt();
        if (row.ended() || !current) {
            return row;
        }
        boolean plain = event.instance() == null;
        Instant endsBy =
                plain
                        ? event.at().plusSeconds(row.timeoutS()).plus(limits.outcomeGracePlain())
                        : row.endsBy();
        return row.dispatched(event.at(), plain, endsBy);
    }

    /** Also what a busy agent's refusal means. */
    private CommandRow released(
            CommandRow row,
            int attempt,
            ReleaseReason reason,
            @Nullable Duration pause,
            Instant now) {
        if (row.ended() || row.released() != attempt - 1 || attempt > row.attempt()) {
            return row;
        }
        boolean last = attempt == row.attempt();
        CommandState state =
                last && row.state() == CommandState.DISPATCHED ? CommandState.QUEUED : row.state();
        String why = reason.name().toLowerCase(Locale.ROOT);
        CommandRow next = row.released(attempt, state, sendAt(row, reason, pause, now), why);
        return last && state == CommandState.QUEUED ? settled(next, reason, now) : next;
    }

    private static Instant sendAt(
            CommandRow row, ReleaseReason reason, @Nullable Duration pause, Instant now) {
        if (pause != null) {
            return now.plus(pause);
        }
        return switch (reason) {
            case OFFLINE, EXPIRED, OTHER_INSTANCE -> now;
            case BUSY, UNOPENED, NOT_ENROLLED -> row.nextSendAt(); // it would be said again at once
        };
    }

    /** No copy is out any more: what was waiting for that happens now. */
    private static CommandRow settled(CommandRow row, ReleaseReason reason, Instant now) {
        if (row.cancelRequested()) {
            return row.ended(CommandState.CANCELLED, EndedBy.LEDGER, null, null, now);
        }
        if (reason == ReleaseReason.EXPIRED || !now.isBefore(row.expiresAt())) {
            return row.ended(CommandState.EXPIRED, EndedBy.LEDGER, null, row.reason(), now);
        }
        if (row.immediate() || row.handMade()) {
            return row.ended(CommandState.REJECTED, EndedBy.LEDGER, null, row.reason(), now);
        }
        return row;
    }

    /** An agent's word counts only from the journal the copy is at, and only of a copy. */
    private static boolean fromItsJournal(CommandRow row, @Nullable InstanceUid instance) {
        return row.out() && Objects.equals(row.instance(), instance);
    }

    private static boolean mayAcknowledge(CommandRow row, @Nullable InstanceUid instance) {
        return fromItsJournal(row, instance) && row.state().rank() < CommandState.ACKED.rank();
    }

    private CommandRow refused(CommandRow row, LedgerEvent.Refused event, Instant now) {
        if (row.ended() || !fromItsJournal(row, event.instance())) {
            return row;
        }
        if (ErrorCodes.NOT_AN_END.contains(event.code())) {
            Duration pause = event.retryAfter() == null ? limits.firstPause() : event.retryAfter();
            return row.state() == CommandState.ACKED
                    ? row
                    : released(row, event.attempt(), ReleaseReason.BUSY, pause, now);
        }
        CommandState end =
                event.code().equals(ErrorCodes.CANCELLED) && row.cancelRequested()
                        ? CommandState.CANCELLED
                        : Outcomes.ofRefusal(event.code());
        return row.ended(end, EndedBy.AGENT, event.code(), event.message(), event.at());
    }

    private static Step reported(CommandRow row, LedgerEvent.Reported event, Instant now) {
        if (row.ended() || !fromItsJournal(row, event.instance())) {
            return Step.to(row);
        }
        return switch (event.state()) {
            case UNKNOWN ->
                    Step.to(
                            row.state() == CommandState.ACKED
                                    ? row.ended(
                                            CommandState.OUTCOME_UNKNOWN,
                                            EndedBy.AGENT,
                                            null,
                                            "the agent's journal does not know it any more",
                                            event.at())
                                    : row);
            case ACCEPTED, RUNNING, FINISHED -> {
                CommandRow acked = row.state() == CommandState.ACKED ? row : row.acked(event.at());
                yield new Step(acked, null, false, ask(acked, event.state(), now));
            }
            case LOST -> Step.to(row);
        };
    }

    private static Step.@Nullable Ask ask(CommandRow row, JobState state, Instant now) {
        if (state == JobState.ACCEPTED && !now.isBefore(row.expiresAt())) {
            return Step.Ask.STOP_IF_NOT_STARTED;
        }
        Instant ackedAt = row.ackedAt();
        if (state == JobState.RUNNING
                && ackedAt != null
                && now.isAfter(ackedAt.plusSeconds(row.timeoutS()).plus(LedgerLimits.OVERRUN))) {
            return Step.Ask.STOP;
        }
        return null;
    }

    /** From any instance: what ran has run. */
    private static Step finished(CommandRow row, LedgerEvent.Finished event) {
        CommandResult result = event.result();
        if (row.endedBy() == EndedBy.RESULT) {
            return new Step(row, Step.Alarm.DOUBLE_RUN, false, null);
        }
        boolean late = row.ended();
        CommandRow ended =
                row.ended(
                        result.outcome(),
                        EndedBy.RESULT,
                        result.errorCode(),
                        result.errorMessage(),
                        event.at());
        boolean wasDenied =
                row.state() == CommandState.EXPIRED
                        || row.state() == CommandState.CANCELLED
                        || row.state() == CommandState.REJECTED;
        return new Step(ended, wasDenied ? Step.Alarm.RESULT_AFTER_END : null, late, null);
    }
}
