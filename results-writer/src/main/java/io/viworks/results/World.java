package io.viworks.results;

import io.viworks.backplane.WorldAway;
import io.viworks.schema.DatabaseAway;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Calls into Redis and Postgres that fail with {@link WorldAway} alone when those are away. */
final class World {
    /** Longest wait for an answer of Redis. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private World() {}

    /** What a statement answers. */
    interface Statement<T extends @Nullable Object, E extends Exception> {
        T run() throws E;
    }

    static <T extends @Nullable Object, E extends Exception> T database(Statement<T, E> statement)
            throws E {
        try {
            return statement.run();
        } catch (RuntimeException e) {
            if (DatabaseAway.isCauseOf(e)) {
                throw new WorldAway("Postgres is away or busy", e);
            }
            throw e;
        }
    }

    /** Waits for an answer of Redis. */
    static <T extends @Nullable Object> T redis(CompletionStage<T> answer)
            throws InterruptedException {
        try {
            return answer.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new WorldAway("Redis does not answer", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof WorldAway away) {
                throw away;
            }
            throw new IllegalStateException("Redis refuses: " + e.getCause(), e);
        }
    }
}
