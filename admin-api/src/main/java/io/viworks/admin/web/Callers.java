package io.viworks.admin.web;

import io.viworks.admin.oidc.Issuer;
import io.viworks.admin.oidc.OidcCallers;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import io.viworks.admin.token.Tokens;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/** Who a bearer token stands for: one of ours or, with an issuer, a JWT of that. Thread-safe. */
@Component
public final class Callers {
    private static final String SCHEME = "bearer ";

    private final Tokens tokens;
    private final Issuer issuer;

    Callers(Tokens tokens, Issuer issuer) {
        this.tokens = tokens;
        this.issuer = issuer;
    }

    /** The token in a header {@code Authorization: Bearer <token>}. */
    static @Nullable String token(String header) {
        return header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                ? header.substring(SCHEME.length()).strip()
                : null;
    }

    /**
     * Looks at a token.
     *
     * @throws Refusal when the issuer is away, so that it cannot be judged
     * @throws DataAccessException when tokens could not be read for too long
     */
    OidcCallers.Answer answer(String token) {
        if (issuer.callers().isPresent() && OidcCallers.isForm(token)) {
            return issuer.callers().get().callerOf(token);
        }
        return tokens.callerOf(token)
                .<OidcCallers.Answer>map(OidcCallers.Answer.Known::new)
                .orElseGet(OidcCallers.Answer.Bad::new);
    }

    /**
     * Who the caller of a request is by now, for an answer that takes long; empty when the token
     * opens nothing any more.
     *
     * @param authorization the request's header
     * @throws Refusal when that cannot be judged just now
     * @throws DataAccessException when that cannot be judged just now
     */
    public Optional<Caller> now(String authorization) {
        String token = token(authorization);
        return token != null && answer(token) instanceof OidcCallers.Answer.Known(Caller caller)
                ? Optional.of(caller)
                : Optional.empty();
    }
}
