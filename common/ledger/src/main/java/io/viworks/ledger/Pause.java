package io.viworks.ledger;

/** The growing pauses of spec 3.4 in SQL, so that the database's clock alone counts. */
final class Pause {
    private Pause() {}

    /**
     * An interval that doubles with a counter, up to five times.
     *
     * @param counter an SQL expression: how often it was done before
     */
    static String after(String counter, LedgerLimits limits) {
        return "least(%d, %d * power(2, least(%s, 5))) * interval '1 ms'"
                .formatted(
                        limits.longestPause().toMillis(), limits.firstPause().toMillis(), counter);
    }
}
