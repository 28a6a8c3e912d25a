package io.viworks.admin.telemetry;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.openapi.Refuses;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.token.Caller;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Needs;
import io.viworks.protocol.AgentId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** What one gateway reported last. */
@RestController
@Tag(name = "telemetry")
final class TelemetryController {
    private final Snapshots snapshots;

    TelemetryController(Snapshots snapshots) {
        this.snapshots = snapshots;
    }

    @Operation(
            summary = "The last telemetry frame",
            description = "Also under the older path /agent/telemetry/{agent_id}/latest.")
    @Refuses({ProblemCode.UNKNOWN_GATEWAY, ProblemCode.NO_TELEMETRY})
    @Needs(Role.VIEWER)
    @GetMapping({
        "/admin/api/gateways/{agent_id}/telemetry/latest",
        "/agent/telemetry/{agent_id}/latest"
    })
    LatestTelemetry latest(
            @AuthenticationPrincipal Caller caller, @PathVariable("agent_id") AgentId agentId) {
        Snapshots.Snapshot last = snapshots.latest(caller, agentId);
        return new LatestTelemetry(agentId, last.reportedAt(), last.ts(), last.metrics());
    }

    @Operation(summary = "The containers it reported last")
    @Refuses({ProblemCode.UNKNOWN_GATEWAY, ProblemCode.NO_TELEMETRY})
    @Needs(Role.VIEWER)
    @GetMapping("/admin/api/gateways/{agent_id}/containers")
    Containers containers(
            @AuthenticationPrincipal Caller caller, @PathVariable("agent_id") AgentId agentId) {
        Snapshots.Snapshot last = snapshots.latest(caller, agentId);
        return new Containers(agentId, last.reportedAt(), last.containers());
    }

    @Operation(summary = "The services it reported last, each with its status")
    @Refuses({ProblemCode.UNKNOWN_GATEWAY, ProblemCode.NO_TELEMETRY})
    @Needs(Role.VIEWER)
    @GetMapping("/admin/api/gateways/{agent_id}/services")
    Services services(
            @AuthenticationPrincipal Caller caller, @PathVariable("agent_id") AgentId agentId) {
        Snapshots.Snapshot last = snapshots.latest(caller, agentId);
        return new Services(agentId, last.reportedAt(), last.services());
    }

    /**
     * The last frame.
     *
     * @param reportedAt its arrival
     * @param ts the agent's own clock, when it was within a day of that
     * @param metrics as the agent sent them
     */
    record LatestTelemetry(
            AgentId agentId,
            Instant reportedAt,
            @Nullable Instant ts,
            Map<String, Object> metrics) {}

    /** The containers of one gateway. */
    record Containers(AgentId agentId, Instant reportedAt, List<Object> items) {}

    /** The services of one gateway, by name. */
    record Services(AgentId agentId, Instant reportedAt, Map<String, Object> services) {}
}
