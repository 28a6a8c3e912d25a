package io.viworks.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * What became of the records a handler was given: {@code written} or {@code duplicate}. With what
 * the loop set aside they add up to what it read.
 */
final class Outcomes {
    private Outcomes() {}

    static Counter counter(MeterRegistry meters, String stream, String outcome) {
        return meters.counter("viw.telemetry.records", "stream", stream, "outcome", outcome);
    }
}
