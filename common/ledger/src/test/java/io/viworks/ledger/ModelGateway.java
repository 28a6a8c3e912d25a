package io.viworks.ledger;

import io.viworks.ledger.ModelCommand.Copy;
import io.viworks.ledger.ModelCommand.Fault;
import io.viworks.ledger.ModelCommand.Journal;
import io.viworks.ledger.ModelLedger.Sink;
import io.viworks.protocol.frame.ErrorCodes;

/**
 * What bridges and the agent may do about one command at any moment: {@code deliver.lua}, and the
 * agent's {@code Commands} and {@code Runs}. Each line that goes to disk is a step of its own, so
 * that a crash comes between any two.
 */
final class ModelGateway {
    private final ModelBounds bounds;
    private final ModelRows rows;

    ModelGateway(ModelBounds bounds, ModelRows rows) {
        this.bounds = bounds;
        this.rows = rows;
    }

    /**
     * The way to the agent, as it is now.
     *
     * @param live the agent has a session, and so hears what is sent to it
     * @param holder the journal of the session the owner key names, 0 when no bridge has it
     * @param reached that session is the agent's present one: what goes into it arrives
     */
    record Way(boolean live, int holder, boolean reached) {}

    void steps(ModelCommand command, Way way, Sink out) {
        CommandRow row = rows.row(command.row());
        for (int attempt = 1; attempt <= row.attempt(); attempt++) {
            read(command, row, attempt, way, out);
            if (way.live() && command.copy(attempt) == Copy.FLIGHT) {
                frame(command, attempt, out);
            }
        }
        if (command.late() && !command.forgotten()) {
            out.to("an hour later Redis has forgotten what it decided", command.longPast());
        }
        run(command, out);
        if (way.live()) {
            cancel(command, row, out);
        }
    }

    /**
     * Some bridge reads a record, for the first time or again, and asks {@code deliver.lua}: life,
     * attempt above the highest decided (which is kept until an hour past the deadline), owner key
     * names my session, instance_uid, expires_at, room. Any bridge may find that it does not hold
     * the agent: RELEASED(offline) is always possible, and so is RELEASED(busy).
     */
    private void read(ModelCommand command, CommandRow row, int attempt, Way way, Sink out) {
        Copy copy = command.copy(attempt);
        boolean written =
                switch (copy) {
                    case WRITTEN, FLIGHT, GONE, BUSY, RELEASED, RELEASED_LATE -> true;
                    case NONE, CLAIMED, LOST -> false;
                };
        boolean thisLife = command.fresh(attempt) || !bounds.holds(ModelRule.LIFE);
        boolean undecided = attempt > command.decided() || !bounds.holds(ModelRule.DECIDED_ONCE);
        boolean known = !command.forgotten() || !bounds.holds(ModelRule.DROPPED_WHEN_FORGOTTEN);
        if (!written || !thisLife || !undecided || !known) {
            return;
        }
        ModelCommand decided =
                command.memory(command.fresh(), Math.max(attempt, command.decided()));
        boolean rightJournal =
                way.holder() == ModelRows.instance(row) || !bounds.holds(ModelRule.INSTANCE);
        if (way.holder() != 0 && rightJournal && !command.forgotten()) {
            out.to(
                    "a bridge dispatches attempt "
                            + attempt
                            + (way.reached() ? "" : " to a session whose agent is gone"),
                    decided.copy(attempt, way.reached() ? Copy.FLIGHT : Copy.GONE));
        }
        out.to("a bridge releases attempt " + attempt, decided.copy(attempt, Copy.RELEASED));
        if (command.late()) {
            out.to(
                    "a bridge releases attempt " + attempt + " as expired",
                    decided.copy(attempt, Copy.RELEASED_LATE));
        }
    }

    /** A COMMAND arrives: {@code Commands.command}. */
    private void frame(ModelCommand command, int attempt, Sink out) {
        String arrives = "COMMAND(" + attempt + ") arrives: ";
        ModelCommand taken = command.copy(attempt, Copy.GONE);
        switch (command.journal()) {
            case NONE -> fresh(command, taken, attempt, arrives, out);
            case BARE -> {
                out.to(arrives + "the arguments are back", taken.journal(Journal.ACCEPTED));
                out.to(arrives + "its policy has changed", taken.journal(Journal.DROPPED_POLICY));
                if (command.late()) {
                    out.to(arrives + "too late", taken.journal(Journal.DROPPED_EXPIRED));
                }
            }
            case UNWRITTEN,
                    ACCEPTED,
                    UNWRITTEN_RUN,
                    STARTED,
                    DONE,
                    INTERRUPTED,
                    STOPPED,
                    REFUSED_CANCELLED,
                    REFUSED_EXPIRED,
                    REFUSED_POLICY,
                    DROPPED_CANCELLED,
                    DROPPED_EXPIRED,
                    DROPPED_POLICY -> {
                if (bounds.holds(ModelRule.JOURNAL_FIRST)) {
                    out.to(arrives + "answered from the journal", taken);
                } else {
                    fresh(command, taken, attempt, arrives, out);
                }
            }
        }
    }

    private void fresh(
            ModelCommand command, ModelCommand taken, int attempt, String arrives, Sink out) {
        if (bounds.holds(ModelRule.ACCEPTED_ON_DISK)) {
            out.to(arrives + "accepted, on disk", taken.journal(Journal.ACCEPTED));
        } else {
            out.to(
                    arrives + "ACK accepted, and nothing on disk yet",
                    taken.journal(Journal.UNWRITTEN).saidTooEarly());
        }
        out.to(arrives + "the agent is busy", command.copy(attempt, Copy.BUSY));
        out.to(arrives + "refused by policy", taken.journal(Journal.REFUSED_POLICY));
        if (command.late()) {
            out.to(arrives + "refused, too late", taken.journal(Journal.REFUSED_EXPIRED));
        }
    }

    /** {@code Runs.begin}, {@code Runs.ended} and {@code Commands.expire}. */
    private void run(ModelCommand command, Sink out) {
        switch (command.journal()) {
            case ACCEPTED -> {
                boolean onDisk = bounds.holds(ModelRule.STARTED_ON_DISK);
                out.to(
                        onDisk ? "the agent begins it, on disk" : "the agent begins it",
                        begun(command).journal(onDisk ? Journal.STARTED : Journal.UNWRITTEN_RUN));
                expire(command, out);
            }
            case BARE -> expire(command, out);
            case UNWRITTEN -> out.to("accepted is on disk", command.journal(Journal.ACCEPTED));
            case UNWRITTEN_RUN -> out.to("started is on disk", command.journal(Journal.STARTED));
            case STARTED -> out.to("it ends, on disk", command.journal(Journal.DONE));
            case NONE,
                    DONE,
                    INTERRUPTED,
                    STOPPED,
                    REFUSED_CANCELLED,
                    REFUSED_EXPIRED,
                    REFUSED_POLICY,
                    DROPPED_CANCELLED,
                    DROPPED_EXPIRED,
                    DROPPED_POLICY -> {}
        }
    }

    private static void expire(ModelCommand command, Sink out) {
        if (command.late()) {
            out.to(
                    "the agent drops it: too late to start, on disk",
                    command.journal(Journal.DROPPED_EXPIRED));
        }
    }

    private ModelCommand begun(ModelCommand command) {
        CommandRow row = rows.row(command.row());
        if (command.ran()) {
            return command.faulty(Fault.RAN_TWICE);
        }
        return ModelJudge.denied(row)
                ? command.begun().faulty(Fault.RAN_AFTER_DENIAL)
                : command.begun();
    }

    /**
     * A CANCEL arrives. {@code Questions.due} may have written {@code stop} since the cancellation,
     * {@code if_not_started} since the deadline, both for something that was out; {@code stop} also
     * for a run that takes too long. Bridges give it to its journal only; what a JOB_STATUS of an
     * acknowledged command makes {@code Sender.ask} say goes to the journal there is.
     */
    private void cancel(ModelCommand command, CommandRow row, Sink out) {
        Journal journal = command.journal();
        if (ModelRows.instance(row) != command.instance()) {
            boolean asked = row.state() == CommandState.ACKED && command.late();
            if (asked && journal == Journal.NONE) {
                out.to(
                        "CANCEL arrives at another journal: remembered as refused",
                        command.journal(Journal.REFUSED_CANCELLED));
            }
            return;
        }
        if (row.cancelRequested() || command.late()) {
            String arrives = "CANCEL arrives: ";
            if (journal == Journal.NONE) {
                boolean kept = bounds.holds(ModelRule.REFUSAL_ON_DISK);
                out.to(
                        arrives + "remembered as refused",
                        kept ? command.journal(Journal.REFUSED_CANCELLED) : unkept(command));
            } else if (journal == Journal.ACCEPTED || journal == Journal.BARE) {
                out.to(arrives + "it will not start", command.journal(Journal.DROPPED_CANCELLED));
            }
        }
        boolean overrun = row.state() == CommandState.ACKED;
        if (journal == Journal.STARTED && (row.cancelRequested() || overrun)) {
            out.to("CANCEL stop arrives: the run is killed", command.journal(Journal.STOPPED));
        }
    }

    /** The word reaches the ledger, and the journal knows nothing of it. */
    private ModelCommand unkept(ModelCommand command) {
        LedgerEvent word = ModelRows.refused(command.instance(), 1, ErrorCodes.CANCELLED);
        return command.row(rows.apply(command.row(), word, command.late()));
    }

    /** The agent's session is gone, and with it every frame on its way. */
    ModelCommand cut(ModelCommand command) {
        ModelCommand next = command;
        for (int attempt = 1; attempt <= bounds.attempts(); attempt++) {
            if (command.copy(attempt) == Copy.FLIGHT) {
                next = next.copy(attempt, Copy.GONE);
            }
        }
        return next;
    }

    /** The agent's process dies and another opens its journal: {@code Runs.recover}. */
    ModelCommand crashed(ModelCommand command) {
        ModelCommand next = cut(command);
        return switch (command.journal()) {
            case UNWRITTEN -> next.journal(Journal.NONE);
            case ACCEPTED, UNWRITTEN_RUN -> next.journal(Journal.BARE);
            case STARTED -> next.journal(Journal.INTERRUPTED);
            case NONE,
                    BARE,
                    DONE,
                    INTERRUPTED,
                    STOPPED,
                    REFUSED_CANCELLED,
                    REFUSED_EXPIRED,
                    REFUSED_POLICY,
                    DROPPED_CANCELLED,
                    DROPPED_EXPIRED,
                    DROPPED_POLICY ->
                    next;
        };
    }

    /** The agent is installed anew, with an empty journal. */
    ModelCommand reinstalled(ModelCommand command) {
        return command.instance() < bounds.instances() ? cut(command).nextInstance() : command;
    }

    /** Redis has lost its memory: decisions, and what was written into it. */
    static ModelCommand flushed(ModelCommand command) {
        return command.memory(0, 0);
    }
}
