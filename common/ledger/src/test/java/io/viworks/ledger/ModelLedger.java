package io.viworks.ledger;

import io.viworks.backplane.stream.StreamRecord.ReleaseReason;
import io.viworks.ledger.ModelCommand.Copy;
import io.viworks.ledger.ModelCommand.Fault;
import io.viworks.ledger.ModelCommand.Journal;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.frame.AgentFrame.JobState;
import io.viworks.protocol.frame.ErrorCodes;

/**
 * What admin-api and results-writer may do about one command at any moment. Pauses, {@code
 * max_inflight} and stream time only delay a step, so the model asks for none of them: it has every
 * order the real thing has, and more.
 */
final class ModelLedger {
    /** Where a step leads. */
    interface Sink {
        void to(String step, ModelCommand next);
    }

    private final ModelBounds bounds;
    private final ModelRows rows;

    ModelLedger(ModelBounds bounds, ModelRows rows) {
        this.bounds = bounds;
        this.rows = rows;
    }

    void steps(ModelCommand command, Sink out) {
        CommandRow row = rows.row(command.row());
        claim(command, row, out);
        send(command, row, out);
        cancel(command, row, out);
        clock(command, row, out);
        bridgesWords(command, row, out);
        for (int instance = 1; instance <= command.instance(); instance++) {
            agentsWords(command, row, instance, out);
        }
    }

    /**
     * {@code Claims.claim}: where finished_at is null and state in (QUEUED, DISPATCHED) and
     * cancel_requested_at is null and not (IMMEDIATE and released > 0) and (attempt = released or
     * instance_uid = owner's). The owner is as somebody once read it, so of any journal so far; the
     * deadline is by Postgres's clock, so it may be past for others.
     */
    private void claim(ModelCommand command, CommandRow row, Sink out) {
        boolean claimable =
                !row.ended()
                        && row.state().rank() < CommandState.ACKED.rank()
                        && !row.cancelRequested()
                        && !(row.immediate() && row.released() > 0)
                        && row.attempt() < bounds.attempts();
        for (int to = 1; claimable && to <= command.instance(); to++) {
            boolean right =
                    row.attempt() == row.released()
                            || ModelRows.instance(row) == to
                            || !bounds.holds(ModelRule.SAME_JOURNAL);
            if (right) {
                int attempt = row.attempt() + 1;
                int next =
                        rows.with(
                                row,
                                row.state(),
                                null,
                                attempt,
                                row.released(),
                                ModelRows.instance(to),
                                false);
                out.to(
                        "the ledger claims attempt " + attempt + " for journal " + to,
                        command.row(next).copy(attempt, Copy.CLAIMED));
            }
        }
    }

    private void send(ModelCommand command, CommandRow row, Sink out) {
        for (int attempt = 1; attempt <= row.attempt(); attempt++) {
            if (command.copy(attempt) == Copy.CLAIMED) {
                out.to("attempt " + attempt + " is written to Redis", command.written(attempt));
                takeBack(command, row, attempt, out);
            }
        }
    }

    /**
     * {@code Dispatch.unsent}: where attempt = :attempt and released = :attempt - 1 and finished_at
     * is null and state = QUEUED; {@code Ledger.unsent} rejects an IMMEDIATE one in the same
     * transaction.
     */
    private void takeBack(ModelCommand command, CommandRow row, int attempt, Sink out) {
        boolean certain = bounds.holds(ModelRule.TAKEN_BACK_FOR_CERTAIN);
        ModelCommand next = certain ? command.copy(attempt, Copy.LOST) : command;
        boolean guard =
                row.attempt() == attempt
                        && row.released() == attempt - 1
                        && row.state() == CommandState.QUEUED;
        if (guard) {
            int released =
                    rows.with(
                            row,
                            row.state(),
                            null,
                            attempt,
                            attempt,
                            row.instance(),
                            row.cancelRequested());
            int end =
                    row.immediate()
                            ? rows.ended(rows.row(released), CommandState.REJECTED)
                            : released;
            next = next.row(end);
        }
        out.to("attempt " + attempt + " was not written: it is taken back", next);
    }

    /** {@code Cancellation.cancel}, of an agent that offers {@code cancel}. */
    private void cancel(ModelCommand command, CommandRow row, Sink out) {
        if (row.ended() || row.cancelRequested()) {
            return;
        }
        // end: where state = QUEUED and attempt = released; request: where finished_at is null
        // and cancel_requested_at is null
        boolean idle = row.state() == CommandState.QUEUED && !row.out();
        int next =
                idle
                        ? rows.ended(row, CommandState.CANCELLED)
                        : rows.with(
                                row,
                                row.state(),
                                null,
                                row.attempt(),
                                row.released(),
                                row.instance(),
                                true);
        out.to(
                idle ? "an admin cancels it: it has ended" : "an admin cancels it: it is out",
                command.row(next));
    }

    /** {@code Deadlines}. */
    private void clock(ModelCommand command, CommandRow row, Sink out) {
        if (row.ended()) {
            return;
        }
        if (!command.late()) {
            out.to("its deadline passes", command.overdue());
        }
        // endIdle: where finished_at is null and state = QUEUED and attempt = released and
        // (expires_at <= now() or cancel_requested_at is not null)
        boolean idle =
                (row.state() == CommandState.QUEUED && !row.out())
                        || !bounds.holds(ModelRule.OUT_IS_NOT_ENDED);
        if (idle && (command.late() || row.cancelRequested())) {
            CommandState end =
                    row.cancelRequested() ? CommandState.CANCELLED : CommandState.EXPIRED;
            out.to("the sweep ends it " + end, command.row(rows.ended(row, end)));
        }
        // giveUp: where finished_at is null and attempt > released and ends_by is past
        if (row.out() && command.late()) {
            out.to(
                    "ends_by passes: the sweep gives it up",
                    command.row(rows.ended(row, CommandState.OUTCOME_UNKNOWN)));
        }
        // endReplaced: where finished_at is null and attempt > released and instance_uid is
        // distinct from that of an owner seen before
        if (row.out() && command.instance() > 1) {
            out.to(
                    "the sweep has seen another journal: it ends it",
                    command.row(rows.ended(row, CommandState.OUTCOME_UNKNOWN)));
        }
    }

    /** DISPATCHED, RELEASED and {@code Busy}, of any attempt they were ever written of. */
    private void bridgesWords(ModelCommand command, CommandRow row, Sink out) {
        int pinned = ModelRows.instance(row);
        for (int attempt = 1; attempt <= row.attempt(); attempt++) {
            Copy copy = command.copy(attempt);
            switch (copy) {
                case FLIGHT, GONE, BUSY ->
                        word(
                                command,
                                "DISPATCHED(" + attempt + ")",
                                ModelRows.dispatched(attempt, pinned),
                                out);
                case RELEASED -> released(command, attempt, ReleaseReason.OFFLINE, out);
                case RELEASED_LATE -> released(command, attempt, ReleaseReason.EXPIRED, out);
                case NONE, CLAIMED, WRITTEN, LOST -> {}
            }
            if (copy == Copy.BUSY) {
                word(
                        inOrder(command, attempt),
                        "ACK rejected Busy (" + attempt + ")",
                        ModelRows.refused(pinned, attempt, ErrorCodes.BUSY),
                        out);
            }
        }
    }

    private void released(ModelCommand command, int attempt, ReleaseReason reason, Sink out) {
        word(
                inOrder(command, attempt),
                "RELEASED(" + attempt + ", " + reason + ")",
                ModelRows.released(attempt, reason),
                out);
    }

    /** Without the rule a release is believed whatever was released before it. */
    private ModelCommand inOrder(ModelCommand command, int attempt) {
        CommandRow row = rows.row(command.row());
        if (bounds.holds(ModelRule.RELEASED_IN_ORDER) || row.released() >= attempt) {
            return command;
        }
        return command.row(
                rows.with(
                        row,
                        row.state(),
                        row.endedBy(),
                        row.attempt(),
                        attempt - 1,
                        row.instance(),
                        row.cancelRequested()));
    }

    /** What the agent ever said, in any of its journals. */
    private void agentsWords(ModelCommand command, CommandRow row, int instance, Sink out) {
        Journal journal = command.journal(instance);
        String said = " of journal " + instance;
        boolean tooEarly = command.told() && instance == command.instance();
        if (journal.acknowledged() || tooEarly) {
            word(command, "ACK accepted" + said, ModelRows.acknowledged(instance), out);
        }
        if (journal == Journal.STARTED) {
            word(
                    command,
                    "JOB_STATUS running" + said,
                    ModelRows.reported(instance, JobState.RUNNING),
                    out);
        }
        String refusal = journal.refusal();
        if (refusal != null) {
            word(
                    command,
                    "ACK rejected " + refusal + said,
                    ModelRows.refused(instance, 1, refusal),
                    out);
        }
        CommandState outcome = journal.outcome();
        // A run is stored once: Moves takes its RESULT once (ResultRows.known).
        if (outcome != null && row.endedBy() != EndedBy.RESULT) {
            word(command, "RESULT " + journal + said, ModelRows.finished(instance, outcome), out);
        }
        // JOB_QUERY goes to the journal that acknowledged it.
        boolean asked =
                row.state() == CommandState.ACKED
                        && ModelRows.instance(row) == instance
                        && instance == command.instance();
        if (asked && (journal == Journal.NONE || journal == Journal.UNWRITTEN)) {
            word(
                    command,
                    "JOB_STATUS unknown" + said,
                    ModelRows.reported(instance, JobState.UNKNOWN),
                    out);
        }
    }

    /** One event, by each clock the ledger can have. */
    private void word(ModelCommand command, String what, LedgerEvent event, Sink out) {
        int before = rows.apply(command.row(), event, false);
        out.to("results-writer handles " + what, checked(command, before));
        if (command.late()) {
            int after = rows.apply(command.row(), event, true);
            if (after != before) {
                out.to(
                        "results-writer handles " + what + " after the deadline",
                        checked(command, after));
            }
        }
    }

    /** States are ranked, attempts only grow, and a RESULT's end is for ever (spec 3.5). */
    private ModelCommand checked(ModelCommand command, int next) {
        CommandRow before = rows.row(command.row());
        CommandRow after = rows.row(next);
        boolean requeued =
                before.state() == CommandState.DISPATCHED && after.state() == CommandState.QUEUED;
        InstanceUid pinned = before.instance();
        boolean back =
                after.attempt() != before.attempt()
                        || after.released() < before.released()
                        || after.released() > after.attempt()
                        || (after.state().rank() < before.state().rank() && !requeued)
                        || (before.endedBy() == EndedBy.RESULT && !after.equals(before))
                        || (pinned != null && !pinned.equals(after.instance()));
        ModelCommand moved = command.row(next);
        return back ? moved.faulty(Fault.STEPPED_BACK) : moved;
    }
}
