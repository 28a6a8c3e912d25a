package io.viworks.backplane;

import static io.viworks.backplane.Bench.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.resource.DefaultEventLoopGroupProvider;
import io.lettuce.core.resource.Transports;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.testkit.TcpProxy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
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

    /** Asks on the loop; whether the answer came on the loop, too. */
    private boolean isAnsweredThere(RedisConnections redis) {
        CompletableFuture<Boolean> there = new CompletableFuture<>();
        loop.execute(() ->
                redis.ping()
                        .whenComplete((_, failure) -> {
                            boolean _ =
                                    failure == null
                                            ? there.complete(loop.inEventLoop())
                                            : there.completeExceptionally(failure);
                        }));
        return get(there);
    }

    private void join(RedisConnections redis) {
        boolean _ = loop.submit(() -> redis.join(loop)).awaitUninterruptibly(10_000);
    }

    @Test
    void answersOnTheLoopThatAsked() {
        assertThat(isAnsweredThere(connections)).isFalse();

        join(connections);

        await().until(() -> isAnsweredThere(connections));
    }

    @Test
    void answersByTheSharedConnectionWhenTheLoopHasNoneAnyMore() {
        join(connections);
        await().until(() -> isAnsweredThere(connections));

        connections.leaveLoops();

        assertThat(isAnsweredThere(connections)).isFalse();
    }

    @Test
    void comesBackWhenItIsLost() {
        try (TcpProxy proxy = TcpProxy.to(bench.redis.port());
                RedisConnections own =
                        RedisConnections.open("redis://127.0.0.1:" + proxy.port(), "test")) {
            join(own);
            await().until(() -> isAnsweredThere(own));

            proxy.cut();

            await().ignoreExceptions().until(() -> isAnsweredThere(own));
            own.leaveLoops();
        }
    }

    @Test
    void isForTheLoopItselfToJoin() {
        assertThatThrownBy(() -> connections.join(loop))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("the loop itself");
    }
}
