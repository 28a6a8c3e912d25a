package io.viworks.backplane.ownership;

/** What the owner key says to the session that asks. */
public enum Hold {
    /** This session is in it. */
    HELD,
    /** There is none: expired, or lost with Redis's memory. */
    MISSING,
    /** Another session is in it. */
    OTHER
}
