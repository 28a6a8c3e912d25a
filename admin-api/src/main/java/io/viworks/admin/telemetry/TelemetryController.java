package io.viworks.admin.telemetry;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.openapi.Refuses;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.token.Caller;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Needs;
import io.viworks.protocol.AgentId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** What one gateway reported last, and over time. */
@RestController
@Tag(name = "telemetry")
final class TelemetryController {
    private final Snapshots snapshots;
    private final Series series;
    private final InstantSource clock;
    private final SeriesKept kept;

    TelemetryController(Snapshots snapshots, Series series, InstantSource clock, SeriesKept kept) {
        this.snapshots = snapshots;
        this.series = series;
        this.clock = clock;
        this.kept = kept;
    }

    @Operation(
            summary = "How its figures went, for charts",
            description =
                    "Every step of the range is a point. A figure without a sample in a step is"
                            + " null: gaps are gaps. Times are those of arrival. Steps are aligned"
                            + " to 1970-01-01T00:00:00Z, from and to widened to whole steps; the"
                            + " last may still grow.")
    @Refuses(ProblemCode.UNKNOWN_GATEWAY)
    @Needs(Role.VIEWER)
    @GetMapping("/admin/api/gateways/{agent_id}/telemetry")
    TelemetrySeries series(
            @AuthenticationPrincipal Caller caller,
            @PathVariable("agent_id") AgentId agentId,
            @RequestParam(required = false)
                    @Parameter(
                            description =
                                    "an instant; an hour before to. At most as long before to as"
                                            + " series are kept")
                    @Nullable String from,
            @RequestParam(required = false)
                    @Parameter(description = "an instant, not included; now, also if it is later")
                    @Nullable String to,
            @RequestParam(required = false)
                    @Parameter(
                            description =
                                    "seconds, a multiple of 60 up to 86400, so that there are at"
                                            + " most 1500 points; fitting the range")
                    @Nullable Integer step) {
        SeriesAsk ask = SeriesAsk.of(from, to, step, clock.instant(), kept.age());
        return new TelemetrySeries(
                agentId,
                ask.from(),
                ask.to(),
                ask.step().toSeconds(),
                series.points(caller, agentId, ask));
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

    /**
     * A part of the series.
     *
     * @param from the beginning of the first step
     * @param to the end of the last step, not included
     * @param stepS seconds between two points
     */
    record TelemetrySeries(
            AgentId agentId, Instant from, Instant to, long stepS, List<Series.Point> points) {}

    /** The containers of one gateway. */
    record Containers(AgentId agentId, Instant reportedAt, List<Object> items) {}

    /** The services of one gateway, by name. */
    record Services(AgentId agentId, Instant reportedAt, Map<String, Object> services) {}
}
