package io.viworks.backplane.stream;

import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.models.stream.PendingMessage;
import io.viworks.backplane.RedisConnections;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Whether another consumer of a group still has something older in hand than an entry of one's own
 * (spec 3.1). Thread-safe, never blocks.
 */
public final class OlderPending {
    /** More than one consumer holds at once. */
    private static final int LOOKED_AT = 4 * LoopOptions.MAX_BATCH;

    private final RedisConnections connections;
    private final Subscription<?> subscription;

    /** For one consumer. */
    public OlderPending(RedisConnections connections, Subscription<?> subscription) {
        this.connections = connections;
        this.subscription = subscription;
    }

    /**
     * Asks Redis.
     *
     * @param id of an entry this consumer was given
     */
    public CompletionStage<Boolean> elsewhere(String id) {
        Range<String> older = Range.from(Range.Boundary.unbounded(), Range.Boundary.excluding(id));
        return connections
                .ask(redis ->
                        redis.xpending(
                                subscription.stream(),
                                subscription.group(),
                                older,
                                Limit.from(LOOKED_AT)))
                .thenApply(this::anotherHolds);
    }

    private boolean anotherHolds(List<PendingMessage> pending) {
        return pending.size() >= LOOKED_AT
                || pending.stream().anyMatch(m -> !m.getConsumer().equals(subscription.consumer()));
    }
}
