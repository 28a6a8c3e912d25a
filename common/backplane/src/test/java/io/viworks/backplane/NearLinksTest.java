package io.viworks.backplane;

import static io.viworks.backplane.Bench.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.resource.DefaultEventLoopGroupProvider;
import io.lettuce.core.resource.Transports;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.testkit.TcpProxy;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Event loops with a connection to Redis of their own. */
final class NearLinksTest {
    private final Bench bench = new Bench();
    private final RedisConnections connections = bench.login(Service.AGENT_BRIDGE);

    /** As Lettuce chooses its channels. */
    private final EventLoopGroup loops =
            (EventLoopGroup)
                    DefaultEventLoopGroupProvider.createEventLoopGroup(
                            Transports.eventLoopGroupClass(), 1);

    private final EventLoop loop = loops.next();

    @AfterEach
    void close() {
        connections.leaveLoops();
        bench.close();
        var _ = loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(4_000);
    }

    /** By which connection a question went, and whether its answer came on the loop. */
    private record Asked(@Nullable Object connection, boolean answeredThere) {}

    private Asked askOn(Executor thread, RedisConnections redis) {
        AtomicReference<@Nullable Object> connection = new AtomicReference<>();
        CompletableFuture<Asked> asked = new CompletableFuture<>();
        thread.execute(() ->
                redis.ask(
                                commands -> {
                                    connection.set(commands);
                                    return commands.ping();
                                })
                        .whenComplete((_, failure) -> {
                            boolean _ =
                                    failure == null
                                            ? asked.complete(
                                                    new Asked(connection.get(), loop.inEventLoop()))
                                            : asked.completeExceptionally(failure);
                        }));
        return get(asked);
    }

    /** Whether the loop has a connection of its own, by which it is also answered. */
    private boolean isNear(RedisConnections redis) {
        Asked here = askOn(Runnable::run, redis);
        Asked there = askOn(loop, redis);
        boolean near = !Objects.equals(there.connection(), here.connection());
        assertThat(there.answeredThere() || !near).isTrue();
        return near;
    }

    private void join(RedisConnections redis) {
        boolean _ = loop.submit(() -> redis.join(loop)).awaitUninterruptibly(10_000);
    }

    @Test
    void answersOnTheLoopThatAsked() {
        assertThat(isNear(connections)).isFalse();

        join(connections);

        await().until(() -> isNear(connections));
    }

    @Test
    void answersByTheSharedConnectionWhenTheLoopHasNoneAnyMore() {
        join(connections);
        await().until(() -> isNear(connections));

        connections.leaveLoops();

        assertThat(isNear(connections)).isFalse();
    }

    @Test
    void comesBackWhenItIsLost() {
        try (TcpProxy proxy = TcpProxy.to(bench.redis.port());
                RedisConnections own =
                        RedisConnections.open("redis://127.0.0.1:" + proxy.port(), "test")) {
            join(own);
            await().until(() -> isNear(own));

            proxy.cut();

            await().ignoreExceptions().until(() -> isNear(own));
            own.leaveLoops();
        }
    }

    @Test
    void hearsAReaderOnTheLoopItWasDialledForHoweverQuickTheAnswer() {
        try (ReaderConnection reader = connections.dialReader(Duration.ofSeconds(3), loop)) {
            for (int i = 0; i < 2_000; i++) {
                int[] asked = {0};
                boolean there =
                        reader.askUntil(
                                RedisAsyncCommands::ping,
                                _ ->
                                        ++asked[0] < 3 && loop.inEventLoop()
                                                ? Optional.empty()
                                                : Optional.of(loop.inEventLoop()));
                assertThat(there).isTrue();
            }
        }
    }

    @Test
    void tellsAReaderThatTheWorldIsAwayWhenItsLoopHasEnded() {
        try (ReaderConnection reader = connections.dialReader(Duration.ofSeconds(3), loop)) {
            var _ = loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(4_000);
            assertThatThrownBy(() -> reader.askUntil(RedisAsyncCommands::ping, Optional::of))
                    .isInstanceOf(WorldAway.class);
            assertThatThrownBy(() -> connections.dialReader(Duration.ofSeconds(3), loop))
                    .isInstanceOf(WorldAway.class);
        }
    }

    @Test
    void tellsAReaderThatWaitsWhenItsLoopEnds() {
        try (ReaderConnection reader = connections.dialReader(Duration.ofSeconds(3), loop)) {
            CountDownLatch heard = new CountDownLatch(1);
            CompletableFuture<?> waiting =
                    CompletableFuture.runAsync(() ->
                            reader.askUntil(
                                    RedisAsyncCommands::ping,
                                    _ -> {
                                        heard.countDown();
                                        return Optional.empty();
                                    }));
            await().until(() -> heard.getCount() == 0);

            var _ = loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(4_000);

            await().until(waiting::isDone);
            assertThatThrownBy(() -> get(waiting)).isInstanceOf(WorldAway.class);
        }
    }

    @Test
    void dialsNoReaderForALoopThatIsAboutToEnd() {
        connections.leaveLoops();
        assertThatThrownBy(() -> connections.dialReader(Duration.ofSeconds(3), loop))
                .isInstanceOf(WorldAway.class)
                .hasMessageContaining("about to end");
    }

    @Test
    void isForTheLoopItselfToJoin() {
        assertThatThrownBy(() -> connections.join(loop))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("the loop itself");
    }
}
