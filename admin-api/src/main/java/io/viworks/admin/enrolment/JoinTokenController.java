package io.viworks.admin.enrolment;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.audit.AuditLog;
import io.viworks.admin.enrolment.JoinTokens.JoinToken;
import io.viworks.admin.enrolment.JoinTokens.Made;
import io.viworks.admin.event.Changes;
import io.viworks.admin.idempotency.Keyed;
import io.viworks.admin.openapi.Refuses;
import io.viworks.admin.paging.Cursor;
import io.viworks.admin.paging.Limit;
import io.viworks.admin.paging.Page;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.sql.Columns;
import io.viworks.admin.token.Caller;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Needs;
import io.viworks.backplane.stream.GatewayEvent.What;
import io.viworks.protocol.AgentId;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
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

/** Join tokens and the gateways they are for. For admins without a limit to sites. */
@RestController
@RequestMapping("/admin/api")
@Tag(name = "enrolment")
final class JoinTokenController {
    private static final String LIST = "enrollment-tokens";

    private final JoinTokens tokens;
    private final JdbcClient jdbc;
    private final Columns columns;
    private final AuditLog audit;
    private final Changes changes;
    private final TransactionTemplate transaction;
    private final InstantSource clock;

    JoinTokenController(
            JoinTokens tokens,
            JdbcClient jdbc,
            Columns columns,
            AuditLog audit,
            Changes changes,
            TransactionTemplate transaction,
            InstantSource clock) {
        this.tokens = tokens;
        this.jdbc = jdbc;
        this.columns = columns;
        this.audit = audit;
        this.changes = changes;
        this.transaction = transaction;
        this.clock = clock;
    }

    /**
     * A new join token.
     *
     * @param token its text: shown now and never again
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record NewToken(
            long id,
            String token,
            @Nullable String agentId,
            @Nullable String site,
            Map<String, Object> labels,
            int uses,
            Instant expiresAt) {
        static NewToken of(Made made) {
            JoinToken token = made.token();
            return new NewToken(
                    token.id(),
                    made.text(),
                    token.agentId(),
                    token.site(),
                    token.labels(),
                    token.usesLeft(),
                    token.expiresAt());
        }

        /** Without the text. */
        @Override
        public String toString() {
            return "NewToken[" + id + "]";
        }
    }

    @Operation(
            summary = "Announces a gateway; answers with a join token for it, shown once",
            description = "The gateway is expected until its agent has enrolled and connected.")
    @Refuses({ProblemCode.INVALID_BODY, ProblemCode.BAD_JSON, ProblemCode.GATEWAY_EXISTS})
    @Needs(value = Role.ADMIN, allSites = true)
    @Keyed(Keyed.By.TRANSACTION_WITH_SECRET)
    @PostMapping("/gateways/register")
    @ResponseStatus(HttpStatus.CREATED)
    NewToken register(
            @AuthenticationPrincipal Caller caller,
            @RequestBody RegisterRequest body,
            HttpServletRequest request) {
        JoinTokenRequest.Asked asked = body.checked();
        AgentId agent = asked.agentId().orElseThrow();
        return NewToken.of(
                Objects.requireNonNull(
                        transaction.execute(_ -> {
                            expect(agent, body.name(), asked, caller.name());
                            changes.gateway(agent, What.EXPECTED);
                            Made made = tokens.make(asked, caller.name(), clock.instant());
                            record(caller, "gateway.register", agent.value(), made, request);
                            return made;
                        })));
    }

    private void expect(
            AgentId agent, @Nullable String name, JoinTokenRequest.Asked asked, String by) {
        int added =
                jdbc.sql(
                                """
                                insert into os_gateways
                                  (agent_id, display_name, site, labels, status, created_by)
                                values (:agent_id, :name, :site, cast(:labels as jsonb),
                                        'expected', :by)
                                on conflict (agent_id) do nothing
                                """)
                        .param("agent_id", agent.value())
                        .param("name", name)
                        .param("site", asked.site().orElse(null))
                        .param("labels", columns.text(asked.labels()))
                        .param("by", by)
                        .update();
        if (added == 0) {
            throw Refusal.of(
                    ProblemCode.GATEWAY_EXISTS,
                    "\""
                            + agent
                            + "\" is known; POST /admin/api/enrollment-tokens makes a token"
                            + " for it");
        }
    }

    @Operation(
            summary = "Makes a join token, shown once",
            description =
                    "For one gateway by its id, also one that had a key; or for several that never"
                            + " had one, which get its site and labels.")
    @Refuses({ProblemCode.INVALID_BODY, ProblemCode.BAD_JSON})
    @Needs(value = Role.ADMIN, allSites = true)
    @Keyed(Keyed.By.TRANSACTION_WITH_SECRET)
    @PostMapping("/enrollment-tokens")
    @ResponseStatus(HttpStatus.CREATED)
    NewToken make(
            @AuthenticationPrincipal Caller caller,
            @RequestBody JoinTokenRequest body,
            HttpServletRequest request) {
        JoinTokenRequest.Asked asked = body.checked();
        return NewToken.of(
                Objects.requireNonNull(
                        transaction.execute(_ -> {
                            Made made = tokens.make(asked, caller.name(), clock.instant());
                            String agent = asked.agentId().map(AgentId::value).orElse(null);
                            record(caller, "enrollment_token.make", agent, made, request);
                            return made;
                        })));
    }

    @Operation(summary = "The join tokens without their text, the newest first")
    @Refuses(ProblemCode.BAD_CURSOR)
    @Needs(value = Role.ADMIN, allSites = true)
    @GetMapping("/enrollment-tokens")
    Page<JoinToken> list(
            @RequestParam(required = false) @Nullable Integer limit,
            @RequestParam(required = false) @Nullable String cursor) {
        int size = Limit.of(limit);
        return Page.of(
                tokens.before(before(cursor), size + 1),
                size,
                last -> new Cursor(LIST, List.of(String.valueOf(last.id()))));
    }

    private static long before(@Nullable String cursor) {
        if (cursor == null) {
            return Long.MAX_VALUE;
        }
        try {
            return Long.parseLong(Cursor.parse(cursor, LIST, 1).key().getFirst());
        } catch (NumberFormatException e) {
            throw Cursor.refusal();
        }
    }

    @Operation(summary = "Ends a join token; keys that came by it stay")
    @Refuses(ProblemCode.UNKNOWN_TOKEN)
    @Needs(value = Role.ADMIN, allSites = true)
    @DeleteMapping("/enrollment-tokens/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void revoke(
            @AuthenticationPrincipal Caller caller,
            @PathVariable long id,
            HttpServletRequest request) {
        transaction.executeWithoutResult(_ -> {
            if (!tokens.revoke(id, clock.instant())) {
                throw Refusal.of(ProblemCode.UNKNOWN_TOKEN, "there is no join token " + id);
            }
            audit.changed(
                    caller.name(),
                    "enrollment_token.revoke",
                    null,
                    request.getRemoteAddr(),
                    Map.of("token_id", String.valueOf(id)));
        });
    }

    private void record(
            Caller caller,
            String what,
            @Nullable String target,
            Made made,
            HttpServletRequest request) {
        Map<String, String> detail = new TreeMap<>();
        detail.put("token_id", String.valueOf(made.token().id()));
        detail.put("uses", String.valueOf(made.token().usesLeft()));
        detail.put("expires_at", made.token().expiresAt().atOffset(ZoneOffset.UTC).toString());
        if (made.token().site() != null) {
            detail.put("site", made.token().site());
        }
        audit.changed(caller.name(), what, target, request.getRemoteAddr(), detail);
    }
}
