package io.viworks.bridge;

import io.netty.util.AttributeKey;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;
import reactor.netty.http.server.HttpServerState;

/**
 * A connection has so long to ask for something (the handshake timeout): one that sends its headers
 * a byte at a time holds no socket for ever.
 */
final class FirstRequest implements ConnectionObserver {
    /** From the connection to its first request, headers complete. */
    static final Duration LONGEST = Duration.ofSeconds(10);

    private static final AttributeKey<ScheduledFuture<?>> DEADLINE =
            AttributeKey.valueOf("viw.first-request");

    @Override
    public void onStateChange(Connection connection, State state) {
        if (state.equals(State.CONNECTED)) {
            ScheduledFuture<?> deadline =
                    connection
                            .channel()
                            .eventLoop()
                            .schedule(
                                    () -> {
                                        var _ = connection.channel().close();
                                    },
                                    LONGEST.toMillis(),
                                    TimeUnit.MILLISECONDS);
            connection.channel().attr(DEADLINE).set(deadline);
            var _ = connection.channel().closeFuture().addListener(_ -> deadline.cancel(false));
        } else if (state.equals(HttpServerState.REQUEST_RECEIVED)) {
            ScheduledFuture<?> deadline = connection.channel().attr(DEADLINE).getAndSet(null);
            if (deadline != null) {
                deadline.cancel(false);
            }
        }
    }
}
