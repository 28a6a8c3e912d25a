package io.viworks.agent.host;

import java.util.Map;

/** Measures the gateway. Thread-safe. */
@FunctionalInterface
public interface Telemetry {
    /**
     * One snapshot for a TELEMETRY frame (spec 2.3): names as on the wire ({@code cpu_pct}, {@code
     * services}, {@code containers}, …), values of plain types: text, numbers, booleans, maps and
     * lists of them. What cannot be measured is left out; it never throws for that.
     */
    Map<String, Object> metrics();
}
