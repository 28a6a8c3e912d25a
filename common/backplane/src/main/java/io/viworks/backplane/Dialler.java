package io.viworks.backplane;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SocketOptions.KeepAliveOptions;
import io.lettuce.core.SocketOptions.TcpUserTimeoutOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.EpollProvider;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Makes connections to one Redis, which sentinels may have to be asked for each time. None of them
 * reconnects by itself: who holds one knows when it is lost, and no request is sent again behind
 * its back. Thread-safe.
 */
final class Dialler implements AutoCloseable {
    /** Longest wait for the answer to an ordinary request. */
    static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(3);

    /** Longest wait for TCP. */
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

    /** Requests one connection may have waiting; more are refused, unsent. */
    private static final int REQUEST_QUEUE = 20_000;

    /** Requests of one turn of an event loop that leave together, at most. */
    private static final int REQUESTS_OF_A_WRITE = 256;

    /** Unacknowledged bytes, or silence under keep-alive, for this long end a connection. */
    private static final Duration DEAD_PEER = Duration.ofSeconds(10);

    private final ClientResources resources;
    private final boolean lent;
    private final RedisClient client;
    private final RedisURI uri;

    Dialler(String url, String clientName) {
        this(
                uri(url, clientName),
                DefaultClientResources.builder()
                        .ioThreadPoolSize(2)
                        // Nobody reads it, and it looks at the clock twice for each request.
                        .commandLatencyRecorder(CommandLatencyRecorder.disabled())
                        .build(),
                false);
    }

    private Dialler(RedisURI uri, ClientResources resources, boolean lent) {
        this.uri = uri;
        this.resources = resources;
        this.lent = lent;
        this.client = RedisClient.create(resources);
        client.setOptions(options());
    }

    private static RedisURI uri(String url, String clientName) {
        RedisURI uri = RedisURI.create(url);
        uri.setClientName(clientName);
        uri.setTimeout(COMMAND_TIMEOUT);
        uri.getSentinels().forEach(sentinel -> sentinel.setTimeout(COMMAND_TIMEOUT));
        return uri;
    }

    /** One for the same Redis whose connections live on this loop and can be handed over. */
    Dialler handingOver(EventLoop loop) {
        return on(loop, Handover.customizer());
    }

    /**
     * One for the same Redis whose connections live on this loop; what is asked in one turn of it
     * leaves by one write, at the turn's end.
     */
    Dialler near(EventLoop loop) {
        return on(
                loop,
                new NettyCustomizer() {
                    @Override
                    public void afterChannelInitialized(Channel channel) {
                        channel.pipeline()
                                .addFirst(new FlushConsolidationHandler(REQUESTS_OF_A_WRITE, true));
                    }
                });
    }

    private Dialler on(EventLoop loop, NettyCustomizer customizer) {
        return new Dialler(
                uri,
                resources
                        .mutate()
                        .eventLoopGroupProvider(new OneLoop(loop))
                        .nettyCustomizer(customizer)
                        .build(),
                true);
    }

    private static ClientOptions options() {
        return ClientOptions.builder()
                .autoReconnect(false)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .requestQueueSize(REQUEST_QUEUE)
                .protocolVersion(ProtocolVersion.RESP2)
                .timeoutOptions(
                        TimeoutOptions.builder().timeoutCommands().connectionTimeout().build())
                .socketOptions(sockets())
                .build();
    }

    private static SocketOptions sockets() {
        SocketOptions.Builder sockets =
                SocketOptions.builder()
                        .connectTimeout(CONNECT_TIMEOUT)
                        .tcpNoDelay(true)
                        .keepAlive(
                                KeepAliveOptions.builder()
                                        .enable()
                                        .idle(DEAD_PEER.dividedBy(2))
                                        .interval(Duration.ofSeconds(2))
                                        .count(3)
                                        .build());
        if (EpollProvider.isAvailable()) {
            sockets.tcpUserTimeout(
                    TcpUserTimeoutOptions.builder().enable().tcpUserTimeout(DEAD_PEER).build());
        }
        return sockets.build();
    }

    /**
     * Dials once.
     *
     * @param timeout of every request on the connection
     * @throws WorldAway when Redis does not answer, refuses the user, or is loading
     */
    Dialled dial(Duration timeout) {
        try {
            StatefulRedisConnection<String, byte[]> connection =
                    client.connect(TextKeys.CODEC, uri);
            String runId = runIdOfMaster(connection);
            connection.setTimeout(timeout);
            return new Dialled(connection, runId);
        } catch (WorldAway away) {
            throw away;
        } catch (RuntimeException e) {
            throw new WorldAway("Redis cannot be reached: " + Failures.reasonOf(e), e);
        }
    }

    /** A sentinel may not know yet who it is, and a URL may be of something else altogether. */
    private static String runIdOfMaster(StatefulRedisConnection<String, byte[]> connection) {
        Map<String, String> info;
        try {
            info = RedisSettings.parsed(connection.sync().info());
        } catch (RuntimeException e) {
            connection.close();
            throw e;
        }
        String runId = info.get("run_id");
        String wrong = null;
        if ("cluster".equals(info.get("redis_mode"))) {
            wrong =
                    "it is a node of a Redis Cluster, which is not supported: scripts here work on"
                            + " keys of several slots; use one Redis, or sentinels";
        } else if ("slave".equals(info.get("role"))) {
            wrong = "it is a replica, and only a master can be written to";
        } else if (runId == null) {
            wrong = "INFO says no run_id, which tells one life of its memory from another";
        }
        if (wrong != null || runId == null) {
            connection.close();
            throw new WorldAway("Redis cannot be used: " + wrong, null);
        }
        return runId;
    }

    @Override
    public void close() {
        // On an event loop that has ended nobody says that a connection is closed.
        var _ =
                client.shutdownAsync(0, 2, TimeUnit.SECONDS)
                        .completeOnTimeout(null, 3, TimeUnit.SECONDS)
                        .join();
        if (!lent) {
            // With them ends the timer of every request, also of whom they were lent by.
            resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
        }
    }
}
