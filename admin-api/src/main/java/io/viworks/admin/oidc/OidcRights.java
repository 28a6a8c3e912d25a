package io.viworks.admin.oidc;

import io.viworks.admin.token.Caller;
import io.viworks.admin.token.Role;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.jwt.Jwt;

/** What the claims of a good token say its caller may do. What is not plain gives no right. */
final class OidcRights {
    /** Most sites, or verbs, of one token. */
    static final int MAX_LIMITS = 200;

    private static final int MAX_WORD = 128;
    private static final Pattern PLAIN = Pattern.compile("[!-~]{1,100}");

    private OidcRights() {}

    static OidcCallers.Answer of(Jwt jwt, OidcSettings settings) {
        String subject = jwt.getSubject();
        if (subject == null || subject.isEmpty()) {
            return new OidcCallers.Answer.Bad();
        }
        String name = name(settings.host(), subject);
        Optional<Role> role = role(claim(jwt.getClaims(), settings.roleClaim()));
        if (role.isEmpty()) {
            return powerless(name, settings.roleClaim(), "viewer, operator or admin");
        }
        Optional<Set<String>> sites = limits(claim(jwt.getClaims(), settings.sitesClaim()));
        if (sites.isEmpty()) {
            return powerless(name, settings.sitesClaim(), "a list of sites, or be left out");
        }
        Optional<Set<String>> verbs = limits(claim(jwt.getClaims(), settings.verbsClaim()));
        if (verbs.isEmpty()) {
            return powerless(name, settings.verbsClaim(), "a list of verbs, or be left out");
        }
        return new OidcCallers.Answer.Known(new Caller(name, role.get(), sites.get(), verbs.get()));
    }

    private static OidcCallers.Answer powerless(String name, String claim, String form) {
        return new OidcCallers.Answer.Powerless(
                name, "the token's claim \"" + claim + "\" must be " + form);
    }

    /**
     * What audit rows and commands are signed with. API tokens have no colon in their names, so it
     * is nobody else's. A subject of another form than plain ASCII is named by its SHA-256.
     */
    private static String name(String host, String subject) {
        return "oidc:"
                + host
                + ":"
                + (PLAIN.matcher(subject).matches() ? subject : "sha256-" + sha256(subject));
    }

    /** The highest of the roles that are named; other words are other services' roles. */
    private static Optional<Role> role(@Nullable Object claim) {
        Collection<?> words =
                switch (claim) {
                    case String word -> List.of(word);
                    case Collection<?> many -> many;
                    case null, default -> List.of();
                };
        return java.util.Arrays.stream(Role.values())
                .filter(role -> words.contains(role.wire()))
                .reduce((_, higher) -> higher);
    }

    /**
     * The values of a limit: empty, which means all, only where the claim is absent.
     *
     * @return nothing when the claim is there and is no list of words: nobody meant "all" by that
     */
    private static Optional<Set<String>> limits(@Nullable Object claim) {
        if (claim == null) {
            return Optional.of(Set.of());
        }
        Collection<?> words = claim instanceof Collection<?> many ? many : List.of(claim);
        Set<String> limits = new TreeSet<>();
        for (Object word : words) {
            if (!(word instanceof String text) || text.isBlank() || text.length() > MAX_WORD) {
                return Optional.empty();
            }
            limits.add(text);
        }
        return limits.isEmpty() || limits.size() > MAX_LIMITS
                ? Optional.empty()
                : Optional.of(limits);
    }

    /** The claim of this name; else what the path of names leads to. */
    private static @Nullable Object claim(Map<String, Object> claims, String name) {
        if (claims.containsKey(name)) {
            // A claim that is there but null is no absent one: it must not widen rights.
            Object value = claims.get(name);
            return value == null ? List.of() : value;
        }
        int dot = name.indexOf('.');
        if (dot < 0 || !(claims.get(name.substring(0, dot)) instanceof Map<?, ?> inner)) {
            return null;
        }
        Map<String, Object> deeper = new java.util.HashMap<>();
        inner.forEach((key, value) -> deeper.put(String.valueOf(key), value));
        return claim(deeper, name.substring(dot + 1));
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.UTF_8)))
                    .toLowerCase(Locale.ROOT);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
