package io.viworks.backplane.stream;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.EventLoop;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.WorldAway;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one stream for one group and gives a handler batch after batch (spec 3.2), on one thread of
 * its own or on several, each a consumer of its own. It never gives up by itself: whatever ends one
 * of them turns {@link #alive} false.
 */
public final class ConsumerLoop<R extends StreamRecord> implements AutoCloseable {
    /** How long a batch that was begun where it was read may take to end by itself. */
    public static final Duration LONGEST_PROMPT = Duration.ofSeconds(15);

    private static final Logger log = LoggerFactory.getLogger(ConsumerLoop.class);

    private final Subscription<R> subscription;
    private final LoopOptions options;
    private final LoopMeters meters;
    private final Closing closing = new Closing();
    private final List<Lane<R>> lanes = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Thread upkeep;

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
            MeterRegistry registry) {
        this(connections, subscription, handler, settingAside, options, registry, null);
    }

    /**
     * With everything said, and read on an event loop.
     *
     * @param loop where new records are read and {@linkplain BatchHandler#begin begun}; it must run
     *     until this has ended. Null for threads of the loop's own alone
     */
    public ConsumerLoop(
            RedisConnections connections,
            Subscription<R> subscription,
            BatchHandler<R> handler,
            SetAsideHook<R> settingAside,
            LoopOptions options,
            MeterRegistry registry,
            @Nullable EventLoop loop) {
        this.subscription = subscription;
        this.options = options;
        this.meters = new LoopMeters(registry, subscription);
        String name = subscription.stream() + "/" + subscription.group();
        Gathering<R> gathering = new Gathering<>(subscription, handler, options, closing);
        for (int number = 1; number <= options.lanes(); number++) {
            Lane<R> lane =
                    new Lane<>(
                            connections,
                            subscription.lane(number),
                            handler,
                            settingAside,
                            options,
                            meters,
                            gathering,
                            closing,
                            loop);
            lanes.add(lane);
            // Few, and woken by each batch: a virtual thread would wait for its carrier as well.
            threads.add(Thread.ofPlatform().daemon().name("loop " + name).unstarted(lane));
        }
        this.upkeep =
                Thread.ofVirtual()
                        .name("upkeep " + name)
                        .unstarted(new Upkeep(lanes, options, meters, closing));
    }

    /** Starts to read. */
    public void start() {
        meters.show(this);
        threads.forEach(Thread::start);
        upkeep.start();
    }

    /** Whether it reads; whatever ends it turns this false. */
    public boolean alive() {
        return threads.stream().allMatch(Thread::isAlive);
    }

    /** What it waits for just now: which part of the world is away, in words. */
    public Optional<String> waitingFor() {
        return lanes.stream().flatMap(lane -> lane.waitingFor().stream()).findFirst();
    }

    /** How many entries its handler could not judge yet. */
    int heldBack() {
        return lanes.stream().mapToInt(Lane::heldBack).sum();
    }

    /** How many entries were read and have not met their end. */
    int inHand() {
        return lanes.stream().mapToInt(lane -> lane.inHand().size()).sum();
    }

    /** Finishes what is in hand, waiting a bounded time for it, and leaves the group. */
    @Override
    public void close() {
        closing.ask();
        if (!joined(options.closeWait())) {
            log.atWarn()
                    .addKeyValue("event", "loop_forced")
                    .log("The handler of {} does not end; interrupting", subscription.stream());
            closing.force();
            threads.forEach(Thread::interrupt);
            boolean _ = joined(Duration.ofSeconds(2));
        }
        upkeep.interrupt();
        lanes.forEach(ConsumerLoop::leave);
        meters.close();
    }

    private static void leave(Lane<?> lane) {
        try {
            lane.group().leave();
        } catch (WorldAway _) {
            // Others remove this consumer when it has not been seen for long.
        }
    }

    /** Whether all have ended within this time; who was never started has. */
    private boolean joined(Duration wait) {
        long end = System.nanoTime() + wait.toNanos();
        try {
            for (Thread thread : threads) {
                long left = Math.max(1, end - System.nanoTime());
                if (thread.isAlive() && !thread.join(Duration.ofNanos(left))) {
                    return false;
                }
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
