package io.viworks.service.limit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * One {@link TokenBucket} for each of many keys; only the most recently used are remembered, so
 * that nobody fills memory by inventing keys. Thread-safe.
 */
public final class KeyedRates<K> {
    private final double perSecond;
    private final double burst;
    private final LongSupplier nanos;
    private final Map<K, TokenBucket> buckets;

    /**
     * Without any key yet.
     *
     * @param remembered keys kept at most; the least recently used is forgotten
     */
    public KeyedRates(double perSecond, double burst, int remembered, LongSupplier nanos) {
        this.perSecond = perSecond;
        this.burst = burst;
        this.nanos = nanos;
        this.buckets =
                new LinkedHashMap<>(16, 0.75f, true) {
                    @Override
                    protected boolean removeEldestEntry(Map.Entry<K, TokenBucket> eldest) {
                        return size() > remembered;
                    }
                };
    }

    /** Takes one of the key's tokens if there is one. */
    public synchronized boolean tryTake(K key) {
        long now = nanos.getAsLong();
        return bucket(key, now).tryTake(now);
    }

    /** How long until the key has one token, 0 when there is one now; takes none. */
    public synchronized long nanosUntilOne(K key) {
        long now = nanos.getAsLong();
        TokenBucket known = buckets.get(key);
        return known == null ? 0 : known.nanosUntilOne(now);
    }

    /** Keys that are remembered. */
    public synchronized int size() {
        return buckets.size();
    }

    private TokenBucket bucket(K key, long now) {
        return buckets.computeIfAbsent(key, _ -> new TokenBucket(perSecond, burst, now));
    }
}
