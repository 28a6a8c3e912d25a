package io.viworks.admin.oidc;

import io.viworks.service.Config;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whose tokens are accepted, and what in them says what a caller may do.
 *
 * @param issuer exactly as the issuer spells itself in {@code iss}
 * @param audience what {@code aud} must hold
 * @param roleClaim viewer, operator or admin; a name, or a path with dots
 * @param sitesClaim the only sites; without the claim all
 * @param verbsClaim the only verbs; without the claim all
 * @param skew how far the issuer's clock may be off
 */
public record OidcSettings(
        URI issuer,
        String audience,
        String roleClaim,
        String sitesClaim,
        String verbsClaim,
        Duration skew) {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    /** Reads the settings; none without an issuer. */
    public static Optional<OidcSettings> from(Config config) {
        Optional<String> issuer = config.find("VIW_OIDC_ISSUER");
        Optional<String> audience = config.find("VIW_OIDC_AUDIENCE");
        String role = config.text("VIW_OIDC_ROLE_CLAIM", "viw_role");
        String sites = config.text("VIW_OIDC_SITES_CLAIM", "viw_sites");
        String verbs = config.text("VIW_OIDC_VERBS_CLAIM", "viw_verbs");
        Duration skew =
                config.duration(
                        "VIW_OIDC_SKEW",
                        Duration.ofSeconds(30),
                        Duration.ZERO,
                        Duration.ofMinutes(5));
        if (issuer.isEmpty()) {
            return Optional.empty();
        }
        URI uri = safe(issuer.get());
        if (uri == null) {
            config.mistake(
                    "VIW_OIDC_ISSUER must be an https URL without query or fragment, such as"
                            + " https://login.example/realms/ops (http for loopback only)");
        }
        if (audience.isEmpty()) {
            config.mistake(
                    "VIW_OIDC_AUDIENCE is missing: tokens of the issuer for other services must not"
                            + " count here");
        }
        return uri == null || audience.isEmpty()
                ? Optional.empty()
                : Optional.of(new OidcSettings(uri, audience.get(), role, sites, verbs, skew));
    }

    /** The host by which callers of this issuer are called. */
    String host() {
        return issuer.getHost().toLowerCase(Locale.ROOT);
    }

    /** An address that keys may be read from; null for any other text. */
    static @Nullable URI safe(String text) {
        URI uri;
        try {
            uri = URI.create(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
        String host = uri.getHost();
        if (host == null
                || uri.getRawQuery() != null
                || uri.getRawFragment() != null
                || uri.getRawUserInfo() != null) {
            return null;
        }
        boolean https = "https".equals(uri.getScheme());
        return https || ("http".equals(uri.getScheme()) && LOOPBACK.contains(host)) ? uri : null;
    }
}
