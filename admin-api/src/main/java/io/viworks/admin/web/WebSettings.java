package io.viworks.admin.web;

import io.viworks.service.Config;
import java.net.URI;
import java.util.List;
import org.springframework.web.cors.CorsConfiguration;

/**
 * How much one caller and one address may do, and from which pages.
 *
 * @param callerRate requests a second of one caller; twice as many at once
 * @param failureRate requests a minute without a valid token from one address, as many at once
 * @param corsOrigins origins whose pages may call; none unless named
 */
public record WebSettings(int callerRate, int failureRate, List<String> corsOrigins) {
    /** Copies the list. */
    public WebSettings {
        corsOrigins = List.copyOf(corsOrigins);
    }

    /** Reads the settings. */
    public static WebSettings from(Config config) {
        List<String> origins = config.list("VIW_CORS_ORIGINS");
        for (String origin : origins) {
            if (!isOrigin(origin)) {
                config.mistake(
                        "VIW_CORS_ORIGINS must list whole origins such as"
                                + " https://panel.example:8443, without * and without a path");
            }
        }
        return new WebSettings(
                config.integer("VIW_API_RATE", 200, 1, 100_000),
                config.integer("VIW_API_FAILURE_RATE", 60, 1, 100_000),
                origins);
    }

    /** An origin as browsers spell it (RFC 6454, section 6.2): no path, no wildcard. */
    private static boolean isOrigin(String text) {
        if (text.equals(CorsConfiguration.ALL)) {
            return false;
        }
        try {
            URI uri = new URI(text);
            return ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))
                    && uri.getHost() != null
                    && text.equals(uri.getScheme() + "://" + uri.getRawAuthority())
                    && uri.getRawUserInfo() == null;
        } catch (java.net.URISyntaxException e) {
            return false;
        }
    }
}
