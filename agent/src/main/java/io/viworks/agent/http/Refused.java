package io.viworks.agent.http;

import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.FrameCodec;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * An answer that says no, as far as it could be read.
 *
 * @param code of the problem document; null when there was none
 * @param retryAfter what it asked for
 * @param serverTime of the problem document, when clocks differ
 */
public record Refused(
        int status,
        @Nullable String code,
        @Nullable Duration retryAfter,
        @Nullable Instant serverTime) {
    /** The status with which a proxy says no, and never a server (RFC 9110, 15.5.8). */
    public static final int PROXY_WANTS_CREDENTIALS = 407;

    /** What people can do about it. */
    public static final String PROXY_ADVICE =
            "the proxy takes no such credentials: see proxy_url and proxy_credentials_file";

    /** Reads the status, {@code Retry-After} and a body that is text. */
    public static Refused of(HttpResponse<?> response) {
        Duration retryAfter =
                response.headers()
                        .firstValue("Retry-After")
                        .filter(text -> text.matches("[0-9]{1,6}"))
                        .map(text -> Duration.ofSeconds(Long.parseLong(text)))
                        .orElse(null);
        ObjectNode problem = problem(response.body());
        return new Refused(response.statusCode(), code(problem), retryAfter, serverTime(problem));
    }

    private static ObjectNode problem(@Nullable Object body) {
        if (body instanceof String text) {
            try {
                return new FrameCodec().decodeObject(text.getBytes(StandardCharsets.UTF_8));
            } catch (BadFrame e) {
                // A page of some proxy: its status says enough.
            }
        }
        return JsonNodeFactory.instance.objectNode();
    }

    private static @Nullable String code(ObjectNode problem) {
        JsonNode code = problem.get("code");
        return code != null && code.isString() ? code.stringValue() : null;
    }

    private static @Nullable Instant serverTime(ObjectNode problem) {
        JsonNode time = problem.get("server_time");
        try {
            return time != null && time.isString() ? Rfc3339.parse(time.stringValue()) : null;
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}
