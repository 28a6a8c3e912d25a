package io.viworks.ledger;

/** Whether a command may wait for its gateway. */
public enum Delivery {
    /** It waits in the ledger until its deadline. */
    QUEUE,
    /** Now or never: it is never claimed again once a copy was released. */
    IMMEDIATE
}
