package io.viworks.conformance.failure;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.UUID;

/** The admin API as its caller sees it while things break. Thread-safe. */
final class Api {
    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(5))
                    .build();
    private final String base;
    private final String token;

    Api(String base, String token) {
        this.base = base;
        this.token = token;
    }

    /** The status of an answer; 0 when there was none. */
    int command(String gateway, UUID id, String user, int ttlSeconds) throws InterruptedException {
        return post(
                "/gateways/" + gateway + "/commands",
                """
                {"correlation_id":"%s","command":"%s","parameters":{"username":"%s"},"ttl_s":%d}
                """
                        .formatted(id, Witness.VERB, user, ttlSeconds));
    }

    int cancel(String gateway, UUID id) throws InterruptedException {
        return post("/gateways/" + gateway + "/commands/" + id + "/cancel", "");
    }

    private int post(String path, String body) throws InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(base + path))
                        .timeout(Duration.ofSeconds(15))
                        .header("Authorization", "Bearer " + token)
                        .POST(HttpRequest.BodyPublishers.ofString(body));
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json");
        }
        return status(request.build());
    }

    int get(String path) throws InterruptedException {
        return status(
                HttpRequest.newBuilder(URI.create(base + path))
                        .timeout(Duration.ofSeconds(15))
                        .header("Authorization", "Bearer " + token)
                        .build());
    }

    private int status(HttpRequest request) throws InterruptedException {
        try {
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException _) {
            return 0;
        }
    }
}
