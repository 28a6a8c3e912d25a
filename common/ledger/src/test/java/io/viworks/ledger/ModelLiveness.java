package io.viworks.ledger;

import io.viworks.ledger.ModelCommand.Journal;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Whether every command ends once faults stop (promise 1), without waiting for {@code ends_by}.
 *
 * <p>From each state one command can be in, whatever the world around it, one path is followed to
 * an end, in a world that has become whole: {@link ModelWorld#recovery} leads there from each. It
 * takes only steps that a fair world is sure to take again and again until they are done: the
 * sweep, the passing of the deadline, the agent's own work, and the answer to a question that the
 * ledger repeats. It counts on nothing that is on its way: no claimed record is written, no written
 * one delivered, no frame arrives, no event is handled but the answer to a question asked anew.
 * Since no step of another command, and no other step of this one, can undo what such a path relies
 * on for ever (a state without a path to an end would be found here as well), a fair run ends.
 */
final class ModelLiveness {
    private final ModelGraph graph;
    private final ModelBounds bounds;
    private final int way;

    ModelLiveness(ModelGraph graph, ModelBounds bounds) {
        this.graph = graph;
        this.bounds = bounds;
        this.way = 2 * bounds.instances() + 2;
    }

    /** The first state that comes to no end, -1 when all do. */
    int endless() {
        BitSet ends = new BitSet(graph.size());
        for (int from = 0; from < graph.size(); from++) {
            BitSet path = new BitSet();
            int at = from;
            while (!graph.row(at).ended() && !ends.get(at)) {
                String step = sure(at);
                path.set(at);
                at = step == null ? -1 : graph.follow(at, step, way);
                if (at < 0 || path.get(at)) {
                    return from;
                }
            }
            ends.or(path);
        }
        return -1;
    }

    /**
     * The first state from which a command is not run, or heard of, before its deadline though
     * nothing stands in its way and the ledger may claim it once more; -1 when there is none.
     */
    int idle() {
        for (int from = 0; from < graph.size(); from++) {
            if (free(from) && !graph.row(sentAgain(from)).ended()) {
                return from;
            }
        }
        return -1;
    }

    /** Once acknowledged it is the agent's; else it is sent again, to the same journal. */
    private boolean free(int number) {
        ModelCommand command = graph.command(number);
        CommandRow row = graph.row(number);
        return command.fault() == ModelCommand.Fault.NONE
                && row.state().rank() < CommandState.ACKED.rank()
                && !command.late()
                && !row.cancelRequested()
                && row.attempt() < bounds.attempts()
                && !(row.immediate() && row.released() > 0)
                && (!row.out() || ModelRows.instance(row) == command.instance());
    }

    private int sentAgain(int number) {
        int attempt = graph.row(number).attempt() + 1;
        int instance = graph.command(number).instance();
        int at =
                follow(
                        number,
                        "the ledger claims attempt " + attempt + " for journal " + instance,
                        "attempt " + attempt + " is written to Redis",
                        "a bridge dispatches attempt " + attempt);
        String arrives = "COMMAND(" + attempt + ") arrives: ";
        at =
                switch (graph.command(at).journal()) {
                    case NONE -> follow(at, arrives + "accepted", BEGINS, ENDS);
                    case BARE -> follow(at, arrives + "the arguments are back", BEGINS, ENDS);
                    case ACCEPTED -> follow(at, arrives + "answered", BEGINS, ENDS);
                    case STARTED -> follow(at, arrives + "answered", ENDS);
                    case UNWRITTEN,
                            UNWRITTEN_RUN,
                            DONE,
                            INTERRUPTED,
                            STOPPED,
                            REFUSED_CANCELLED,
                            REFUSED_EXPIRED,
                            REFUSED_POLICY,
                            DROPPED_CANCELLED,
                            DROPPED_EXPIRED,
                            DROPPED_POLICY ->
                            follow(at, arrives + "answered");
                };
        return follow(at, word(graph.command(at)));
    }

    private int follow(int from, String... steps) {
        int at = from;
        for (String step : steps) {
            int next = graph.follow(at, step, way);
            if (next < 0) {
                throw new IllegalStateException("no step: " + step + " from " + graph.command(at));
            }
            at = next;
        }
        return at;
    }

    private static final String BEGINS = "the agent begins it";
    private static final String ENDS = "it ends, on disk";

    /** The next step that is sure to be taken, null when there is none. */
    private @Nullable String sure(int number) {
        ModelCommand command = graph.command(number);
        if (command.fault() != ModelCommand.Fault.NONE) {
            return null;
        }
        CommandRow row = graph.row(number);
        if (!row.out()) {
            return command.late() || row.cancelRequested() ? "the sweep ends it" : DEADLINE;
        }
        if (ModelRows.instance(row) != command.instance()) {
            return "the sweep has seen another journal";
        }
        boolean asked =
                row.state() == CommandState.ACKED
                        || row.cancelRequested()
                        || (command.late() && bounds.holds(ModelRule.ASKED_AT_DEADLINE));
        Journal journal = command.journal();
        if (journal.closed()) {
            return asked ? word(command) : orDeadline(command);
        }
        return switch (journal) {
            case ACCEPTED -> BEGINS;
            case STARTED -> ENDS;
            case UNWRITTEN -> "accepted is on disk";
            case UNWRITTEN_RUN -> "started is on disk";
            case BARE ->
                    command.late()
                            ? "the agent drops it"
                            : row.cancelRequested() ? "CANCEL arrives" : DEADLINE;
            case NONE ->
                    asked
                            ? row.state() == CommandState.ACKED
                                    ? "results-writer handles JOB_STATUS unknown"
                                    : "CANCEL arrives"
                            : orDeadline(command);
            case DONE,
                    INTERRUPTED,
                    STOPPED,
                    REFUSED_CANCELLED,
                    REFUSED_EXPIRED,
                    REFUSED_POLICY,
                    DROPPED_CANCELLED,
                    DROPPED_EXPIRED,
                    DROPPED_POLICY ->
                    throw new IllegalStateException("closed");
        };
    }

    private static final String DEADLINE = "its deadline passes";

    private static @Nullable String orDeadline(ModelCommand command) {
        return command.late() ? null : DEADLINE;
    }

    private static String word(ModelCommand command) {
        Journal journal = command.journal();
        String refusal = journal.refusal();
        return "results-writer handles "
                + (refusal == null ? "RESULT " + journal : "ACK rejected " + refusal)
                + " of journal "
                + command.instance();
    }
}
