package io.viworks.backplane;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the one shared connection: dials it again when it is lost, and replaces it when it stands
 * but is dead (a half-open TCP connection says nothing for many minutes). Thread-safe.
 */
final class SharedLink implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SharedLink.class);

    /** Between two signs of life asked for. */
    private static final Duration PING_EVERY = Duration.ofSeconds(1);

    /** Unanswered pings after which a second connection is tried. */
    private static final int MAX_SILENCE = 2;

    private static final long FIRST_PAUSE_MS = 50;
    private static final long LONGEST_PAUSE_MS = 1_000;

    private final Dialler dialler;
    private final Semaphore wake = new Semaphore(0);
    private final CountDownLatch firstDial = new CountDownLatch(1);
    private final Thread thread;
    private volatile @Nullable StatefulRedisConnection<String, byte[]> current;
    private volatile boolean closed;

    /** Why Redis was away when that was told last; of the one thread. */
    private String told = "";

    SharedLink(Dialler dialler) {
        this.dialler = dialler;
        this.thread = Thread.ofVirtual().name("redis-link").unstarted(this::run);
    }

    /** Starts, and waits so long for the first connection. */
    void start(Duration wait) {
        thread.start();
        try {
            boolean _ = firstDial.await(wait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The connection, when it stands. */
    @Nullable StatefulRedisConnection<String, byte[]> current() {
        StatefulRedisConnection<String, byte[]> connection = current;
        return connection != null && connection.isOpen() ? connection : null;
    }

    private void run() {
        long pause = FIRST_PAUSE_MS;
        int silence = 0;
        while (!closed) {
            StatefulRedisConnection<String, byte[]> connection = current();
            if (connection != null && answers(connection)) {
                silence = 0;
                pause = FIRST_PAUSE_MS;
                sleep(PING_EVERY.toMillis());
            } else if (connection != null && ++silence < MAX_SILENCE) {
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
            String _ = connection.async().ping().toCompletableFuture().join();
            return true;
        } catch (RuntimeException _) {
            return false;
        }
    }

    private boolean dialled() {
        try {
            StatefulRedisConnection<String, byte[]> next = dialler.dial(Dialler.COMMAND_TIMEOUT);
            next.addListener(new Lost());
            StatefulRedisConnection<String, byte[]> previous = current;
            current = next;
            if (previous != null) {
                var _ = previous.closeAsync();
            }
            told = "";
            log.atInfo().addKeyValue("event", "redis_connected").log("Redis is connected");
            RedisSettings.check(next.async());
            return true;
        } catch (WorldAway away) {
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
                    .log("Redis cannot be reached; trying again");
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
        StatefulRedisConnection<String, byte[]> connection = current;
        if (connection != null) {
            connection.close();
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
