package io.viworks.service;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A task on a virtual thread of its own, run again a fixed pause after it ended, or at once when
 * somebody knows of work. A failure is kept for health, logged when it begins and when it ends, and
 * never stops the pulse. Thread-safe.
 */
public final class Pulse implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Pulse.class);

    private final String name;
    private final Duration pause;
    private final Runnable task;
    private final Semaphore nudges = new Semaphore(0);
    private volatile boolean closed;
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    private final Thread thread;

    private Pulse(String name, Duration pause, Runnable task) {
        this.name = name;
        this.pause = pause;
        this.task = task;
        this.thread = Thread.ofVirtual().name(name).unstarted(this::beat);
    }

    /** Starts one; the task runs at once for the first time. */
    public static Pulse start(String name, Duration pause, Runnable task) {
        Pulse pulse = new Pulse(name, pause, task);
        pulse.thread.start();
        return pulse;
    }

    /** Why the last run failed; null when it did not. */
    public @Nullable RuntimeException failure() {
        return failure.get();
    }

    /** Whether the task still runs again and again. */
    public boolean alive() {
        return thread.isAlive();
    }

    private void beat() {
        try {
            do {
                // Those so far are for this run; one that comes during it makes another.
                nudges.drainPermits();
                once();
                if (!closed) {
                    boolean _ = nudges.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS);
                }
            } while (!closed);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void once() {
        try {
            task.run();
            if (failure.getAndSet(null) != null) {
                log.atInfo().addKeyValue("event", "pulse_recovered").log("{} works again", name);
            }
        } catch (RuntimeException e) {
            if (failure.getAndSet(e) == null) {
                log.atWarn()
                        .addKeyValue("event", "pulse_failed")
                        .addKeyValue("error", String.valueOf(e.getMessage()))
                        .log("{} failed and is tried again", name);
            }
        }
    }

    /** Ends the pause: the task runs at once, or once more when it runs just now. */
    public void nudge() {
        nudges.release();
    }

    /** Ends after the run in progress, which gets a few seconds. */
    @Override
    public void close() {
        closed = true;
        nudges.release();
        try {
            if (!thread.join(Duration.ofSeconds(5))) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
