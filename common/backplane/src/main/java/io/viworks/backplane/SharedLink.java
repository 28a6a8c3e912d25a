package io.viworks.backplane;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a connection that many use: dials it again when it is lost, and replaces it when it stands
 * but is dead (a half-open TCP connection says nothing for many minutes). Thread-safe.
 */
final class SharedLink implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SharedLink.class);

    /** No request has a timer: only silence tells that Redis is away. */
    static final Duration UNTIMED = Duration.ZERO;

    /** Redis is away when it has owed an answer for so long: two pings. */
    static final Duration LONGEST_SILENCE = Dialler.COMMAND_TIMEOUT.multipliedBy(2);

    /** Between two signs of life asked for. */
    private static final Duration PING_EVERY = Duration.ofSeconds(1);

    /** Unanswered pings after which a second connection is tried. */
    private static final int MAX_SILENCE = 2;

    private static final long FIRST_PAUSE_MS = 50;
    private static final long LONGEST_PAUSE_MS = 1_000;

    private final Dialler dialler;
    private final Duration timeout;
    private final String purpose;
    private final Predicate<StatefulRedisConnection<String, byte[]>> alive;
    private final Consumer<StatefulRedisConnection<String, byte[]>> begun;
    private final Semaphore wake = new Semaphore(0);
    private final CountDownLatch firstDial = new CountDownLatch(1);
    private final Thread thread;
    private volatile @Nullable Dialled current;
    private volatile boolean closed;

    /** Why Redis was away when that was told last; of the one thread. */
    private String told = "";

    /**
     * Not dialled yet.
     *
     * @param timeout of every request, or {@link #UNTIMED}
     * @param purpose of the connection, for the log
     * @param alive whether it answers; may wait
     * @param begun told of each connection that stands
     */
    SharedLink(
            Dialler dialler,
            Duration timeout,
            String purpose,
            Predicate<StatefulRedisConnection<String, byte[]>> alive,
            Consumer<StatefulRedisConnection<String, byte[]>> begun) {
        this.dialler = dialler;
        this.timeout = timeout;
        this.purpose = purpose;
        this.alive = alive;
        this.begun = begun;
        this.thread = Thread.ofVirtual().name("redis-" + purpose).unstarted(this::run);
    }

    /** One for requests of many, which is asked for signs of life. */
    static SharedLink forRequests(Dialler dialler) {
        return new SharedLink(
                dialler,
                Dialler.COMMAND_TIMEOUT,
                "requests",
                SharedLink::answers,
                connection -> RedisSettings.check(connection.async()));
    }

    /** Starts. */
    void start() {
        thread.start();
    }

    /** Starts, and waits so long for the first connection. */
    void start(Duration wait) {
        start();
        try {
            boolean _ = firstDial.await(wait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The connection, when it stands. */
    @Nullable Dialled current() {
        Dialled dialled = current;
        return dialled != null && dialled.connection().isOpen() ? dialled : null;
    }

    private void run() {
        long pause = FIRST_PAUSE_MS;
        int silence = 0;
        while (!closed) {
            Dialled dialled = current();
            if (dialled != null && alive.test(dialled.connection())) {
                silence = 0;
                pause = FIRST_PAUSE_MS;
                sleep(PING_EVERY.toMillis());
            } else if (dialled != null && ++silence < MAX_SILENCE) {
                sleep(FIRST_PAUSE_MS);
            } else if (dialled()) {
                silence = 0;
                pause = FIRST_PAUSE_MS;
            } else {
                sleep(pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1));
                pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
            }
        }
    }

    private static boolean answers(StatefulRedisConnection<String, byte[]> connection) {
        try {
            String _ =
                    connection
                            .async()
                            .ping()
                            .toCompletableFuture()
                            .orTimeout(Dialler.COMMAND_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                            .join();
            return true;
        } catch (RuntimeException _) {
            return false;
        }
    }

    private boolean dialled() {
        try {
            Dialled next = dialler.dial(timeout);
            next.connection().addListener(new Lost());
            try {
                begun.accept(next.connection());
            } catch (RuntimeException e) {
                var _ = next.connection().closeAsync();
                throw e;
            }
            Dialled previous = current;
            current = next;
            if (previous != null) {
                var _ = previous.connection().closeAsync();
            }
            told = "";
            log.atInfo()
                    .addKeyValue("event", "redis_connected")
                    .log("Redis is connected for {}", purpose);
            return true;
        } catch (RuntimeException away) {
            // Whatever it is, the next try may go better, and nobody else would try again.
            tellOnce(String.valueOf(away.getMessage()));
            return false;
        } finally {
            firstDial.countDown();
        }
    }

    /** An outage is told when it begins and when its reason changes, not at every try. */
    private void tellOnce(String reason) {
        if (!reason.equals(told)) {
            told = reason;
            log.atWarn()
                    .addKeyValue("event", "redis_away")
                    .addKeyValue("error", reason)
                    .log("Redis cannot be reached for {}; trying again", purpose);
        }
    }

    private void sleep(long ms) {
        try {
            boolean _ = wake.tryAcquire(ms, TimeUnit.MILLISECONDS);
            wake.drainPermits();
        } catch (InterruptedException _) {
            closed = true;
        }
    }

    @Override
    public void close() {
        closed = true;
        wake.release();
        Dialled dialled = current;
        if (dialled != null) {
            dialled.connection().close();
        }
    }

    /** Wakes the link as soon as the connection is lost, so that it is dialled at once. */
    private final class Lost implements RedisConnectionStateListener {
        @Override
        public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
            wake.release();
        }
    }
}
