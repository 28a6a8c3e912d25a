package io.viworks.backplane;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one process to Redis: one shared for commands, bounded in requests waiting,
 * one of its own for every blocking reader, and one for every event loop that joins. Thread-safe. A
 * lost connection is dialled again within a second, for ever; meanwhile requests fail at once with
 * {@link WorldAway}. Nothing is ever sent twice by the connection itself.
 */
public final class RedisConnections implements AutoCloseable {
    /** Longest wait of {@link #open} for the first connection. */
    private static final Duration FIRST_CONNECTION = Duration.ofSeconds(3);

    private static final Script LIFE = Script.named("life");

    private final Dialler dialler;
    private final SharedLink link;
    private final NearLinks near;

    private RedisConnections(Dialler dialler, SharedLink link) {
        this.dialler = dialler;
        this.link = link;
        this.near = new NearLinks(dialler);
    }

    /**
     * Starts to dial and waits a moment for the first connection. It is no error when Redis is
     * away: the connection comes by itself later.
     *
     * @param url {@code redis://[user:password@]host:port}, or {@code
     *     redis-sentinel://[user:password@]host:port,host:port#name}: then the sentinels are asked
     *     who the master is, each time it is dialled
     * @param clientName shown by {@code CLIENT LIST}
     * @throws IllegalArgumentException when the URL is not one of Redis
     */
    public static RedisConnections open(String url, String clientName) {
        Dialler dialler = new Dialler(url, clientName);
        SharedLink link = SharedLink.forRequests(dialler);
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

    /**
     * Gives the event loop of the present thread a connection of its own, dialled now: from then on
     * what is asked on this thread goes by it, while it stands, and is answered on this thread.
     * Requests of one thread keep their order, but for a moment when its connection is lost or
     * comes. The loop must run until {@link #leaveLoops}.
     */
    public void join(EventLoop loop) {
        near.join(loop);
    }

    /** Ends the connections on event loops; what is asked there goes by the shared one again. */
    public void leaveLoops() {
        near.close();
    }

    /**
     * One request over the shared connection, or that of the present event loop; for this module,
     * the only one that knows Lettuce.
     */
    public <T extends @Nullable Object> CompletionStage<T> ask(
            Function<RedisAsyncCommands<String, byte[]>, RedisFuture<T>> request) {
        return ask((redis, _) -> request.apply(redis));
    }

    /** The same, with the {@code run_id} of the Redis that is asked. */
    <T extends @Nullable Object> CompletionStage<T> ask(
            BiFunction<RedisAsyncCommands<String, byte[]>, String, RedisFuture<T>> request) {
        Dialled dialled = near.current();
        if (dialled == null) {
            dialled = link.current();
        }
        if (dialled == null) {
            return CompletableFuture.failedFuture(
                    WorldAway.unsent(
                            "Redis is not connected; it is dialled again by itself", null));
        }
        RedisFuture<T> reply;
        try {
            reply = request.apply(dialled.connection().async(), dialled.runId());
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(Failures.whileWriting(e));
        }
        return reply.exceptionallyCompose(
                failure -> CompletableFuture.failedFuture(Failures.translated(failure)));
    }

    /**
     * A connection of its own for bulk, on an event loop that is the caller's and must run until
     * the pipe is closed; for this module.
     */
    public Pipe openPipe(EventLoop loop, Pipe.Ear ear) {
        return Pipe.open(dialler, loop, ear);
    }

    /**
     * A connection for one reader that blocks in it, dialled now. It does not come back by itself:
     * its reader has to look at its own history first.
     *
     * @param timeout of every request on it: the longest block and a margin
     * @throws WorldAway when Redis cannot be reached
     */
    public ReaderConnection dialReader(Duration timeout) {
        return new ReaderConnection(dialler.dial(timeout).connection());
    }

    /**
     * The same, but its answers are read on this event loop, which must run until {@link
     * #leaveLoops}: the connection is lost by then. Not to be dialled on the loop itself.
     */
    public ReaderConnection dialReader(Duration timeout, EventLoop loop) {
        return new ReaderConnection(near.dialler(loop).dial(timeout).connection(), loop);
    }

    @Override
    public void close() {
        near.close();
        link.close();
        dialler.close();
    }
}
