package io.viworks.ledger;

import io.viworks.ledger.ModelCommand.Copy;
import io.viworks.ledger.ModelCommand.Fault;
import io.viworks.ledger.ModelCommand.Journal;

/**
 * Says of each state of a command whether it is as promised, and leaves out of it what can change
 * nothing any more, so that states that differ in nothing else are one.
 */
final class ModelJudge {
    private final ModelBounds bounds;
    private final ModelRows rows;

    ModelJudge(ModelBounds bounds, ModelRows rows) {
        this.bounds = bounds;
        this.rows = rows;
    }

    /** Whether the ledger says, and not by a RESULT, that it did not run. */
    static boolean denied(CommandRow row) {
        return row.endedBy() != EndedBy.RESULT
                && switch (row.state()) {
                    case CANCELLED, EXPIRED, REJECTED -> true;
                    case QUEUED,
                            DISPATCHED,
                            ACKED,
                            SUCCEEDED,
                            FAILED,
                            EXEC_TIMED_OUT,
                            OUTCOME_UNKNOWN ->
                            false;
                };
    }

    ModelCommand judged(ModelCommand command) {
        if (command.fault() != Fault.NONE) {
            return command;
        }
        CommandRow row = rows.row(command.row());
        Fault fault = fault(command, row);
        if (fault != Fault.NONE) {
            return command.faulty(fault);
        }
        // What is left out below is left out because of the rules.
        return bounds.without().isEmpty() ? plain(command, row) : command;
    }

    private Fault fault(ModelCommand command, CommandRow row) {
        if (denied(row) && command.ran()) {
            return Fault.DENIED_AFTER_RUN;
        }
        if (row.state() == CommandState.OUTCOME_UNKNOWN && !honest(command, row)) {
            return Fault.FALSE_UNKNOWN;
        }
        if (row.state() == CommandState.SUCCEEDED && row.endedBy() != EndedBy.RESULT) {
            return Fault.FALSE_RESULT;
        }
        if (row.endedBy() == EndedBy.RESULT && !reported(command, row.state())) {
            return Fault.FALSE_RESULT;
        }
        return bounds.without().isEmpty() ? outOfPlace(command, row) : Fault.NONE;
    }

    /** A run cut short, a journal that is gone, or no word in all the time there was. */
    private static boolean honest(ModelCommand command, CommandRow row) {
        return switch (row.endedBy()) {
            case null -> false;
            case RESULT -> true;
            case AGENT -> false;
            case LEDGER -> command.instance() > 1 || command.late();
        };
    }

    private static boolean reported(ModelCommand command, CommandState state) {
        for (int instance = 1; instance <= command.instance(); instance++) {
            if (command.journal(instance).outcome() == state) {
                return true;
            }
        }
        return false;
    }

    /** {@code out ⇔ attempt > released}, seen from the copies and from the journals. */
    private Fault outOfPlace(ModelCommand command, CommandRow row) {
        for (int attempt = 1; attempt <= row.released(); attempt++) {
            if (alive(command, attempt)) {
                return Fault.RELEASED_AND_ALIVE;
            }
        }
        if (!row.ended() && !row.out() && row.state() != CommandState.QUEUED) {
            return Fault.IDLE_AND_NOT_QUEUED;
        }
        for (int instance = 1; instance <= command.instance(); instance++) {
            boolean taken = command.journal(instance).acknowledged();
            if (taken && !row.out()) {
                return Fault.IDLE_AND_TAKEN;
            }
        }
        return Fault.NONE;
    }

    private static boolean alive(ModelCommand command, int attempt) {
        return switch (command.copy(attempt)) {
            case CLAIMED, FLIGHT -> true;
            case WRITTEN ->
                    command.fresh(attempt) && attempt > command.decided() && !command.forgotten();
            case NONE, GONE, BUSY, RELEASED, RELEASED_LATE, LOST -> false;
        };
    }

    private ModelCommand plain(ModelCommand command, CommandRow row) {
        // Every journal that could still take it on has closed it, or no copy can get to one.
        Journal journal = command.journal();
        boolean unreachable = ModelRows.instance(row) != command.instance();
        if (row.ended() && (journal.closed() || unreachable)) {
            return new ModelCommand(
                    command.row(),
                    command.journals(),
                    0,
                    0,
                    0,
                    command.instance(),
                    true,
                    true,
                    command.ran(),
                    false,
                    Fault.NONE);
        }
        ModelCommand next = command;
        int fresh = 0;
        boolean remembered = false;
        boolean claimed = false;
        for (int attempt = 1; attempt <= bounds.attempts(); attempt++) {
            Copy copy = plain(command, row, attempt);
            next = next.copy(attempt, copy);
            fresh |= copy == Copy.WRITTEN ? 1 << (attempt - 1) : 0;
            claimed |= copy == Copy.CLAIMED;
            remembered |= copy == Copy.CLAIMED && attempt <= command.decided();
        }
        // What is written so late is never decided; without such a record the time says nothing.
        ModelCommand timed = command.forgotten() && !claimed ? next.justPast() : next;
        return timed.memory(fresh, remembered ? command.decided() : 0);
    }

    /** A copy without the events of it that would move nothing, and without a record of no use. */
    private static Copy plain(ModelCommand command, CommandRow row, int attempt) {
        Copy copy = command.copy(attempt);
        if (attempt <= row.released() && !alive(command, attempt)) {
            return Copy.NONE;
        }
        return switch (copy) {
            case NONE, CLAIMED, FLIGHT, LOST -> copy;
            case WRITTEN -> alive(command, attempt) ? copy : Copy.LOST;
            case GONE ->
                    attempt == row.attempt() && row.state() == CommandState.QUEUED
                            ? copy
                            : Copy.LOST;
            case BUSY, RELEASED, RELEASED_LATE -> row.ended() ? Copy.LOST : copy;
        };
    }
}
