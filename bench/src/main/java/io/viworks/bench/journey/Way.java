package io.viworks.bench.journey;

import java.util.EnumMap;
import java.util.Map;

/**
 * How long one command was on its way, in nanoseconds.
 *
 * @param accepted from before the POST until its 202 was there
 * @param visible from before the POST until a GET showed the result
 */
record Way(long accepted, long visible) {
    /** What the parts make together: the first sum ends with the last part a 202 waits for. */
    static Way of(Map<Part, Long> parts) {
        EnumMap<Part, Long> all = new EnumMap<>(parts);
        if (all.size() != Part.values().length) {
            throw new IllegalArgumentException("a way has every part, not only " + all.keySet());
        }
        long accepted = 0;
        long visible = 0;
        for (Map.Entry<Part, Long> part : all.entrySet()) {
            visible += part.getValue();
            accepted += part.getKey().ofAcceptance() ? part.getValue() : 0;
        }
        return new Way(accepted, visible);
    }
}
