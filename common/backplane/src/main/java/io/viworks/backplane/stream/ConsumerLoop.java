package io.viworks.backplane.stream;

import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.backplane.RedisConnections;

/**
 * Reads one stream for one group and gives a handler batch after batch (spec 3.2). Start it once;
 * {@link #close} finishes the batch in hand.
 */
public final class ConsumerLoop<R extends StreamRecord> implements AutoCloseable {
    private volatile boolean alive;

    /** With the standard measures, and nothing to do for records set aside. */
    public ConsumerLoop(
            RedisConnections connections,
            Subscription<R> subscription,
            BatchHandler<R> handler,
            MeterRegistry meters) {
        this(connections, subscription, handler, _ -> {}, LoopOptions.standard(), meters);
    }

    /** With everything said. */
    public ConsumerLoop(
            RedisConnections connections,
            Subscription<R> subscription,
            BatchHandler<R> handler,
            SetAsideHook<R> settingAside,
            LoopOptions options,
            MeterRegistry meters) {}

    /** Starts to read. */
    public void start() {
        alive = true;
    }

    /** Whether it reads; whatever ends it turns this false. */
    public boolean alive() {
        return alive;
    }

    @Override
    public void close() {
        alive = false;
    }
}
