package io.viworks.agent.connection;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The one thread on which everything of an agent's connection happens, so that nothing of it needs
 * a lock. It is never interrupted: the journal's file would not survive that. Thread-safe.
 */
final class Loop implements AutoCloseable {
    private static final long LAST_TASKS_S = 10;

    private final ScheduledThreadPoolExecutor executor;
    private final double pace;
    private final Consumer<Throwable> faults;

    /**
     * Starts the thread.
     *
     * @param time whose nanoseconds the timers count
     * @param faults is told what a task threw; the loop goes on
     */
    Loop(Time time, Consumer<Throwable> faults) {
        this.pace = time.pace();
        this.faults = faults;
        this.executor =
                new ScheduledThreadPoolExecutor(
                        1, Thread.ofPlatform().name("agent").daemon().factory());
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        executor.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
    }

    /** A task that may be taken back. */
    @FunctionalInterface
    interface Timer {
        void cancel();
    }

    /** Runs it after those before it; once this is closed, never. */
    void post(Runnable task) {
        try {
            executor.execute(() -> run(task));
        } catch (RejectedExecutionException e) {
            // The agent has ended: nobody waits for this.
        }
    }

    Timer after(Duration delay, Runnable task) {
        try {
            return timer(executor.schedule(() -> run(task), nanos(delay), TimeUnit.NANOSECONDS));
        } catch (RejectedExecutionException e) {
            return () -> {};
        }
    }

    /** Again and again, so long after the end of the last time. */
    Timer every(Duration pause, Runnable task) {
        long nanos = Math.max(1, nanos(pause));
        try {
            return timer(
                    executor.scheduleWithFixedDelay(
                            () -> run(task), nanos, nanos, TimeUnit.NANOSECONDS));
        } catch (RejectedExecutionException e) {
            return () -> {};
        }
    }

    /** What the question answers on the loop; fails when that throws or this is closed. */
    <T> CompletionStage<T> ask(Supplier<T> question) {
        return CompletableFuture.supplyAsync(question, executor);
    }

    /** Waits for the tasks that were posted, but for no timer. */
    @Override
    public void close() {
        executor.shutdown();
        try {
            if (!executor.awaitTermination(LAST_TASKS_S, TimeUnit.SECONDS)) {
                faults.accept(new IllegalStateException("the loop's last task does not end"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long nanos(Duration delay) {
        return (long) (delay.toNanos() / pace);
    }

    private static Timer timer(Future<?> future) {
        return () -> future.cancel(false);
    }

    private void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            faults.accept(e);
        }
    }
}
