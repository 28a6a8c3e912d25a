package io.viworks.admin.web;

import jakarta.servlet.http.HttpServletResponse;
import java.util.Map;

/**
 * The headers of an answer that holds data and nothing to show in a browser. Spring Security sets
 * them on what passes its chains; here they are for what is refused before or beside those.
 */
final class SafeHeaders {
    /** Nothing is loaded, nothing is framed. */
    static final String NOTHING = "default-src 'none'; frame-ancestors 'none'";

    private static final Map<String, String> ALL =
            Map.of(
                    "X-Content-Type-Options", "nosniff",
                    "X-Frame-Options", "DENY",
                    "Content-Security-Policy", NOTHING,
                    "Referrer-Policy", "no-referrer",
                    "Cross-Origin-Resource-Policy", "same-origin",
                    "Cache-Control", "no-cache, no-store, max-age=0, must-revalidate");

    private SafeHeaders() {}

    /** Sets those that are not set yet. */
    static void on(HttpServletResponse response) {
        ALL.forEach((name, value) -> {
            if (!response.containsHeader(name)) {
                response.setHeader(name, value);
            }
        });
    }
}
