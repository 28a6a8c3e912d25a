package io.viworks.bench.journey;

/** A part of a command's way, in the order in which it is walked by hand. */
enum Part {
    POST("HTTP: POST and its 202, from a server that does nothing", true),
    OWNER("Redis: the fields of the owner key", true),
    ACCEPT("Postgres: lock, row of the ledger, line of the audit, commit", true),
    DOOR("Redis: XADD to the public door", true),
    ROUND("bare relay: blocked XREADGROUP → socket → agent → RESULT → XADD → blocked XREAD", false),
    END("Postgres: the row's end, its result, commit", false),
    READ("Postgres: the row and its result, read", false),
    GET("HTTP: GET and its 200, from a server that does nothing", false);

    private final String about;
    private final boolean ofAcceptance;

    Part(String about, boolean ofAcceptance) {
        this.about = about;
        this.ofAcceptance = ofAcceptance;
    }

    /** One line for the table. */
    String about() {
        return about;
    }

    /** Whether the 202 waits for it. */
    boolean ofAcceptance() {
        return ofAcceptance;
    }
}
