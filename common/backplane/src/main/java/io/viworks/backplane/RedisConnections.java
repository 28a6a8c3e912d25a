package io.viworks.backplane;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one process to Redis: one shared for commands, bounded in requests waiting,
 * and one of its own for every blocking reader. Thread-safe. A lost connection is dialled again
 * within a second, for ever; meanwhile requests fail at once with {@link WorldAway}. Nothing is
 * ever sent twice by the connection itself.
 */
public final class RedisConnections implements AutoCloseable {
    /** Longest wait of {@link #open} for the first connection. */
    private static final Duration FIRST_CONNECTION = Duration.ofSeconds(3);

    private static final Script LIFE = Script.named("life");

    private final Dialler dialler;
    private final SharedLink link;

    private RedisConnections(Dialler dialler, SharedLink link) {
        this.dialler = dialler;
        this.link = link;
    }

    /**
     * Starts to dial and waits a moment for the first connection. It is no error when Redis is
     * away: the connection comes by itself later.
     *
     * @param url {@code redis://[user:password@]host:port}
     * @param clientName shown by {@code CLIENT LIST}
     * @throws IllegalArgumentException when the URL is not one of Redis
     */
    public static RedisConnections open(String url, String clientName) {
        Dialler dialler = new Dialler(url, clientName);
        SharedLink link = new SharedLink(dialler);
        link.start(FIRST_CONNECTION);
        return new RedisConnections(dialler, link);
    }

    /** Whether the shared connection stands, as far as is known without asking. */
    public boolean connected() {
        return link.current() != null;
    }

    /** Asks for a sign of life: how long the answer took. */
    public CompletionStage<Duration> ping() {
        long start = System.nanoTime();
        return ask(RedisAsyncCommands::ping)
                .thenApply(_ -> Duration.ofNanos(System.nanoTime() - start));
    }

    /** The life of Redis's memory (spec 3.3): it changes when Redis lost it. */
    public CompletionStage<String> life() {
        return LIFE.run(this, Script.keys(Keys.LIFE), Script.args(Lives.candidate()))
                .thenApply(reply -> Script.text(reply, 0));
    }

    /** How full Redis is (spec 3.1). */
    public CompletionStage<Pressure> pressure() {
        return Pressure.of(this);
    }

    /** One request over the shared connection; for this module, the only one that knows Lettuce. */
    public <T extends @Nullable Object> CompletionStage<T> ask(
            Function<RedisAsyncCommands<String, byte[]>, RedisFuture<T>> request) {
        StatefulRedisConnection<String, byte[]> connection = link.current();
        if (connection == null) {
            return CompletableFuture.failedFuture(
                    WorldAway.unsent(
                            "Redis is not connected; it is dialled again by itself", null));
        }
        RedisFuture<T> reply;
        try {
            reply = request.apply(connection.async());
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(Failures.whileWriting(e));
        }
        return reply.exceptionallyCompose(
                failure -> CompletableFuture.failedFuture(Failures.translated(failure)));
    }

    /**
     * A connection for one reader that blocks in it, dialled now. It does not come back by itself:
     * its reader has to look at its own history first.
     *
     * @param timeout of every request on it: the longest block and a margin
     * @throws WorldAway when Redis cannot be reached
     */
    public ReaderConnection dialReader(Duration timeout) {
        return new ReaderConnection(dialler.dial(timeout));
    }

    @Override
    public void close() {
        link.close();
        dialler.close();
    }
}
