package io.viworks.admin.web;

import io.viworks.admin.oidc.OidcCallers;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.springframework.dao.DataAccessException;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.context.RequestAttributeSecurityContextRepository;
import org.springframework.transaction.TransactionException;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Finds out who calls by the bearer token (RFC 6750, section 2.1): one of ours or, with an issuer,
 * a JWT of that. A request without one goes on as nobody; one with a wrong token ends here, and so
 * does what comes too often.
 */
final class BearerFilter extends OncePerRequestFilter {
    /** Who called is known again when a call that waited goes on, on another thread. */
    private final RequestAttributeSecurityContextRepository contexts =
            new RequestAttributeSecurityContextRepository();

    private final Callers callers;
    private final CallLimits limits;
    private final Refusals refusals;

    BearerFilter(Callers callers, CallLimits limits, Refusals refusals) {
        this.callers = callers;
        this.limits = limits;
        this.refusals = refusals;
    }

    @Override
    protected void doFilterInternal(
            HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        List<String> headers = Collections.list(request.getHeaders("Authorization"));
        String token = headers.size() == 1 ? Callers.token(headers.getFirst()) : null;
        String address = request.getRemoteAddr();
        Optional<Refusal> blocked = limits.blocked(address);
        if (blocked.isPresent() && (token == null || !limits.knows(address, token))) {
            refusals.answer(request, response, blocked.get());
            return;
        }
        if (headers.isEmpty()) {
            chain.doFilter(request, response);
            return;
        }
        Optional<Caller> caller;
        try {
            caller = token == null ? Optional.empty() : callerOf(token, request);
        } catch (DataAccessException | TransactionException away) {
            refusals.answer(request, response, Refusals.ofDatabase(away));
            return;
        } catch (Refusal refusal) {
            refusals.answer(request, response, refusal);
            return;
        }
        if (token == null || caller.isEmpty()) {
            limits.failed(address);
            refuse(request, response);
            return;
        }
        limits.succeeded(address, token);
        goOn(caller.get(), request, response, chain);
    }

    private void goOn(
            Caller caller,
            HttpServletRequest request,
            HttpServletResponse response,
            FilterChain chain)
            throws ServletException, IOException {
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(new CallerAuthentication(caller));
        SecurityContextHolder.setContext(context);
        contexts.saveContext(context, request, response);
        Optional<Refusal> tooMany = limits.call(caller.name());
        if (tooMany.isPresent()) {
            refusals.answer(request, response, tooMany.get());
            return;
        }
        chain.doFilter(request, response);
    }

    private void refuse(HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        response.setHeader("WWW-Authenticate", "Bearer realm=\"viworks\", error=\"invalid_token\"");
        refusals.answer(
                request,
                response,
                Refusal.of(
                        ProblemCode.UNAUTHORIZED,
                        "the token is unknown, expired or revoked; send one header"
                                + " \"Authorization: Bearer <token>\""));
    }

    private Optional<Caller> callerOf(String token, HttpServletRequest request) {
        return switch (callers.answer(token)) {
            case OidcCallers.Answer.Known(Caller caller) -> Optional.of(caller);
            case OidcCallers.Answer.Bad() -> Optional.empty();
            case OidcCallers.Answer.Powerless(String name, String why) -> {
                request.setAttribute(Refusals.POWERLESS, name);
                throw Refusal.of(ProblemCode.FORBIDDEN, why);
            }
        };
    }
}
