package io.viworks.bridge;

import io.netty.channel.Channel;
import io.viworks.bridge.metrics.BridgeMeters;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.SequencedSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.netty.ChannelPipelineConfigurer;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;
import reactor.netty.http.server.HttpServerState;

/**
 * Sockets that have asked for nothing yet, from the first byte of TLS to the last of the headers.
 * Each has so long, and there may be only so many: beyond them the one that waits longest goes, for
 * an honest client is through in no time. So whoever sends his headers a byte at a time, or
 * nothing, holds no socket for long and keeps nobody out. Thread-safe.
 */
final class Doorstep implements ChannelPipelineConfigurer, ConnectionObserver {
    private final Duration longest;
    private final int most;
    private final BridgeMeters meters;
    private final SequencedSet<Channel> waiting = new LinkedHashSet<>();

    /**
     * With its limits.
     *
     * @param longest from the connection to its first request, headers complete
     * @param most sockets that may wait at once
     */
    Doorstep(Duration longest, int most, BridgeMeters meters) {
        this.longest = longest;
        this.most = most;
        this.meters = meters;
        meters.gauge("sockets.silent", "open sockets that have asked nothing yet", this::size);
    }

    private int size() {
        synchronized (waiting) {
            return waiting.size();
        }
    }

    @Override
    public void onChannelInit(
            ConnectionObserver observer, Channel channel, @Nullable SocketAddress remote) {
        Channel oldest = enter(channel);
        if (oldest != null) {
            drop(oldest, "crowded");
        }
        var deadline =
                channel.eventLoop()
                        .schedule(
                                () -> {
                                    if (leave(channel)) {
                                        drop(channel, "too_late");
                                    }
                                },
                                longest.toMillis(),
                                TimeUnit.MILLISECONDS);
        var _ =
                channel.closeFuture()
                        .addListener(_ -> {
                            leave(channel);
                            deadline.cancel(false);
                        });
    }

    @Override
    public void onStateChange(Connection connection, State state) {
        if (state.equals(HttpServerState.REQUEST_RECEIVED)) {
            leave(connection.channel());
        }
    }

    /** Takes one in; who must go for it, null for nobody. */
    private @Nullable Channel enter(Channel channel) {
        synchronized (waiting) {
            waiting.add(channel);
            return waiting.size() <= most ? null : waiting.removeFirst();
        }
    }

    private boolean leave(Channel channel) {
        synchronized (waiting) {
            return waiting.remove(channel);
        }
    }

    private void drop(Channel channel, String reason) {
        meters.socketDropped(reason);
        var _ = channel.close();
    }
}
