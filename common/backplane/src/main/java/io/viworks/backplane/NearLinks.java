package io.viworks.backplane;

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
    private final Map<EventLoop, Dialler> diallers = new ConcurrentHashMap<>();
    private final Map<Thread, SharedLink> links = new ConcurrentHashMap<>();
    private volatile boolean closed;

    NearLinks(Dialler dialler) {
        this.dialler = dialler;
    }

    /**
     * Makes connections that live on this loop.
     *
     * @throws WorldAway when they are to end
     */
    Dialler dialler(EventLoop loop) {
        // On a loop that has ended Lettuce would wait for ever.
        if (!closed && !loop.isShuttingDown()) {
            Dialler near = diallers.computeIfAbsent(loop, dialler::near);
            if (!closed) {
                return near;
            }
            end(loop); // who closes may not have seen it
        }
        throw WorldAway.unsent("the event loops are about to end", null);
    }

    private void end(EventLoop loop) {
        Dialler near = diallers.remove(loop);
        if (near != null) {
            near.close();
        }
    }

    /** Dials one for the loop of the present thread, unless it has one; waits for nothing. */
    void join(EventLoop loop) {
        if (!loop.inEventLoop()) {
            throw new IllegalStateException("only the loop itself can be joined");
        }
        if (!closed && !links.containsKey(Thread.currentThread())) {
            try {
                SharedLink link = SharedLink.forRequests(dialler(loop));
                links.put(Thread.currentThread(), link);
                link.start();
            } catch (WorldAway _) {
                // Closed meanwhile: the shared one is asked.
            }
        }
    }

    /** The one of the present thread, when there is one and it stands. */
    @Nullable Dialled current() {
        SharedLink link = links.get(Thread.currentThread());
        return link == null ? null : link.current();
    }

    /** Ends them all; their loops must run until it returns, and must not be the caller's. */
    @Override
    public void close() {
        closed = true;
        links.values().forEach(SharedLink::close);
        links.clear();
        diallers.keySet().forEach(this::end);
    }
}
