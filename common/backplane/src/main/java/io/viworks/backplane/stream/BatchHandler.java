package io.viworks.backplane.stream;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

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
     * Begins a batch without any wait, on the event loop that has just read it, when the loop reads
     * on one: the next may be begun before this one has ended, and may end before it.
     *
     * @return ends when every effect of the batch is durable; when it fails, or does not end within
     *     {@link ConsumerLoop#LONGEST_PROMPT}, the batch is given to {@link #handle}. Null when it
     *     must be given there at once, and nothing has been begun: then it is, when all begun
     *     before has ended
     */
    default @Nullable CompletionStage<?> begin(List<Entry<R>> batch) {
        return null;
    }

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
