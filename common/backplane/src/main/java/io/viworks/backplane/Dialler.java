package io.viworks.backplane;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SocketOptions.KeepAliveOptions;
import io.lettuce.core.SocketOptions.TcpUserTimeoutOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.EpollProvider;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Makes connections to one Redis. None of them reconnects by itself: who holds one knows when it is
 * lost, and no request is sent again behind its back. Thread-safe.
 */
final class Dialler implements AutoCloseable {
    /** Longest wait for the answer to an ordinary request. */
    static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(3);

    /** Longest wait for TCP. */
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

    /** Requests one connection may have waiting; more are refused, unsent. */
    private static final int REQUEST_QUEUE = 20_000;

    /** Unacknowledged bytes, or silence under keep-alive, for this long end a connection. */
    private static final Duration DEAD_PEER = Duration.ofSeconds(10);

    private static final RedisCodec<String, byte[]> CODEC =
            RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

    private final DefaultClientResources resources;
    private final RedisClient client;
    private final RedisURI uri;

    Dialler(String url, String clientName) {
        this.uri = RedisURI.create(url);
        uri.setClientName(clientName);
        uri.setTimeout(COMMAND_TIMEOUT);
        this.resources = DefaultClientResources.builder().ioThreadPoolSize(2).build();
        this.client = RedisClient.create(resources);
        client.setOptions(options());
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
    StatefulRedisConnection<String, byte[]> dial(Duration timeout) {
        try {
            StatefulRedisConnection<String, byte[]> connection = client.connect(CODEC, uri);
            connection.setTimeout(timeout);
            return connection;
        } catch (RuntimeException e) {
            throw new WorldAway("Redis cannot be reached: " + Failures.reasonOf(e), e);
        }
    }

    @Override
    public void close() {
        client.shutdown(0, 2, TimeUnit.SECONDS);
        resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
    }
}
