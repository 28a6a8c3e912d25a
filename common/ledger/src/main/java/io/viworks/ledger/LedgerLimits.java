package io.viworks.ledger;

import io.viworks.protocol.Limits;
import java.time.Duration;

/**
 * The ledger's measures.
 *
 * @param maxInflight commands that may be out at one gateway, unless its agent says less
 * @param queueMax commands that may wait for one gateway; one more is refused
 * @param firstPause before a command, or a question about it, is sent a second time; doubles
 * @param longestPause what the doubling ends at
 * @param silence a copy that is out and of which nothing was heard for so long, by stream time, is
 *     sent again to the same journal
 * @param outcomeGrace how long after the latest end of its run a command waits for a word
 * @param outcomeGracePlain the same for agents without a journal, from when it was dispatched
 */
public record LedgerLimits(
        int maxInflight,
        int queueMax,
        Duration firstPause,
        Duration longestPause,
        Duration silence,
        Duration outcomeGrace,
        Duration outcomeGracePlain) {
    /** A run, and its result on the way, may take this much longer than its timeout. */
    public static final Duration RUN_MARGIN = Duration.ofSeconds(15);

    /** A command reported running so long after its timeout is stopped. */
    public static final Duration OVERRUN = Duration.ofMinutes(5);

    /** How long an idempotency key names its command. */
    public static final Duration KEY_KEPT = Duration.ofHours(24);

    public LedgerLimits {
        if (maxInflight < 1 || queueMax < 1) {
            throw new IllegalArgumentException("maxInflight and queueMax must be at least 1");
        }
        if (firstPause.isNegative() || longestPause.compareTo(firstPause) < 0) {
            throw new IllegalArgumentException("longestPause must be at least firstPause");
        }
    }

    /** The measures of spec 3.4 and 3.5. */
    public static LedgerLimits standard() {
        return new LedgerLimits(
                Limits.MAX_INFLIGHT,
                100,
                Duration.ofSeconds(10),
                Duration.ofMinutes(5),
                Duration.ofSeconds(10),
                Duration.ofHours(24),
                Duration.ofMinutes(10));
    }

    /** The same with another length of a gateway's queue. */
    public LedgerLimits withQueueMax(int max) {
        return new LedgerLimits(
                maxInflight,
                max,
                firstPause,
                longestPause,
                silence,
                outcomeGrace,
                outcomeGracePlain);
    }
}
