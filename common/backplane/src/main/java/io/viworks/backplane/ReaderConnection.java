package io.viworks.backplane;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A connection for one reader that blocks in it. Not thread-safe. It does not come back by itself:
 * after a loss its reader dials another and looks at its own history first, for what was on its way
 * when the connection broke.
 */
public final class ReaderConnection implements AutoCloseable {
    private final StatefulRedisConnection<String, byte[]> connection;

    ReaderConnection(StatefulRedisConnection<String, byte[]> connection) {
        this.connection = connection;
    }

    /**
     * Asks and waits.
     *
     * @throws WorldAway when Redis does not answer in time, or refuses for now
     */
    public <T> T ask(Function<RedisAsyncCommands<String, byte[]>, RedisFuture<T>> request) {
        try {
            return request.apply(connection.async()).toCompletableFuture().join();
        } catch (CompletionException e) {
            throw Failures.translated(e);
        } catch (RuntimeException e) {
            throw Failures.whileWriting(e);
        }
    }

    /**
     * Asks again and again until an answer is judged to be the end, and waits for that. Each answer
     * is judged on the thread that has heard it.
     *
     * @param judge empty to ask again; must not wait
     * @param again runs the next request: on the event loop that has heard the answer, what the
     *     judge has asked leaves before it
     * @throws WorldAway when Redis does not answer in time, or refuses for now
     */
    public <T extends @Nullable Object, U> U askUntil(
            Function<RedisAsyncCommands<String, byte[]>, RedisFuture<T>> request,
            Function<T, Optional<U>> judge,
            Executor again) {
        CompletableFuture<U> end = new CompletableFuture<>();
        ask(request, judge, again, end);
        try {
            return end.join();
        } catch (CompletionException e) {
            throw Failures.translated(e);
        }
    }

    private <T extends @Nullable Object, U> void ask(
            Function<RedisAsyncCommands<String, byte[]>, RedisFuture<T>> request,
            Function<T, Optional<U>> judge,
            Executor again,
            CompletableFuture<U> end) {
        RedisFuture<T> answer;
        try {
            answer = request.apply(connection.async());
        } catch (RuntimeException e) {
            var _ = end.completeExceptionally(Failures.whileWriting(e));
            return;
        }
        var _ =
                answer.thenApply(judge)
                        .whenComplete((judged, fault) -> {
                            if (fault != null) {
                                var _ = end.completeExceptionally(fault);
                            } else if (judged.isPresent()) {
                                var _ = end.complete(judged.get());
                            } else {
                                askAgain(request, judge, again, end);
                            }
                        });
    }

    private <T extends @Nullable Object, U> void askAgain(
            Function<RedisAsyncCommands<String, byte[]>, RedisFuture<T>> request,
            Function<T, Optional<U>> judge,
            Executor again,
            CompletableFuture<U> end) {
        try {
            again.execute(() -> ask(request, judge, again, end));
        } catch (RejectedExecutionException ended) {
            var _ =
                    end.completeExceptionally(
                            WorldAway.unsent("the event loop of the reader has ended", ended));
        }
    }

    @Override
    public void close() {
        var _ = connection.closeAsync();
    }
}
