package io.viworks.ledger;

import io.viworks.protocol.frame.ErrorCodes;
import org.jspecify.annotations.Nullable;

/**
 * Everything there is of one command, anywhere: its row, what agents' journals say of it, its
 * copies on their way. Events are not kept: what was once written to {@code viw.command_results}
 * follows from the copies and the journals, and may be handled at any time after, any number of
 * times.
 *
 * @param row its row in the ledger, a number of {@link ModelRows}
 * @param journals what each journal says, four bits each
 * @param copies where each attempt is, four bits each
 * @param fresh attempts whose record was written into this memory of Redis, a bit each
 * @param decided the highest attempt this memory of Redis has decided
 * @param instance the journal the agent has now, from 1
 * @param late whether its deadline has passed for the first clock; the others follow any time
 * @param forgotten whether so much later that Redis keeps no decision about it any more
 * @param ran whether it was begun
 * @param told whether the agent said {@code accepted} of what was not on disk
 * @param fault what is wrong, for ever
 */
record ModelCommand(
        int row,
        int journals,
        int copies,
        int fresh,
        int decided,
        int instance,
        boolean late,
        boolean forgotten,
        boolean ran,
        boolean told,
        Fault fault) {

    /** What a journal says of it. */
    enum Journal {
        NONE,
        /** Taken on, and not on disk: only without {@link ModelRule#ACCEPTED_ON_DISK}. */
        UNWRITTEN,
        ACCEPTED,
        /** Accepted, and the arguments went with the agent's former process. */
        BARE,
        /** It runs, and the disk says {@link #ACCEPTED}. */
        UNWRITTEN_RUN,
        STARTED,
        DONE,
        INTERRUPTED,
        STOPPED,
        REFUSED_CANCELLED,
        REFUSED_EXPIRED,
        REFUSED_POLICY,
        /** Refused after it had been accepted. */
        DROPPED_CANCELLED,
        DROPPED_EXPIRED,
        DROPPED_POLICY;

        /** Whether {@code ACK accepted} was said of it. */
        boolean acknowledged() {
            return switch (this) {
                case ACCEPTED,
                        BARE,
                        UNWRITTEN_RUN,
                        STARTED,
                        DONE,
                        INTERRUPTED,
                        STOPPED,
                        DROPPED_CANCELLED,
                        DROPPED_EXPIRED,
                        DROPPED_POLICY ->
                        true;
                case NONE, UNWRITTEN, REFUSED_CANCELLED, REFUSED_EXPIRED, REFUSED_POLICY -> false;
            };
        }

        /** What its RESULT means, null without one. */
        @Nullable CommandState outcome() {
            return switch (this) {
                case DONE -> CommandState.SUCCEEDED;
                case INTERRUPTED -> CommandState.OUTCOME_UNKNOWN;
                case STOPPED -> CommandState.CANCELLED;
                case NONE,
                        UNWRITTEN,
                        ACCEPTED,
                        BARE,
                        UNWRITTEN_RUN,
                        STARTED,
                        REFUSED_CANCELLED,
                        REFUSED_EXPIRED,
                        REFUSED_POLICY,
                        DROPPED_CANCELLED,
                        DROPPED_EXPIRED,
                        DROPPED_POLICY ->
                        null;
            };
        }

        /** The code of its refusal, null without one. */
        @Nullable String refusal() {
            return switch (this) {
                case REFUSED_CANCELLED, DROPPED_CANCELLED -> ErrorCodes.CANCELLED;
                case REFUSED_EXPIRED, DROPPED_EXPIRED -> ErrorCodes.EXPIRED;
                case REFUSED_POLICY, DROPPED_POLICY -> ErrorCodes.LOCAL_POLICY;
                case NONE,
                        UNWRITTEN,
                        ACCEPTED,
                        BARE,
                        UNWRITTEN_RUN,
                        STARTED,
                        DONE,
                        INTERRUPTED,
                        STOPPED ->
                        null;
            };
        }

        /** Whether nothing is to come any more in this journal. */
        boolean closed() {
            return outcome() != null || refusal() != null;
        }
    }

    /** Where one attempt is. */
    enum Copy {
        NONE,
        /** Committed; its sender has still to write the record, or never will. */
        CLAIMED,
        /** In a stream, or in the hands of a bridge. */
        WRITTEN,
        /** Dispatched, its frame on the way on the agent's present session. */
        FLIGHT,
        /** Dispatched; the frame is lost, or was taken. */
        GONE,
        /** Dispatched, and refused by a busy agent, which keeps nothing of it. */
        BUSY,
        RELEASED,
        /** Released because Redis's clock says that it is too late. */
        RELEASED_LATE,
        /** It was never written, or nothing will come of it any more. */
        LOST
    }

    /** What must never be. */
    enum Fault {
        NONE("nothing"),
        RAN_TWICE("the command was begun a second time"),
        RAN_AFTER_DENIAL("the command was begun after the ledger had said that it will not run"),
        DENIED_AFTER_RUN("the ledger says that it did not run, and it was begun"),
        FALSE_UNKNOWN("the ledger says it does not know, though the journal is whole"),
        FALSE_RESULT("the end is not what the RESULT says"),
        STEPPED_BACK("the row stepped back"),
        RELEASED_AND_ALIVE("an attempt is released, and a copy of it can still arrive"),
        IDLE_AND_TAKEN("the row has no copy out, and the agent has taken it on"),
        IDLE_AND_NOT_QUEUED("the row has no copy out, and is not in the queue"),
        NEVER_ENDS("nothing that is sure to come ends the command");

        private final String words;

        Fault(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    private static final Journal[] JOURNALS = Journal.values();
    private static final Copy[] COPIES = Copy.values();

    static ModelCommand of(int row) {
        return new ModelCommand(row, 0, 0, 0, 0, 1, false, false, false, false, Fault.NONE);
    }

    Journal journal(int number) {
        return JOURNALS[(journals >> (4 * (number - 1))) & 15];
    }

    /** What the agent's present journal says. */
    Journal journal() {
        return journal(instance);
    }

    Copy copy(int attempt) {
        return COPIES[(copies >> (4 * (attempt - 1))) & 15];
    }

    boolean fresh(int attempt) {
        return ((fresh >> (attempt - 1)) & 1) != 0;
    }

    @SuppressWarnings("EnumOrdinal") // four bits each, in this process only
    private static int packed(int all, int shift, Enum<?> next) {
        return (all & ~(15 << shift)) | (next.ordinal() << shift);
    }

    ModelCommand row(int next) {
        return new ModelCommand(
                next, journals, copies, fresh, decided, instance, late, forgotten, ran, told,
                fault);
    }

    ModelCommand journal(Journal next) {
        int shift = 4 * (instance - 1);
        int all = packed(journals, shift, next);
        return new ModelCommand(
                row, all, copies, fresh, decided, instance, late, forgotten, ran, told, fault);
    }

    ModelCommand copy(int attempt, Copy next) {
        int shift = 4 * (attempt - 1);
        int all = packed(copies, shift, next);
        return new ModelCommand(
                row, journals, all, fresh, decided, instance, late, forgotten, ran, told, fault);
    }

    ModelCommand written(int attempt) {
        ModelCommand next = copy(attempt, Copy.WRITTEN);
        return next.memory(fresh | (1 << (attempt - 1)), decided);
    }

    ModelCommand memory(int nextFresh, int nextDecided) {
        return new ModelCommand(
                row,
                journals,
                copies,
                nextFresh,
                nextDecided,
                instance,
                late,
                forgotten,
                ran,
                told,
                fault);
    }

    ModelCommand nextInstance() {
        return new ModelCommand(
                row,
                journals,
                copies,
                fresh,
                decided,
                instance + 1,
                late,
                forgotten,
                ran,
                false,
                fault);
    }

    ModelCommand overdue() {
        return new ModelCommand(
                row, journals, copies, fresh, decided, instance, true, forgotten, ran, told, fault);
    }

    /** An hour past the deadline, by Redis's clock. */
    ModelCommand longPast() {
        return new ModelCommand(
                row, journals, copies, fresh, 0, instance, true, true, ran, told, fault);
    }

    /** The same, less long past the deadline. */
    ModelCommand justPast() {
        return new ModelCommand(
                row, journals, copies, fresh, decided, instance, late, false, ran, told, fault);
    }

    ModelCommand begun() {
        return new ModelCommand(
                row, journals, copies, fresh, decided, instance, late, forgotten, true, told,
                fault);
    }

    ModelCommand saidTooEarly() {
        return new ModelCommand(
                row, journals, copies, fresh, decided, instance, late, forgotten, ran, true, fault);
    }

    ModelCommand faulty(Fault what) {
        return new ModelCommand(
                row, journals, copies, fresh, decided, instance, late, forgotten, ran, told, what);
    }
}
