package io.viworks.admin.command;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.headers.Header;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.openapi.Refuses;
import io.viworks.admin.paging.Limit;
import io.viworks.admin.paging.Page;
import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Needs;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Commands for one gateway. */
@RestController
@Tag(name = "commands")
final class CommandController {
    private static final String COMMANDS = "/admin/api/gateways/{agent_id}/commands";

    private final Acceptance acceptance;
    private final Cancellation cancellation;
    private final Targets targets;
    private final CommandRows rows;

    CommandController(
            Acceptance acceptance, Cancellation cancellation, Targets targets, CommandRows rows) {
        this.acceptance = acceptance;
        this.cancellation = cancellation;
        this.targets = targets;
        this.rows = rows;
    }

    @Operation(
            summary = "Accepts a command; it is in the ledger when this answers",
            description =
                    "An Idempotency-Key (24 h, per caller and gateway) or a correlation_id makes a"
                            + " repeated request the same command. Also under the older path"
                            + " /agent/commands/{agent_id}.")
    @ApiResponse(
            responseCode = "202",
            description = "accepted",
            headers = @Header(name = "Location", description = "the command's path"))
    @Refuses({
        ProblemCode.UNKNOWN_GATEWAY,
        ProblemCode.GATEWAY_DECOMMISSIONED,
        ProblemCode.BODY_TOO_LARGE,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.BAD_JSON,
        ProblemCode.INVALID_BODY,
        ProblemCode.UNKNOWN_VERB,
        ProblemCode.INVALID_ARGUMENTS,
        ProblemCode.VERB_FORBIDDEN,
        ProblemCode.VERB_UNSUPPORTED,
        ProblemCode.CLONE_SUSPECTED,
        ProblemCode.NOT_ENROLLED,
        ProblemCode.SECRETS_UNAVAILABLE,
        ProblemCode.AGENT_OFFLINE,
        ProblemCode.AGENT_BUSY,
        ProblemCode.IDEMPOTENCY_CONFLICT,
        ProblemCode.QUEUE_FULL,
        ProblemCode.BACKPLANE_AWAY
    })
    @Needs(Role.OPERATOR)
    @PostMapping(
            path = {COMMANDS, "/agent/commands/{agent_id}"},
            consumes = MediaType.APPLICATION_JSON_VALUE)
    ResponseEntity<Receipt> accept(
            @AuthenticationPrincipal Caller caller,
            @PathVariable("agent_id") AgentId agentId,
            @RequestBody CommandRequest body,
            @RequestHeader(name = "Idempotency-Key", required = false)
                    @Nullable String idempotencyKey,
            @RequestHeader(required = false) @Parameter(hidden = true) @Nullable String traceparent,
            HttpServletRequest request) {
        Receipt receipt =
                acceptance.accept(
                        new Acceptance.Ask(
                                caller,
                                request.getRemoteAddr(),
                                agentId,
                                body,
                                Optional.ofNullable(idempotencyKey).map(CommandController::key),
                                Optional.ofNullable(traceparent).filter(TraceContext::isValid)));
        return ResponseEntity.accepted()
                .location(locationOf(receipt.agentId(), receipt.correlationId()))
                .body(receipt);
    }

    @Operation(summary = "The commands of a gateway, the newest first")
    @Refuses({ProblemCode.UNKNOWN_GATEWAY, ProblemCode.BAD_CURSOR})
    @Needs(Role.VIEWER)
    @GetMapping(COMMANDS)
    Page<CommandView> list(
            @AuthenticationPrincipal Caller caller,
            @PathVariable("agent_id") AgentId agentId,
            @RequestParam(required = false) @Nullable Integer limit,
            @RequestParam(required = false) @Nullable String cursor) {
        int size = Limit.of(limit);
        targets.find(caller, agentId);
        return Page.of(rows.list(caller, agentId, cursor, size), size, CommandRows::cursorAt);
    }

    @Operation(summary = "One command with its state, its times and its results")
    @Refuses({ProblemCode.UNKNOWN_GATEWAY, ProblemCode.UNKNOWN_COMMAND})
    @Needs(Role.VIEWER)
    @GetMapping(COMMANDS + "/{correlation_id}")
    CommandView find(
            @AuthenticationPrincipal Caller caller,
            @PathVariable("agent_id") AgentId agentId,
            @PathVariable("correlation_id") CorrelationId correlationId) {
        targets.find(caller, agentId);
        return rows.find(caller, agentId, correlationId)
                .orElseThrow(() -> unknown(agentId, correlationId));
    }

    @Operation(
            summary = "Asks for a command to be cancelled",
            description =
                    "What no agent has seen ends at once. What is out is asked back from the"
                            + " agent, whose word decides.")
    @ApiResponse(
            responseCode = "202",
            description = "cancelled, or being cancelled",
            headers = @Header(name = "Location", description = "the command's path"))
    @Refuses({
        ProblemCode.UNKNOWN_GATEWAY,
        ProblemCode.UNKNOWN_COMMAND,
        ProblemCode.NOT_CANCELLABLE
    })
    @Needs(Role.OPERATOR)
    @PostMapping(COMMANDS + "/{correlation_id}/cancel")
    ResponseEntity<CommandView> cancel(
            @AuthenticationPrincipal Caller caller,
            @PathVariable("agent_id") AgentId agentId,
            @PathVariable("correlation_id") CorrelationId correlationId,
            HttpServletRequest request) {
        CommandView command = find(caller, agentId, correlationId);
        cancellation.cancel(caller, request.getRemoteAddr(), command);
        return ResponseEntity.accepted()
                .location(locationOf(agentId, correlationId))
                .body(find(caller, agentId, correlationId));
    }

    private static Refusal unknown(AgentId agentId, CorrelationId correlationId) {
        return Refusal.of(
                ProblemCode.UNKNOWN_COMMAND,
                "there is no command " + correlationId + " for \"" + agentId + "\"");
    }

    private static URI locationOf(AgentId agentId, CorrelationId correlationId) {
        return URI.create("/admin/api/gateways/" + agentId + "/commands/" + correlationId);
    }

    private static String key(String text) {
        if (!text.matches("[!-~]{1,128}")) {
            throw Refusal.of(
                    ProblemCode.BAD_PARAMETER,
                    "a header is wrong",
                    List.of(
                            InputError.in(
                                    "Idempotency-Key",
                                    "must be 1 to 128 visible ASCII characters without blanks")));
        }
        return text;
    }
}
