package io.viworks.admin.command;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.headers.Header;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.idempotency.IdempotencyKey;
import io.viworks.admin.idempotency.Keyed;
import io.viworks.admin.openapi.Refuses;
import io.viworks.admin.paging.InstantParameter;
import io.viworks.admin.paging.Limit;
import io.viworks.admin.paging.ListShape;
import io.viworks.admin.paging.Page;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Needs;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
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
    private final Traced traced;

    CommandController(
            Acceptance acceptance,
            Cancellation cancellation,
            Targets targets,
            CommandRows rows,
            Traced traced) {
        this.acceptance = acceptance;
        this.cancellation = cancellation;
        this.targets = targets;
        this.rows = rows;
        this.traced = traced;
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
    @Keyed(Keyed.By.ITSELF)
    @PostMapping(
            path = {COMMANDS, "/agent/commands/{agent_id}"},
            consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.ACCEPTED)
    Receipt accept(
            @AuthenticationPrincipal Caller caller,
            @PathVariable("agent_id") AgentId agentId,
            @RequestBody CommandRequest body,
            @RequestHeader(name = "Idempotency-Key", required = false)
                    @Nullable String idempotencyKey,
            @RequestHeader(required = false) @Parameter(hidden = true) @Nullable String traceparent,
            HttpServletRequest request,
            HttpServletResponse response) {
        Receipt receipt =
                traced.request(
                        "POST command",
                        traceparent,
                        trace ->
                                acceptance.accept(
                                        new Acceptance.Ask(
                                                caller,
                                                request.getRemoteAddr(),
                                                agentId,
                                                body,
                                                Optional.ofNullable(idempotencyKey)
                                                        .map(IdempotencyKey::checked),
                                                trace)));
        // A ResponseEntity is sent in two pieces, of which a caller needs both.
        response.setHeader(
                HttpHeaders.LOCATION,
                locationOf(receipt.agentId(), receipt.correlationId()).toString());
        return receipt;
    }

    @Operation(summary = "The commands of a gateway, the newest first")
    @Refuses({ProblemCode.UNKNOWN_GATEWAY, ProblemCode.BAD_CURSOR})
    @Needs(Role.VIEWER)
    @GetMapping(COMMANDS)
    Page<CommandView> list(
            @AuthenticationPrincipal Caller caller,
            @PathVariable("agent_id") AgentId agentId,
            @RequestParam(required = false)
                    @Parameter(description = "such as QUEUED; repeatable: any of them")
                    @Nullable List<String> state,
            @RequestParam(required = false) @Parameter(description = "repeatable: any of them")
                    @Nullable List<String> verb,
            @RequestParam(name = "issued_by", required = false)
                    @Parameter(description = "the caller's name, exactly")
                    @Nullable String issuedBy,
            @RequestParam(name = "batch_id", required = false) @Nullable String batchId,
            @RequestParam(required = false)
                    @Parameter(description = "api, or stream for records made by hand")
                    @Nullable String origin,
            @RequestParam(required = false)
                    @Parameter(description = "issued at or after this instant")
                    @Nullable String from,
            @RequestParam(required = false) @Parameter(description = "issued before this instant")
                    @Nullable String to,
            @RequestParam(required = false)
                    @Parameter(
                            description =
                                    "issued_at or correlation_id, after - the greatest first;"
                                            + " -issued_at")
                    @Nullable String sort,
            @RequestParam(required = false)
                    @Parameter(
                            description =
                                    "members of an item, with commas; agent_id and correlation_id"
                                            + " always")
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
        CommandFilter filter =
                new CommandFilter(
                        state == null ? List.of() : state,
                        verb == null ? List.of() : verb,
                        List.of(agentId.value()),
                        null,
                        issuedBy,
                        CommandFilter.batch(batchId),
                        origin,
                        InstantParameter.of("from", from),
                        InstantParameter.of("to", to));
        ListShape.Ask ask =
                CommandRows.LIST
                        .of(agentId.value())
                        .ask(request, sort, fields, count, limit, cursor);
        targets.find(caller, agentId);
        return rows.list(caller, filter, ask);
    }

    @Operation(summary = "One command with its state, its times and its results")
    @Refuses({ProblemCode.UNKNOWN_GATEWAY, ProblemCode.UNKNOWN_COMMAND})
    @Needs(Role.VIEWER)
    @GetMapping(COMMANDS + "/{correlation_id}")
    CommandView find(
            @AuthenticationPrincipal Caller caller,
            @PathVariable("agent_id") AgentId agentId,
            @PathVariable("correlation_id") CorrelationId correlationId) {
        return rows.find(caller, agentId, correlationId)
                .orElseThrow(() -> unknown(caller, agentId, correlationId));
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

    /** Of a gateway that is not there, or not for the caller, no command is spoken of. */
    private Refusal unknown(Caller caller, AgentId agentId, CorrelationId correlationId) {
        Target _ = targets.find(caller, agentId);
        return Refusal.of(
                ProblemCode.UNKNOWN_COMMAND,
                "there is no command " + correlationId + " for \"" + agentId + "\"");
    }

    private static URI locationOf(AgentId agentId, CorrelationId correlationId) {
        return URI.create("/admin/api/gateways/" + agentId + "/commands/" + correlationId);
    }
}
