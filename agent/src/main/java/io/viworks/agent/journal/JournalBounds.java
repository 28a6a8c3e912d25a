package io.viworks.agent.journal;

import java.time.Duration;

/**
 * How much the journal holds (spec 6).
 *
 * @param maxBytes of what is alive in the file
 * @param maxResults with their outputs
 * @param maxEntries of any kind
 * @param reserve bytes kept free for each result that is still to come
 * @param keep how long an end stays
 * @param keepPastExpiry how long an entry stays after its latest start, at least
 */
public record JournalBounds(
        long maxBytes,
        int maxResults,
        int maxEntries,
        int reserve,
        Duration keep,
        Duration keepPastExpiry) {
    /** What the specification says. */
    public static final JournalBounds STANDARD =
            new JournalBounds(
                    64L << 20,
                    10_000,
                    50_000,
                    256 << 10,
                    Duration.ofHours(24),
                    Duration.ofMinutes(10));
}
