package io.viworks.backplane.stream;

import java.time.Instant;

/**
 * Events that should have been told before this one and were not, because Redis was away or too
 * many were on their way: whoever shows rows loads them again.
 *
 * @param count how many, as far as one process knows
 */
public record LostEvents(Instant ts, long count) implements StreamRecord.OfEvents {
    @Override
    public String kind() {
        return "LOST";
    }
}
