package io.viworks.admin.redis;

import io.viworks.backplane.WorldAway;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for Redis's answer: callers here are virtual threads that may. */
public final class Answer {
    /** Longest wait for one answer. */
    public static final Duration PATIENCE = Duration.ofSeconds(2);

    private Answer() {}

    /**
     * The answer.
     *
     * @throws WorldAway when Redis is away or does not answer within {@link #PATIENCE}
     */
    public static <T> T of(CompletionStage<T> stage) {
        return of(stage, PATIENCE);
    }

    /**
     * The answer, within a time.
     *
     * @throws WorldAway when Redis is away or does not answer in time
     */
    public static <T> T of(CompletionStage<T> stage, Duration patience) {
        try {
            return stage.toCompletableFuture().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case WorldAway away -> throw away;
                case RuntimeException failure -> throw failure;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        } catch (TimeoutException e) {
            throw new WorldAway("Redis did not answer within " + patience, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WorldAway("interrupted while waiting for Redis", e);
        }
    }
}
