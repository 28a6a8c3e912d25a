package io.viworks.backplane.stream;

import java.time.Duration;

/**
 * The measures of a consumer loop.
 *
 * @param lanes threads that read and handle at the same time, each a batch of its own: while one
 *     waits for the database the other works; their batches may end in another order
 * @param batch most records given to the handler at once
 * @param block longest wait for a record; a close waits as long
 * @param idle an entry nobody kept for so long is taken over
 * @param takeOverEvery pause between two looks for such entries
 * @param keepEvery pause between two signs that a held batch is still wanted
 * @param firstPause of the retries while the world is away or a record is tried again; doubles
 * @param longestPause what the doubling ends at
 * @param tries of one record alone before it is set aside
 * @param surveyEvery pause between two measurements of the group
 * @param departed a consumer not seen for so long, with nothing pending, is removed
 * @param closeWait longest wait of a close for the batch in hand; then the handler is interrupted
 */
public record LoopOptions(
        int lanes,
        int batch,
        Duration block,
        Duration idle,
        Duration takeOverEvery,
        Duration keepEvery,
        Duration firstPause,
        Duration longestPause,
        int tries,
        Duration surveyEvery,
        Duration departed,
        Duration closeWait) {

    /** What the scripts can name in one call. */
    public static final int MAX_BATCH = 1_000;

    /** Each holds a connection to Redis and one to Postgres. */
    public static final int MAX_LANES = 8;

    public LoopOptions {
        if (batch < 1 || batch > MAX_BATCH) {
            throw new IllegalArgumentException("batch must be 1 to " + MAX_BATCH);
        }
        if (lanes < 1 || lanes > MAX_LANES) {
            throw new IllegalArgumentException("lanes must be 1 to " + MAX_LANES);
        }
        if (tries < 1) {
            throw new IllegalArgumentException("tries must be at least 1");
        }
        if (keepEvery.multipliedBy(2).compareTo(idle) > 0) {
            throw new IllegalArgumentException("keepEvery must be at most half of idle");
        }
    }

    /** The measures of spec 3.2. */
    public static LoopOptions standard() {
        return new LoopOptions(
                1,
                500,
                Duration.ofSeconds(1),
                Duration.ofSeconds(30),
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                Duration.ofMillis(100),
                Duration.ofSeconds(5),
                3,
                Duration.ofSeconds(5),
                Duration.ofMinutes(10),
                Duration.ofSeconds(20));
    }

    /** The same with another size of batch. */
    public LoopOptions withBatch(int size) {
        return new LoopOptions(
                lanes,
                size,
                block,
                idle,
                takeOverEvery,
                keepEvery,
                firstPause,
                longestPause,
                tries,
                surveyEvery,
                departed,
                closeWait);
    }

    /** The same with so many threads. */
    public LoopOptions withLanes(int count) {
        return new LoopOptions(
                count,
                batch,
                block,
                idle,
                takeOverEvery,
                keepEvery,
                firstPause,
                longestPause,
                tries,
                surveyEvery,
                departed,
                closeWait);
    }

    /** The same with another wait for the batch in hand when it is closed. */
    public LoopOptions withCloseWait(Duration wait) {
        return new LoopOptions(
                lanes,
                batch,
                block,
                idle,
                takeOverEvery,
                keepEvery,
                firstPause,
                longestPause,
                tries,
                surveyEvery,
                departed,
                wait);
    }
}
