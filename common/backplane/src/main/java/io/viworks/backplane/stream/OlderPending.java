package io.viworks.backplane.stream;

import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.models.stream.PendingMessage;
import io.viworks.backplane.RedisConnections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * Whether anybody else of a group, another thread of the same loop included, still has something
 * older in hand than an entry of one's own (spec 3.1). Thread-safe, never blocks.
 */
public final class OlderPending {
    /** More than one process holds at once; with as many nobody can tell. */
    private static final int LOOKED_AT = 2 * LoopOptions.MAX_LANES * LoopOptions.MAX_BATCH;

    private final RedisConnections connections;
    private final Subscription<?> subscription;

    /** For one group. */
    public OlderPending(RedisConnections connections, Subscription<?> subscription) {
        this.connections = connections;
        this.subscription = subscription;
    }

    /**
     * Asks Redis.
     *
     * @param id of an entry the caller was given
     * @param mine the entries it was given with it
     */
    public CompletionStage<Boolean> elsewhere(String id, Set<String> mine) {
        Range<String> older = Range.from(Range.Boundary.unbounded(), Range.Boundary.excluding(id));
        return connections
                .ask(redis ->
                        redis.xpending(
                                subscription.stream(),
                                subscription.group(),
                                older,
                                Limit.from(LOOKED_AT)))
                .thenApply(pending -> anotherHolds(pending, mine));
    }

    private static boolean anotherHolds(List<PendingMessage> pending, Set<String> mine) {
        return pending.size() >= LOOKED_AT
                || pending.stream().anyMatch(message -> !mine.contains(message.getId()));
    }
}
