package io.viworks.backplane.stream;

import java.time.Duration;
import java.util.List;

/**
 * What a worker does: one method that takes a batch. It returns when every effect of the batch is
 * durable; the loop then acknowledges. It may see an entry again and must not apply it twice.
 */
@FunctionalInterface
public interface BatchHandler<R extends StreamRecord> {
    /**
     * Handles one batch, in the order it was read.
     *
     * @throws io.viworks.backplane.WorldAway to have the same batch held and given again later
     * @throws NotYet to have some of its entries given again later, when the rest is done
     * @throws Exception anything else means that a record is at fault: the loop halves the batch
     *     until it stands alone
     */
    void handle(List<Entry<R>> batch) throws Exception;

    /**
     * How long what {@link #mayWait} waits for more to be handled with: zero is not at all, and a
     * loop's {@code block} the most.
     */
    default Duration patience() {
        return Duration.ZERO;
    }

    /** Whether nobody misses this record for that long. */
    default boolean mayWait(R record) {
        return false;
    }
}
