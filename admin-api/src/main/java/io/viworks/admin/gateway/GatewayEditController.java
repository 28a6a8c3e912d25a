package io.viworks.admin.gateway;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.headers.Header;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.openapi.Refuses;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.token.Caller;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Needs;
import io.viworks.protocol.AgentId;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** One gateway: everything about it, and what people may change of it. */
@RestController
@RequestMapping("/admin/api/gateways/{agent_id}")
@Tag(name = "gateways")
final class GatewayEditController {
    private static final String MERGE_PATCH = "application/merge-patch+json";
    private static final String TAG = "names the last edit; for If-Match";

    private final Gateways gateways;
    private final GatewayEdits edits;

    GatewayEditController(Gateways gateways, GatewayEdits edits) {
        this.gateways = gateways;
        this.edits = edits;
    }

    @Operation(
            summary = "One gateway with its live session and last results",
            description =
                    "Its ETag names the last edit by people; what the agent reports does not"
                            + " change it, so If-None-Match is not looked at.")
    @ApiResponse(
            responseCode = "200",
            description = "the gateway",
            headers = @Header(name = HttpHeaders.ETAG, description = TAG))
    @Refuses(ProblemCode.UNKNOWN_GATEWAY)
    @Needs(Role.VIEWER)
    @GetMapping
    GatewayDetails details(
            @AuthenticationPrincipal Caller caller,
            @PathVariable("agent_id") AgentId agentId,
            HttpServletResponse response) {
        GatewayDetails details = gateways.details(caller, agentId);
        // Not by a ResponseEntity, which would answer If-None-Match by itself.
        response.setHeader(HttpHeaders.ETAG, EditTag.of(details.editVersion()));
        return details;
    }

    @Operation(
            summary = "Changes its display name, site, labels or notes",
            description =
                    "A merge patch (RFC 7396): what is left out stays, what is null goes, and so"
                            + " for each label. If-Match is required.")
    @ApiResponse(
            responseCode = "200",
            description = "the gateway as it is now",
            headers = @Header(name = HttpHeaders.ETAG, description = TAG))
    @Refuses({
        ProblemCode.UNKNOWN_GATEWAY,
        ProblemCode.GATEWAY_DECOMMISSIONED,
        ProblemCode.PRECONDITION_FAILED,
        ProblemCode.PRECONDITION_REQUIRED,
        ProblemCode.SITE_FORBIDDEN,
        ProblemCode.BODY_TOO_LARGE,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.BAD_JSON,
        ProblemCode.INVALID_BODY
    })
    @Needs(Role.OPERATOR)
    @PatchMapping(consumes = {MERGE_PATCH, MediaType.APPLICATION_JSON_VALUE})
    GatewayDetails edit(
            @AuthenticationPrincipal Caller caller,
            @PathVariable("agent_id") AgentId agentId,
            @RequestHeader(name = HttpHeaders.IF_MATCH, required = false)
                    @Parameter(
                            description =
                                    "the ETag of the gateway as you know it, or * to overwrite"
                                            + " whatever it is; without it 428")
                    @Nullable String ifMatch,
            @RequestBody GatewayPatch patch,
            HttpServletRequest request,
            HttpServletResponse response) {
        edits.edit(caller, agentId, ifMatch, patch, request.getRemoteAddr());
        return details(caller, agentId, response);
    }

    @Operation(
            summary = "Gives the all-clear after a suspected clone",
            description =
                    "What connected before no longer counts, and commands are accepted again."
                            + " Without a suspicion nothing happens.")
    @ApiResponse(
            responseCode = "200",
            description = "the gateway as it is now",
            headers = @Header(name = HttpHeaders.ETAG, description = TAG))
    @Refuses(ProblemCode.UNKNOWN_GATEWAY)
    @Needs(Role.ADMIN)
    @PostMapping("/clear-clone")
    GatewayDetails clearClone(
            @AuthenticationPrincipal Caller caller,
            @PathVariable("agent_id") AgentId agentId,
            HttpServletRequest request,
            HttpServletResponse response) {
        edits.clearClone(caller, agentId, request.getRemoteAddr());
        return details(caller, agentId, response);
    }
}
