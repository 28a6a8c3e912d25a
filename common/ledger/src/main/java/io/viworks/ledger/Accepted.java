package io.viworks.ledger;

import io.viworks.backplane.stream.StreamRecord;

/** What became of a request for a command. */
public sealed interface Accepted {
    /** In the ledger and claimed: to be written to {@code viw.commands} now, after the commit. */
    record Claimed(StreamRecord.Command record) implements Accepted {}

    /** In the ledger, waiting for its gateway. */
    record Waiting() implements Accepted {}

    /** The same request was accepted before; nothing was done. */
    record Duplicate(LedgerEntry existing) implements Accepted {}

    /** Its name stands for another request, caller or gateway. */
    record Conflict() implements Accepted {}

    /** Too many wait for this gateway. */
    record QueueFull(int waiting) implements Accepted {}

    /** IMMEDIATE, and nobody holds the agent. */
    record AgentOffline() implements Accepted {}

    /** IMMEDIATE, and there is no room, or others wait. */
    record AgentBusy() implements Accepted {}
}
