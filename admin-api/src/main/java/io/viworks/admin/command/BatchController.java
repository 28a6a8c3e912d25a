package io.viworks.admin.command;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.headers.Header;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.idempotency.IdempotencyKey;
import io.viworks.admin.idempotency.Keyed;
import io.viworks.admin.openapi.Refuses;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.token.Caller;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Needs;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The same command to many gateways. */
@RestController
@RequestMapping("/admin/api/commands")
@Tag(name = "batches")
final class BatchController {
    private final BatchAcceptance acceptance;
    private final BatchCancellation cancellation;
    private final BatchRows rows;
    private final Traced traced;

    BatchController(
            BatchAcceptance acceptance,
            BatchCancellation cancellation,
            BatchRows rows,
            Traced traced) {
        this.acceptance = acceptance;
        this.cancellation = cancellation;
        this.rows = rows;
        this.traced = traced;
    }

    @Operation(
            summary = "Accepts the same command for many gateways",
            description =
                    "By agent_ids or by a selector. Each gateway is judged as if it were the only"
                            + " one: refusals are told beside it, with the same codes, and keep no"
                            + " other from its command. With dry_run nothing is written. Under an"
                            + " Idempotency-Key (24 h, per caller) the request can be sent again"
                            + " when its answer was lost: it finishes what was not done, and does"
                            + " nothing twice.")
    @ApiResponse(
            responseCode = "202",
            description = "in the ledger, but for those that were refused",
            headers = @Header(name = "Location", description = "the batch's path"))
    @ApiResponse(responseCode = "200", description = "with dry_run: what would be")
    @Refuses({
        ProblemCode.BODY_TOO_LARGE,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.BAD_JSON,
        ProblemCode.INVALID_BODY,
        ProblemCode.UNKNOWN_VERB,
        ProblemCode.INVALID_ARGUMENTS,
        ProblemCode.VERB_FORBIDDEN,
        ProblemCode.SECRETS_UNAVAILABLE,
        ProblemCode.NO_GATEWAYS,
        ProblemCode.TOO_MANY_GATEWAYS,
        ProblemCode.IDEMPOTENCY_CONFLICT,
        ProblemCode.REQUEST_IN_PROGRESS
    })
    @Needs(Role.OPERATOR)
    @Keyed(Keyed.By.ITSELF)
    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    ResponseEntity<BatchReceipt> accept(
            @AuthenticationPrincipal Caller caller,
            @RequestBody BatchRequest body,
            @RequestParam(name = "dry_run", required = false)
                    @Parameter(description = "say what would be, and do nothing")
                    @Nullable Boolean dryRun,
            @RequestHeader(name = IdempotencyKey.HEADER, required = false)
                    @Nullable String idempotencyKey,
            @RequestHeader(required = false) @Parameter(hidden = true) @Nullable String traceparent,
            HttpServletRequest request) {
        BatchAcceptance.Ask ask =
                new BatchAcceptance.Ask(
                        caller,
                        request.getRemoteAddr(),
                        body,
                        Optional.ofNullable(idempotencyKey).map(IdempotencyKey::checked),
                        Optional.empty());
        if (Boolean.TRUE.equals(dryRun)) {
            return ResponseEntity.ok(acceptance.tryOut(ask));
        }
        BatchReceipt receipt =
                traced.request(
                        "POST commands",
                        traceparent,
                        trace -> acceptance.accept(ask.within(trace)));
        return ResponseEntity.accepted()
                .location(locationOf(Objects.requireNonNull(receipt.batchId())))
                .body(receipt);
    }

    @Operation(
            summary = "A batch, with the states of its commands counted now",
            description = "Its commands: GET /admin/api/commands?batch_id=")
    @Refuses(ProblemCode.UNKNOWN_BATCH)
    @Needs(Role.VIEWER)
    @GetMapping("/batches/{batch_id}")
    BatchView find(
            @AuthenticationPrincipal Caller caller, @PathVariable("batch_id") String batchId) {
        return rows.view(caller, id(batchId));
    }

    @Operation(
            summary = "Cancels what is left of a batch",
            description =
                    "What no agent has seen ends at once. What is out is asked back from the"
                            + " agents that offer that. Gateways that are not in the ledger yet will"
                            + " not be.")
    @ApiResponse(
            responseCode = "202",
            description = "cancelled, or being cancelled",
            headers = @Header(name = "Location", description = "the batch's path"))
    @Refuses(ProblemCode.UNKNOWN_BATCH)
    @Needs(Role.OPERATOR)
    @Keyed(Keyed.By.ANSWER_ALONE)
    @PostMapping("/batches/{batch_id}/cancel")
    ResponseEntity<BatchCancellation.Cancelled> cancel(
            @AuthenticationPrincipal Caller caller,
            @PathVariable("batch_id") String batchId,
            HttpServletRequest request) {
        UUID id = id(batchId);
        return ResponseEntity.accepted()
                .location(locationOf(id))
                .body(cancellation.cancel(caller, request.getRemoteAddr(), id));
    }

    private static UUID id(String text) {
        try {
            UUID id = UUID.fromString(text);
            if (id.toString().equals(text)) {
                return id;
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw io.viworks.admin.problem.Refusal.of(
                ProblemCode.UNKNOWN_BATCH, "a batch_id is a lower-case UUID");
    }

    private static URI locationOf(UUID id) {
        return URI.create("/admin/api/commands/batches/" + id);
    }
}
