package io.viworks.admin.credential;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.audit.AuditLog;
import io.viworks.admin.command.AgentShutdown;
import io.viworks.admin.credential.Credentials.Credential;
import io.viworks.admin.event.Changes;
import io.viworks.admin.gateway.Visibility;
import io.viworks.admin.openapi.Refuses;
import io.viworks.admin.paging.Page;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.sql.Conditions;
import io.viworks.admin.token.Caller;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Needs;
import io.viworks.backplane.stream.GatewayEvent.What;
import io.viworks.protocol.AgentId;
import jakarta.servlet.http.HttpServletRequest;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** The keys of a gateway, and its end and return. For admins. */
@RestController
@RequestMapping("/admin/api/gateways/{agent_id}")
@Tag(name = "credentials")
final class CredentialController {
    private final Credentials credentials;
    private final CredentialEnds ends;
    private final Additions additions;
    private final Decommissioning decommissioning;
    private final AgentShutdown shutdown;
    private final JdbcClient jdbc;
    private final AuditLog audit;
    private final Changes changes;
    private final TransactionTemplate transaction;
    private final InstantSource clock;

    CredentialController(
            Credentials credentials,
            CredentialEnds ends,
            Additions additions,
            Decommissioning decommissioning,
            AgentShutdown shutdown,
            JdbcClient jdbc,
            AuditLog audit,
            Changes changes,
            TransactionTemplate transaction,
            InstantSource clock) {
        this.credentials = credentials;
        this.ends = ends;
        this.additions = additions;
        this.decommissioning = decommissioning;
        this.shutdown = shutdown;
        this.jdbc = jdbc;
        this.audit = audit;
        this.changes = changes;
        this.transaction = transaction;
        this.clock = clock;
    }

    @Operation(summary = "The keys and certificates that a gateway has or had, the newest first")
    @Refuses(ProblemCode.UNKNOWN_GATEWAY)
    @Needs(Role.ADMIN)
    @GetMapping("/credentials")
    Page<Credential> list(
            @AuthenticationPrincipal Caller caller, @PathVariable("agent_id") AgentId agentId) {
        checkVisible(caller, agentId);
        return new Page<>(credentials.of(agentId), null);
    }

    @Operation(
            summary = "Adds a key or a certificate that was made elsewhere",
            description =
                    "A client certificate (PEM), the SHA-256 of one, or an Ed25519 public key. It is"
                            + " valid at once and ends no other; from then on the shared secret does"
                            + " not open this gateway. Added twice it is there once (200).")
    @ApiResponse(responseCode = "201", description = "It was added")
    @ApiResponse(responseCode = "200", description = "It was there before")
    @Refuses({
        ProblemCode.UNKNOWN_GATEWAY,
        ProblemCode.INVALID_BODY,
        ProblemCode.BAD_JSON,
        ProblemCode.KEY_IN_USE,
        ProblemCode.GATEWAY_DECOMMISSIONED
    })
    @Needs(Role.ADMIN)
    @PostMapping("/credentials")
    ResponseEntity<Credential> add(
            @AuthenticationPrincipal Caller caller,
            @PathVariable("agent_id") AgentId agentId,
            @RequestBody CredentialRequest body,
            HttpServletRequest request) {
        checkVisible(caller, agentId);
        Additions.Added added =
                additions.add(
                        caller, agentId, body.checked(clock.instant()), request.getRemoteAddr());
        return ResponseEntity.status(added.before() ? HttpStatus.OK : HttpStatus.CREATED)
                .body(added.credential());
    }

    @Operation(
            summary = "Opens a gateway's id for the shared secret again",
            description =
                    "Once all that it had is revoked. What it enrols later closes the id again, and"
                            + " join tokens that are out for it end.")
    @Refuses({
        ProblemCode.UNKNOWN_GATEWAY,
        ProblemCode.CREDENTIALS_VALID,
        ProblemCode.GATEWAY_DECOMMISSIONED
    })
    @Needs(Role.ADMIN)
    @PostMapping("/credentials/reopen")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void reopen(
            @AuthenticationPrincipal Caller caller,
            @PathVariable("agent_id") AgentId agentId,
            HttpServletRequest request) {
        checkVisible(caller, agentId);
        additions.reopen(caller, agentId, request.getRemoteAddr());
    }

    @Operation(
            summary = "Revokes a key or a certificate",
            description =
                    "A certificate issued for a key and that key end together. The session is closed"
                            + " within 2 s and join tokens that are out for the gateway end. Revoked"
                            + " twice is revoked.")
    @Refuses({ProblemCode.UNKNOWN_GATEWAY, ProblemCode.UNKNOWN_CREDENTIAL})
    @Needs(Role.ADMIN)
    @DeleteMapping("/credentials/{key_id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void revoke(
            @AuthenticationPrincipal Caller caller,
            @PathVariable("agent_id") AgentId agentId,
            @PathVariable("key_id") String keyId,
            HttpServletRequest request) {
        checkVisible(caller, agentId);
        transaction.executeWithoutResult(_ -> {
            credentials.lock(agentId);
            Credential credential =
                    credentials
                            .find(keyId)
                            .filter(found -> found.agentId().equals(agentId))
                            .orElseThrow(() ->
                                    Refusal.of(
                                            ProblemCode.UNKNOWN_CREDENTIAL,
                                            "\"" + agentId + "\" has no such credential"));
            if (ends.revokePair(agentId, credential.pair(), clock.instant())) {
                ends.revokeTokens(agentId, clock.instant());
                credentials.changed(agentId);
                changes.gateway(agentId, What.CREDENTIAL_REVOKED, Map.of("key_id", keyId));
                audit.changed(
                        caller.name(),
                        "credential.revoke",
                        agentId.value(),
                        request.getRemoteAddr(),
                        Map.of("key_id", keyId));
            }
        });
    }

    @Operation(
            summary = "Decommissions a gateway",
            description =
                    "Cancels what is not out, revokes its keys and join tokens, and closes its"
                            + " session. Its history stays. With shutdown the agent is first told"
                            + " to end, and its end waited for, 10 s at most; one that is away or"
                            + " busy is not waited for.")
    @ApiResponse(responseCode = "204", description = "decommissioned")
    @Refuses({ProblemCode.UNKNOWN_GATEWAY, ProblemCode.VERB_FORBIDDEN, ProblemCode.RATE_LIMITED})
    @Needs(Role.ADMIN)
    @DeleteMapping
    CompletableFuture<ResponseEntity<Void>> decommission(
            @AuthenticationPrincipal Caller caller,
            @PathVariable("agent_id") AgentId agentId,
            @RequestParam(required = false)
                    @Parameter(description = "whether the agent is told to end first")
                    @Nullable Boolean shutdown,
            HttpServletRequest request) {
        checkVisible(caller, agentId);
        String from = request.getRemoteAddr();
        if (!Boolean.TRUE.equals(shutdown)) {
            decommissioning.decommission(caller, agentId, from);
            return CompletableFuture.completedFuture(ResponseEntity.noContent().build());
        }
        return this.shutdown
                .ask(caller, agentId, from)
                .thenApplyAsync(
                        _ -> {
                            decommissioning.decommission(caller, agentId, from);
                            return ResponseEntity.noContent().build();
                        },
                        Thread::startVirtualThread);
    }

    @Operation(
            summary = "Takes a decommissioned gateway back",
            description = "Its keys stay revoked: one that had a key needs a new join token.")
    @Refuses({ProblemCode.UNKNOWN_GATEWAY, ProblemCode.NOT_DECOMMISSIONED})
    @Needs(Role.ADMIN)
    @PostMapping("/restore")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void restore(
            @AuthenticationPrincipal Caller caller,
            @PathVariable("agent_id") AgentId agentId,
            HttpServletRequest request) {
        checkVisible(caller, agentId);
        decommissioning.restore(caller, agentId, request.getRemoteAddr());
    }

    private void checkVisible(Caller caller, AgentId agent) {
        Conditions where = Visibility.ofGateways(caller, new Conditions());
        where.and("g.agent_id = :agent_id", "agent_id", agent.value());
        boolean visible =
                jdbc.sql("select 1 from os_gateways g where " + where.sql())
                        .params(where.parameters())
                        .query((_, _) -> true)
                        .optional()
                        .isPresent();
        if (!visible) {
            throw Refusal.of(ProblemCode.UNKNOWN_GATEWAY, "there is no gateway \"" + agent + "\"");
        }
    }
}
