package io.viworks.ledger;

import io.viworks.backplane.stream.StreamRecord;
import org.jspecify.annotations.Nullable;

/** What became of a request to cancel a command. */
public sealed interface CancelAnswer {
    /** No copy was out: it has ended. */
    record Ended(Moved moved) implements CancelAnswer {}

    /**
     * A copy is out: the agent's word decides.
     *
     * @param record to be written to the owner's stream after the commit; null when the agent's
     *     journal has no owner now, results-writer sends it when there is one
     * @param moved the command, in the state it is still in
     */
    record Requested(StreamRecord.@Nullable Cancel record, Moved moved) implements CancelAnswer {}

    /** A copy is out at an agent that does not offer {@code cancel}. */
    record NotCancellable(CommandState state) implements CancelAnswer {}

    /** It had ended before. */
    record AlreadyEnded(CommandState state) implements CancelAnswer {}

    /** This gateway has no such command. */
    record Unknown() implements CancelAnswer {}
}
