package io.viworks.admin.gateway;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.openapi.Refuses;
import io.viworks.admin.paging.Limit;
import io.viworks.admin.paging.Page;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.token.Caller;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Needs;
import io.viworks.protocol.AgentId;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The gateways that a caller may see. */
@RestController
@RequestMapping("/admin/api/gateways")
@Tag(name = "gateways")
final class GatewayController {
    private final Gateways gateways;

    GatewayController(Gateways gateways) {
        this.gateways = gateways;
    }

    @Operation(
            summary = "The inventory, joined with the latest figures",
            description =
                    "By agent_id. Decommissioned gateways show up only when their status is asked for.")
    @Refuses(ProblemCode.BAD_CURSOR)
    @Needs(Role.VIEWER)
    @GetMapping
    Page<GatewaySummary> list(
            @AuthenticationPrincipal Caller caller,
            @RequestParam(required = false)
                    @Parameter(
                            description =
                                    "expected, connected, disconnected, unknown or decommissioned")
                    @Nullable String status,
            @RequestParam(required = false) @Parameter(description = "as set by an admin")
                    @Nullable String site,
            @RequestParam(required = false) @Parameter(description = "key=value; all must match")
                    @Nullable List<String> label,
            @RequestParam(required = false)
                    @Parameter(description = "part of the id, the display name or the hostname")
                    @Nullable String q,
            @RequestParam(required = false)
                    @Parameter(description = "only without, or only with, fresh telemetry")
                    @Nullable Boolean stale,
            @RequestParam(required = false)
                    @Parameter(description = "1 to " + Limit.MAX + "; " + Limit.DEFAULT)
                    @Nullable Integer limit,
            @RequestParam(required = false)
                    @Parameter(description = "next_cursor of the page before")
                    @Nullable String cursor) {
        GatewayFilter filter = GatewayFilter.of(status, site, label, q, stale, cursor);
        int size = Limit.of(limit);
        return Page.of(gateways.list(caller, filter, size), size, GatewayFilter::cursorAt);
    }

    @Operation(summary = "One gateway with its live session and last results")
    @Refuses(ProblemCode.UNKNOWN_GATEWAY)
    @Needs(Role.VIEWER)
    @GetMapping("/{agent_id}")
    GatewayDetails details(
            @AuthenticationPrincipal Caller caller, @PathVariable("agent_id") AgentId agentId) {
        return gateways.details(caller, agentId);
    }
}
