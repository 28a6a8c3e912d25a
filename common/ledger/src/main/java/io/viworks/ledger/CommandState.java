package io.viworks.ledger;

/**
 * Where a command is in its life (spec 3.5). Ranked: a command never steps back, except from
 * DISPATCHED to QUEUED.
 */
public enum CommandState {
    QUEUED(0),
    DISPATCHED(1),
    ACKED(2),
    SUCCEEDED(3),
    FAILED(3),
    REJECTED(3),
    EXPIRED(3),
    EXEC_TIMED_OUT(3),
    CANCELLED(3),
    OUTCOME_UNKNOWN(3);

    private static final int END = 3;

    private final int rank;

    CommandState(int rank) {
        this.rank = rank;
    }

    /** Its place on the way; all ends have the same. */
    public int rank() {
        return rank;
    }

    /** Whether it is an end. */
    public boolean terminal() {
        return rank == END;
    }
}
