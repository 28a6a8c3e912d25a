package io.viworks.backplane.delivery;

import io.viworks.backplane.stream.StreamRecord.ReleaseReason;
import io.viworks.protocol.BridgeId;

/** What the deliver script decided about one attempt. */
public sealed interface Delivered {
    /** The attempt is this call's alone: now, and only now, its frame may go to the socket. */
    record Dispatched() implements Delivered {}

    /** No copy of this attempt will reach the agent; the ledger has been told. */
    record Released(ReleaseReason reason) implements Delivered {}

    /** Nothing is to be done and nobody is told: this record decides nothing any more. */
    record Dropped(Cause cause) implements Delivered {
        /** Why. */
        public enum Cause {
            /** It was written into a memory that Redis has lost since. */
            OLD_LIFE,
            /** This attempt, or a later one, has been decided. */
            DECIDED,
            /** So long past its deadline that a decision about it may have been forgotten. */
            FORGOTTEN
        }
    }

    /** Nothing was decided: another bridge holds the agent, and the record is to be passed on. */
    record Elsewhere(BridgeId owner) implements Delivered {}
}
