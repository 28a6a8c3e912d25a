package io.viworks.admin.web;

import io.viworks.admin.problem.Problem;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.DefaultCorsProcessor;
import org.springframework.web.cors.UrlBasedCorsConfigurationSource;
import org.springframework.web.filter.CorsFilter;
import tools.jackson.databind.json.JsonMapper;

/**
 * Lets pages of named origins call (Fetch Standard, CORS protocol). Without any no answer ever
 * holds an allowing header. Credentials of browsers never count: a token is sent by hand.
 */
final class CrossOrigin {
    private static final Duration PREFLIGHT_AGE = Duration.ofMinutes(10);

    private CrossOrigin() {}

    static CorsFilter filter(List<String> origins, JsonMapper json) {
        CorsConfiguration rules = new CorsConfiguration();
        rules.setAllowedOrigins(origins);
        rules.setAllowedMethods(List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"));
        rules.setAllowedHeaders(
                List.of(
                        "Authorization",
                        "Content-Type",
                        "Accept",
                        "Idempotency-Key",
                        "If-Match",
                        "Last-Event-ID",
                        "traceparent"));
        rules.setExposedHeaders(List.of("Location", "Retry-After", "ETag", "Allow"));
        rules.setAllowCredentials(false);
        rules.setMaxAge(PREFLIGHT_AGE);
        UrlBasedCorsConfigurationSource everywhere = new UrlBasedCorsConfigurationSource();
        everywhere.registerCorsConfiguration("/**", rules);
        CorsFilter filter = new CorsFilter(everywhere);
        filter.setCorsProcessor(new Refusing(json));
        return filter;
    }

    /** Refuses other origins in the form of the rest. */
    private static final class Refusing extends DefaultCorsProcessor {
        private final JsonMapper json;

        Refusing(JsonMapper json) {
            this.json = json;
        }

        @Override
        protected void rejectRequest(ServerHttpResponse response) throws IOException {
            Refusal refusal =
                    Refusal.of(ProblemCode.FORBIDDEN, "pages of this origin may not call here");
            response.setStatusCode(HttpStatus.FORBIDDEN);
            response.getHeaders().setContentType(MediaType.valueOf(Problem.MEDIA_TYPE));
            response.getBody().write(json.writeValueAsBytes(refusal.problem()));
            response.flush();
        }
    }
}
