package io.viworks.backplane;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

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

    @Override
    public void close() {
        var _ = connection.closeAsync();
    }
}
