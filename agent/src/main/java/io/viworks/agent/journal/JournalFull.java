package io.viworks.agent.journal;

/** There is no room for another command until results are confirmed. */
public final class JournalFull extends Exception {
    JournalFull() {
        super("the journal holds as many unconfirmed results as it may");
    }
}
