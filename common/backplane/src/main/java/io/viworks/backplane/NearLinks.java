package io.viworks.backplane;

import io.lettuce.core.api.StatefulRedisConnection;
import io.netty.channel.EventLoop;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The connections of event loops that ask Redis much: each lives on its loop, so that what is asked
 * there is written and answered there and no thread wakes another. Thread-safe.
 */
final class NearLinks implements AutoCloseable {
    private final Dialler dialler;
    private final Map<Thread, Near> links = new ConcurrentHashMap<>();
    private volatile boolean closed;

    NearLinks(Dialler dialler) {
        this.dialler = dialler;
    }

    private record Near(Dialler dialler, SharedLink link) implements AutoCloseable {
        @Override
        public void close() {
            link.close();
            dialler.close();
        }
    }

    /** Dials one for the loop of the present thread, unless it has one; waits for nothing. */
    void join(EventLoop loop) {
        if (!loop.inEventLoop()) {
            throw new IllegalStateException("only the loop itself can be joined");
        }
        if (!closed && !links.containsKey(Thread.currentThread())) {
            Dialler near = dialler.near(loop);
            SharedLink link = SharedLink.forRequests(near);
            links.put(Thread.currentThread(), new Near(near, link));
            link.start();
        }
    }

    /** The one of the present thread, when there is one and it stands. */
    @Nullable StatefulRedisConnection<String, byte[]> current() {
        Near near = links.get(Thread.currentThread());
        return near == null ? null : near.link().current();
    }

    /** Ends them all; their loops must run until it returns, and must not be the caller's. */
    @Override
    public void close() {
        closed = true;
        links.values().forEach(Near::close);
        links.clear();
    }
}
