package io.viworks.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/** Asks admin-api. Redirects are not followed: the token is for the address that was named. */
final class Api {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration ANSWER = Duration.ofSeconds(15);

    /** Longest answer in bytes. */
    private static final long MAX_ANSWER = 8 << 20;

    /** How often a POST is sent, all under one Idempotency-Key. */
    private static final int SENDINGS = 3;

    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT)
                    .build();
    private final Access access;
    private final InstantSource clock;
    private final Terminal terminal;

    Api(Access access, InstantSource clock, Terminal terminal) {
        this.access = access;
        this.clock = clock;
        this.terminal = terminal;
    }

    /**
     * What was answered.
     *
     * @param at by the API's clock, as far as it says
     */
    record Answer(JsonNode body, Instant at) {}

    Answer get(String path) throws ApiTrouble, InterruptedException {
        try {
            return ask(request(path).timeout(ANSWER).GET().build());
        } catch (IOException e) {
            throw ApiTrouble.away(access.api(), e);
        }
    }

    /** Sends it, again when the connection breaks: under its key that is the same request. */
    Answer post(String path, @Nullable ObjectNode body) throws ApiTrouble, InterruptedException {
        HttpRequest.Builder request =
                request(path).timeout(ANSWER).header("Idempotency-Key", UUID.randomUUID() + "");
        if (body == null) {
            request.POST(HttpRequest.BodyPublishers.noBody());
        } else {
            request.header("Content-Type", "application/json")
                    .POST(
                            HttpRequest.BodyPublishers.ofByteArray(
                                    Json.MAPPER.writeValueAsBytes(body)));
        }
        for (int sending = 1; ; sending++) {
            ApiTrouble trouble;
            try {
                return ask(request.build());
            } catch (IOException e) {
                trouble = ApiTrouble.away(access.api(), e);
            } catch (ApiTrouble refused) {
                trouble = refused;
            }
            if (!trouble.away() || sending == SENDINGS) {
                throw trouble;
            }
            terminal.remark(trouble.sentences() + " Sending the same request again …");
            Thread.sleep(Duration.ofMillis(500L * sending));
        }
    }

    /**
     * Begins to listen; null when this API does not serve such a stream, or not now.
     *
     * @param lastId of the last event that was seen
     */
    @Nullable InputStream listen(String path, @Nullable String lastId)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = request(path).timeout(ANSWER).GET();
        request.setHeader("Accept", "text/event-stream");
        if (lastId != null) {
            request.header("Last-Event-ID", lastId);
        }
        HttpResponse<InputStream> answer = http.send(request.build(), BodyHandlers.ofInputStream());
        String type = answer.headers().firstValue("Content-Type").orElse("");
        if (answer.statusCode() == 200 && type.startsWith("text/event-stream")) {
            return answer.body();
        }
        answer.body().close();
        return null;
    }

    /** Text as a part of a path or a query. */
    static String part(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(access.api() + path))
                .header("Authorization", "Bearer " + access.token())
                .header("Accept", "application/json, application/problem+json");
    }

    private Answer ask(HttpRequest request) throws IOException, ApiTrouble, InterruptedException {
        HttpResponse<String> answer =
                http.send(request, BodyHandlers.limiting(BodyHandlers.ofString(), MAX_ANSWER));
        boolean good = answer.statusCode() / 100 == 2;
        JsonNode body;
        try {
            body = Json.MAPPER.readTree(answer.body());
        } catch (JacksonException e) {
            body = MissingNode.getInstance();
        }
        if (!body.isObject()) {
            throw ApiTrouble.strange(access.api(), answer.statusCode());
        }
        if (!good) {
            throw ApiTrouble.refused(answer.statusCode(), body);
        }
        return new Answer(body, at(answer));
    }

    private Instant at(HttpResponse<?> answer) {
        try {
            return answer.headers()
                    .firstValue("Date")
                    .map(date -> DateTimeFormatter.RFC_1123_DATE_TIME.parse(date, Instant::from))
                    .orElseGet(clock::instant);
        } catch (DateTimeParseException e) {
            return clock.instant();
        }
    }
}
