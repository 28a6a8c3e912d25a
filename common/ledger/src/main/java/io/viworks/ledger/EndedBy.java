package io.viworks.ledger;

import java.util.Locale;

/** Whose word an end is (spec 3.5). A RESULT replaces every end that is not a RESULT's. */
public enum EndedBy {
    /** A RESULT. */
    RESULT,
    /** Another frame of the agent: it refused, or knows the command no more. */
    AGENT,
    /** The ledger itself: a deadline, a cancellation, a release. */
    LEDGER;

    /** As the column {@code ended_by} has it. */
    public String column() {
        return name().toLowerCase(Locale.ROOT);
    }

    static EndedBy ofColumn(String value) {
        return valueOf(value.toUpperCase(Locale.ROOT));
    }
}
