package io.viworks.admin.gateway;

import io.viworks.protocol.AgentId;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A gateway in a list.
 *
 * @param site set by an admin; {@code reportedSite} is what the agent says of itself
 * @param status {@code expected, connected, disconnected, unknown} or {@code decommissioned}
 * @param stale whether its last telemetry is older than the configured time, or there is none
 * @param telemetry the latest figures; absent before the first
 */
record GatewaySummary(
        AgentId agentId,
        @Nullable String displayName,
        @Nullable String site,
        Map<String, Object> labels,
        String status,
        boolean stale,
        @Nullable String hostname,
        @Nullable String version,
        @Nullable String reportedSite,
        Map<String, Object> reportedLabels,
        boolean cloneSuspected,
        @Nullable Instant firstSeen,
        @Nullable Instant lastSeen,
        @Nullable Figures telemetry) {

    /**
     * The latest figures of a gateway.
     *
     * @param cpuPct percent of all cores
     * @param memPct percent of the memory
     * @param diskPct percent of the disk
     * @param load1 load average of the last minute
     * @param reportedAt arrival
     */
    record Figures(
            @Nullable Double cpuPct,
            @Nullable Double memPct,
            @Nullable Double diskPct,
            @Nullable Double load1,
            @Nullable Integer containersRunning,
            Instant reportedAt) {}
}
