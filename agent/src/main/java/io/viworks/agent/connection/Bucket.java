package io.viworks.agent.connection;

/** Tokens that come back with time: how much may be sent just now (spec 2.6). Not thread-safe. */
final class Bucket {
    private static final double NANOS = 1e9;

    private final double capacity;
    private final double perSecond;
    private final Time time;
    private double tokens;
    private long last;

    /** A full one. */
    Bucket(double capacity, double perSecond, Time time) {
        this.capacity = capacity;
        this.perSecond = perSecond;
        this.time = time;
        this.tokens = capacity;
        this.last = time.nanos();
    }

    /** Whether there is a token at all: something larger than the capacity waits no longer. */
    boolean open() {
        refill();
        return tokens > 0;
    }

    /** Whether more than this share of the capacity is there. */
    boolean above(double share) {
        refill();
        return tokens > capacity * share;
    }

    /** Takes them, be it into debt. */
    void take(double amount) {
        refill();
        tokens -= amount;
    }

    private void refill() {
        long now = time.nanos();
        tokens = Math.min(capacity, tokens + (now - last) / NANOS * perSecond);
        last = now;
    }
}
