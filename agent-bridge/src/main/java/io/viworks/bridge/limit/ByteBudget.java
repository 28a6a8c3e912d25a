package io.viworks.bridge.limit;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes that all connections of the process may hold together for one purpose. Thread-safe. */
public final class ByteBudget {
    private final long max;
    private final AtomicLong used = new AtomicLong();

    public ByteBudget(long max) {
        this.max = max;
    }

    /** Takes bytes if they fit; to be given back by {@link #give}. */
    public boolean tryTake(long bytes) {
        if (used.addAndGet(bytes) > max) {
            used.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    /** Gives taken bytes back. */
    public void give(long bytes) {
        used.addAndGet(-bytes);
    }

    /** Whether so many bytes would fit just now. */
    public boolean fits(long bytes) {
        return used.get() + bytes <= max;
    }

    public long used() {
        return used.get();
    }
}
