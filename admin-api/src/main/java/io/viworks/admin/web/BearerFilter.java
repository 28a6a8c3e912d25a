package io.viworks.admin.web;

import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import io.viworks.admin.token.Tokens;
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
import org.springframework.transaction.TransactionException;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Finds out who calls by the bearer token (RFC 6750, section 2.1). A request without one goes on as
 * nobody; one with a wrong token ends here.
 */
final class BearerFilter extends OncePerRequestFilter {
    private static final String SCHEME = "bearer ";

    private final Tokens tokens;
    private final Refusals refusals;

    BearerFilter(Tokens tokens, Refusals refusals) {
        this.tokens = tokens;
        this.refusals = refusals;
    }

    @Override
    protected void doFilterInternal(
            HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        List<String> headers = Collections.list(request.getHeaders("Authorization"));
        if (headers.isEmpty()) {
            chain.doFilter(request, response);
            return;
        }
        Optional<Caller> caller;
        try {
            caller = headers.size() == 1 ? find(headers.getFirst()) : Optional.empty();
        } catch (DataAccessException | TransactionException away) {
            refusals.answer(request, response, Refusals.ofDatabase(away));
            return;
        }
        if (caller.isEmpty()) {
            response.setHeader(
                    "WWW-Authenticate", "Bearer realm=\"viworks\", error=\"invalid_token\"");
            refusals.answer(
                    request,
                    response,
                    Refusal.of(
                            ProblemCode.UNAUTHORIZED,
                            "the token is unknown, expired or revoked; send one header"
                                    + " \"Authorization: Bearer <token>\""));
            return;
        }
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(new CallerAuthentication(caller.get()));
        SecurityContextHolder.setContext(context);
        chain.doFilter(request, response);
    }

    private Optional<Caller> find(String header) {
        if (!header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return Optional.empty();
        }
        return tokens.callerOf(header.substring(SCHEME.length()).strip());
    }
}
