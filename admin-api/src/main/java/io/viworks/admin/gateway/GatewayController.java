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
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
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
                    "Decommissioned gateways show up only when their status is asked for. Gateways"
                            + " that come, go or change while pages are read move no other between"
                            + " pages; one whose value in the order changes may show up twice or"
                            + " not at all.")
    @Refuses(ProblemCode.BAD_CURSOR)
    @Needs(Role.VIEWER)
    @GetMapping
    Page<GatewaySummary> list(
            @AuthenticationPrincipal Caller caller,
            @RequestParam(required = false)
                    @Parameter(
                            description =
                                    "expected, connected, disconnected, unknown or decommissioned;"
                                            + " repeatable: any of them")
                    @Nullable List<String> status,
            @RequestParam(required = false)
                    @Parameter(description = "as set by an admin; empty: gateways without a site")
                    @Nullable String site,
            @RequestParam(required = false)
                    @Parameter(
                            description =
                                    "key=value, key!=value (another value or none), key (there) or"
                                            + " !key (not there), of the labels that admins set;"
                                            + " repeatable: all must match")
                    @Nullable List<String> label,
            @RequestParam(required = false)
                    @Parameter(description = "part of the id, the display name or the hostname")
                    @Nullable String q,
            @RequestParam(required = false)
                    @Parameter(description = "only without, or only with, fresh telemetry")
                    @Nullable Boolean stale,
            @RequestParam(required = false)
                    @Parameter(description = "exactly the version that the agent says")
                    @Nullable String version,
            @RequestParam(name = "clone_suspected", required = false)
                    @Parameter(description = "only those, or only the others")
                    @Nullable Boolean cloneSuspected,
            @RequestParam(required = false)
                    @Parameter(
                            description =
                                    "agent_id (the standard), display_name, site, status,"
                                            + " last_seen, first_seen, cpu_pct, mem_pct or disk_pct;"
                                            + " after - the greatest first. Gateways without a"
                                            + " value come last")
                    @Nullable String sort,
            @RequestParam(required = false)
                    @Parameter(description = "members of an item, with commas; agent_id always")
                    @Nullable String fields,
            @RequestParam(required = false)
                    @Parameter(description = "whether to say the total of all pages")
                    @Nullable Boolean count,
            @RequestParam(required = false)
                    @Parameter(description = "1 to " + Limit.MAX + "; " + Limit.DEFAULT)
                    @Nullable Integer limit,
            @RequestParam(required = false)
                    @Parameter(
                            description =
                                    "next_cursor of the page before, with the same filters and"
                                            + " order")
                    @Nullable String cursor,
            HttpServletRequest request) {
        GatewayFilter filter =
                new GatewayFilter(
                        status == null ? List.of() : status,
                        site,
                        GatewayFilter.labels(label),
                        q,
                        stale,
                        version,
                        cloneSuspected);
        return gateways.list(
                caller, filter, Gateways.LIST.ask(request, sort, fields, count, limit, cursor));
    }
}
