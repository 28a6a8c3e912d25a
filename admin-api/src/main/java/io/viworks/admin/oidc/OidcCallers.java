package io.viworks.admin.oidc;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Pattern;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtAudienceValidator;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;

/**
 * Who a JWT access token (RFC 9068, RFC 8725) of the one configured issuer belongs to. Keys come
 * from the issuer alone: what a token's header says of keys ({@code jku}, {@code x5u}, {@code jwk})
 * is not looked at. Thread-safe.
 */
public final class OidcCallers {
    /** Longest token in characters. */
    static final int MAX_LENGTH = 8 * 1024;

    /** What may sign: never a shared secret, never nothing. */
    static final Set<JWSAlgorithm> ALGORITHMS =
            Set.of(JWSAlgorithm.RS256, JWSAlgorithm.PS256, JWSAlgorithm.ES256);

    private static final Pattern FORM =
            Pattern.compile("eyJ[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]*");
    private static final Duration PAUSE = Duration.ofSeconds(5);

    private final OidcSettings settings;
    private final IssuerKeys keys;
    private final NimbusJwtDecoder decoder;

    OidcCallers(OidcSettings settings, IssuerKeys keys, Clock clock) {
        this.settings = settings;
        this.keys = keys;
        DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, keys));
        processor.setJWSTypeVerifier(
                new DefaultJOSEObjectTypeVerifier<>(
                        JOSEObjectType.JWT,
                        new JOSEObjectType("at+jwt"),
                        new JOSEObjectType("application/at+jwt"),
                        null));
        processor.setJWTClaimsSetVerifier((_, _) -> {}); // the validators below do that
        decoder = new NimbusJwtDecoder(processor);
        JwtTimestampValidator times = new JwtTimestampValidator(settings.skew());
        times.setClock(clock);
        times.setAllowEmptyExpiryClaim(false);
        decoder.setJwtValidator(
                new DelegatingOAuth2TokenValidator<>(
                        times,
                        new JwtIssuerValidator(settings.issuer().toString()),
                        new JwtAudienceValidator(settings.audience())));
    }

    /** Whether a bearer token has the form of a JWT, so that it can be nothing else. */
    public static boolean isForm(String token) {
        return FORM.matcher(token).matches();
    }

    /** Whether the issuer could be reached when it was last needed. */
    public boolean reachable() {
        return keys.reachable();
    }

    /** What a token came to. */
    public sealed interface Answer {
        /** It is good, and says what its caller may do. */
        record Known(Caller caller) implements Answer {}

        /** It is good, but gives no right. */
        record Powerless(String name, String why) implements Answer {}

        /** It is not one of the issuer's for this service, now. */
        record Bad() implements Answer {}
    }

    /**
     * Looks at a token.
     *
     * @throws Refusal {@link ProblemCode#ISSUER_AWAY} when it cannot be judged
     */
    public Answer callerOf(String token) {
        if (!isWorthKeys(token)) {
            return new Answer.Bad();
        }
        Jwt jwt;
        try {
            jwt = decoder.decode(token);
        } catch (BadJwtException e) {
            return new Answer.Bad();
        } catch (JwtException e) {
            throw Refusal.of(
                            ProblemCode.ISSUER_AWAY,
                            "the token cannot be checked before the issuer's keys can be read")
                    .retryAfter(PAUSE);
        }
        return OidcRights.of(jwt, settings);
    }

    /** Looks at what costs nothing, so that a stranger's text does not make keys be read. */
    private boolean isWorthKeys(String token) {
        if (token.length() > MAX_LENGTH) {
            return false;
        }
        try {
            SignedJWT parsed = SignedJWT.parse(token);
            JWSHeader header = parsed.getHeader();
            return ALGORITHMS.contains(header.getAlgorithm())
                    && settings.issuer().toString().equals(parsed.getJWTClaimsSet().getIssuer());
        } catch (ParseException e) {
            return false;
        }
    }
}
