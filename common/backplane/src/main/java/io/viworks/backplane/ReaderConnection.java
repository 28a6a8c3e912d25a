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
    private final Executor hearing;

    /** One whose answers are judged by whichever thread comes to it. */
    ReaderConnection(StatefulRedisConnection<String, byte[]> connection) {
        this(connection, Runnable::run);
    }

    /**
     * The same for an event loop.
     *
     * @param hearing the one thread that hears the answers
     */
    ReaderConnection(StatefulRedisConnection<String, byte[]> connection, Executor hearing) {
        this.connection = connection;
        this.hearing = hearing;
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
     * is judged on the event loop this was dialled for, and the next request written there after
     * what the judge has asked.
     *
     * @param judge empty to ask again; must not wait
     * @throws WorldAway when Redis does not answer in time, or refuses for now
     */
    public <T extends @Nullable Object, U> U askUntil(
            Function<RedisAsyncCommands<String, byte[]>, RedisFuture<T>> request,
            Function<T, Optional<U>> judge) {
        CompletableFuture<U> end = new CompletableFuture<>();
        // Asked from here, an answer that is quicker than we are would be judged here.
        soon(request, judge, end);
        try {
            return end.join();
        } catch (CompletionException e) {
            throw Failures.translated(e);
        }
    }

    private <T extends @Nullable Object, U> void soon(
            Function<RedisAsyncCommands<String, byte[]>, RedisFuture<T>> request,
            Function<T, Optional<U>> judge,
            CompletableFuture<U> end) {
        try {
            hearing.execute(() -> ask(request, judge, end));
        } catch (RejectedExecutionException ended) {
            var _ =
                    end.completeExceptionally(
                            WorldAway.unsent("the reader's event loop has ended", ended));
        }
    }

    private <T extends @Nullable Object, U> void ask(
            Function<RedisAsyncCommands<String, byte[]>, RedisFuture<T>> request,
            Function<T, Optional<U>> judge,
            CompletableFuture<U> end) {
        RedisFuture<T> answer;
        try {
            answer = request.apply(connection.async());
        } catch (RuntimeException e) {
            var _ = end.completeExceptionally(Failures.whileWriting(e));
            return;
        } catch (Error e) {
            var _ = end.completeExceptionally(e); // whoever waits hears of nothing else
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
                                soon(request, judge, end);
                            }
                        });
    }

    @Override
    public void close() {
        var _ = connection.closeAsync();
    }
}
