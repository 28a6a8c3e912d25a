package io.viworks.service.limit;

/**
 * A rate with a burst: tokens flow in evenly and are taken out by use. Time comes as an argument,
 * in nanoseconds of a clock that only runs forward. For one thread at a time.
 */
public final class TokenBucket {
    private final double perSecond;
    private final double burst;
    private double tokens;
    private long asOf;

    /**
     * A full bucket.
     *
     * @param perSecond tokens that flow in
     * @param burst tokens it holds at most
     */
    public TokenBucket(double perSecond, double burst, long nowNanos) {
        if (perSecond <= 0 || burst <= 0) {
            throw new IllegalArgumentException("rate and burst must be positive");
        }
        this.perSecond = perSecond;
        this.burst = burst;
        this.tokens = burst;
        this.asOf = nowNanos;
    }

    /** Takes one token if there is one. */
    public boolean tryTake(long nowNanos) {
        refill(nowNanos);
        if (tokens < 1) {
            return false;
        }
        tokens -= 1;
        return true;
    }

    /** Takes tokens for something that has happened already: the bucket may go into debt. */
    public void take(double amount, long nowNanos) {
        refill(nowNanos);
        tokens -= amount;
    }

    /** How long until there is one token, 0 when there is one now. */
    public long nanosUntilOne(long nowNanos) {
        refill(nowNanos);
        return tokens >= 1 ? 0 : (long) Math.ceil((1 - tokens) / perSecond * 1e9);
    }

    /** Whether at least half of the burst is there: whoever uses it is well within the rate. */
    public boolean halfFull(long nowNanos) {
        refill(nowNanos);
        return tokens >= burst / 2;
    }

    private void refill(long nowNanos) {
        double gained = Math.max(0, nowNanos - asOf) / 1e9 * perSecond;
        tokens = Math.min(burst, tokens + gained);
        asOf = nowNanos;
    }
}
