package io.viworks.ledger;

/**
 * Rules of spec 3.3–3.5 and 6 the model can do without, to show that it would notice: each is
 * needed for a promise.
 */
enum ModelRule {
    /** {@code deliver.lua} gives a copy only to the journal the claim pinned it to. */
    INSTANCE,
    /** {@code deliver.lua} drops a record written into another memory of Redis. */
    LIFE,
    /** {@code deliver.lua} decides an attempt once, and only above the highest it decided. */
    DECIDED_ONCE,
    /** {@code deliver.lua} drops what is so old that its decision may be forgotten. */
    DROPPED_WHEN_FORGOTTEN,
    /** RELEASED(n) moves {@code released} only from n − 1. */
    RELEASED_IN_ORDER,
    /** The clock ends no row that is out. */
    OUT_IS_NOT_ENDED,
    /** A row that is out is claimed again only for the same journal. */
    SAME_JOURNAL,
    /** An attempt is taken back only when its record was certainly never written. */
    TAKEN_BACK_FOR_CERTAIN,
    /** The agent says {@code accepted} after it is on disk. */
    ACCEPTED_ON_DISK,
    /** The agent runs nothing before {@code started} is on disk. */
    STARTED_ON_DISK,
    /** The agent answers a known command from its journal. */
    JOURNAL_FIRST,
    /** The agent keeps a refusal before it tells it. */
    REFUSAL_ON_DISK,
    /** The ledger asks the agent about what is out past its deadline. */
    ASKED_AT_DEADLINE
}
