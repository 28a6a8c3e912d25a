package io.viworks.admin.web;

import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.admin.audit.AuditLog;
import io.viworks.admin.problem.Problem;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import io.viworks.schema.DatabaseAway;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.stereotype.Component;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.web.servlet.HandlerMapping;
import tools.jackson.databind.json.JsonMapper;

/**
 * Answers a request with a problem, wherever it is refused, and writes refusals of changes, of
 * callers and of rights to the audit log. Thread-safe.
 */
@Component
public class Refusals {
    private static final Logger log = LoggerFactory.getLogger(Refusals.class);
    private static final Duration PAUSE = Duration.ofSeconds(5);

    /** Request attribute: the name of a caller whose token is good and gives no right. */
    static final String POWERLESS = "viw.powerless";

    private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");

    private final JsonMapper json;
    private final AuditLog audit;
    private final MeterRegistry meters;

    Refusals(JsonMapper json, AuditLog audit, MeterRegistry meters) {
        this.json = json;
        this.audit = audit;
        this.meters = meters;
    }

    /** Writes the problem; nothing when the answer has begun already. */
    void answer(HttpServletRequest request, HttpServletResponse response, Refusal refusal)
            throws IOException {
        record(request, refusal);
        if (response.isCommitted()) {
            return;
        }
        response.resetBuffer();
        SafeHeaders.on(response);
        byte[] body = json.writeValueAsBytes(refusal.problem());
        response.setStatus(refusal.code().status());
        response.setContentType(Problem.MEDIA_TYPE);
        refusal.retryAfter()
                .ifPresent(pause ->
                        response.setHeader(
                                HttpHeaders.RETRY_AFTER,
                                String.valueOf(Math.max(1, pause.toSeconds()))));
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
        response.flushBuffer();
    }

    private void record(HttpServletRequest request, Refusal refusal) {
        ProblemCode code = refusal.code();
        meters.counter("viw.api.refusals", "code", code.wire()).increment();
        Caller caller = caller();
        if (!isWorthAudit(request, code, caller)) {
            return;
        }
        String action = "refused " + request.getMethod() + " " + pattern(request);
        String who = caller == null ? powerless(request) : caller.name();
        if (who == null) {
            audit.refusedStranger(action, target(request), request.getRemoteAddr(), code.wire());
        } else {
            audit.refused(who, action, target(request), request.getRemoteAddr(), code.wire());
        }
    }

    /** Refused changes, refused callers, and what somebody asked for that was not his to see. */
    private static boolean isWorthAudit(
            HttpServletRequest request, ProblemCode code, @Nullable Caller caller) {
        return switch (code.status()) {
            case 401, 403, 429 -> true;
            case 404 -> isChange(request) || (caller != null && caller.isLimited());
            default -> code.status() < 500 && isChange(request);
        };
    }

    private static boolean isChange(HttpServletRequest request) {
        return !READING.contains(request.getMethod());
    }

    private static @Nullable String powerless(HttpServletRequest request) {
        return request.getAttribute(POWERLESS) instanceof String name ? name : null;
    }

    /** The caller of the request that this thread handles, when it is known. */
    static @Nullable Caller caller() {
        Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
        return authentication instanceof CallerAuthentication known ? known.getPrincipal() : null;
    }

    /** The path without what varies, where it is known: paths are data of strangers. */
    private static String pattern(HttpServletRequest request) {
        return request.getAttribute(HandlerMapping.BEST_MATCHING_PATTERN_ATTRIBUTE)
                        instanceof String pattern
                ? pattern
                : "/…";
    }

    private static @Nullable String target(HttpServletRequest request) {
        return request.getAttribute(HandlerMapping.URI_TEMPLATE_VARIABLES_ATTRIBUTE)
                                instanceof Map<?, ?> variables
                        && variables.get("agent_id") instanceof String agentId
                        && agentId.length() <= 64
                ? agentId
                : null;
    }

    /** What a failure of the database means to the caller: come back later, or our own mistake. */
    static Refusal ofDatabase(Exception failure) {
        boolean away =
                DatabaseAway.isCauseOf(failure)
                        || failure instanceof CannotGetJdbcConnectionException
                        || failure instanceof CannotCreateTransactionException
                        || failure instanceof TransactionSystemException
                        || failure instanceof DataAccessResourceFailureException
                        || failure instanceof TransientDataAccessException;
        if (away) {
            log.atWarn()
                    .addKeyValue("event", "database_away")
                    .addKeyValue("error", rootOf(failure))
                    .log("Postgres cannot be used just now");
            // Not "nothing was changed": the answer to a commit may have been lost.
            return Refusal.of(
                            ProblemCode.DATABASE_AWAY,
                            "try again later; a command under the same Idempotency-Key or"
                                    + " correlation_id is accepted once")
                    .retryAfter(PAUSE);
        }
        return internal(failure);
    }

    /** The first line of the innermost message: the outer ones repeat whole statements. */
    private static String rootOf(Throwable failure) {
        Throwable root = NestedExceptionUtils.getMostSpecificCause(failure);
        return String.valueOf(root.getMessage()).lines().findFirst().orElse("");
    }

    /** A refusal because Redis is away. */
    static Refusal ofBackplane() {
        return Refusal.of(ProblemCode.BACKPLANE_AWAY, "nothing was changed; try again later")
                .retryAfter(PAUSE);
    }

    /** Our own mistake: logged in full, answered without a word about the inside. */
    static Refusal internal(Throwable failure) {
        log.atError()
                .addKeyValue("event", "internal_error")
                .setCause(failure)
                .log("request failed");
        return Refusal.of(ProblemCode.INTERNAL, "the failure was logged; it is not the request's");
    }
}
