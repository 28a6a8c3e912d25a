package io.viworks.admin;

import io.viworks.admin.Contract.Operation;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Requests out of a document: some as they are meant, more of them not. Repeatable by its seed. */
final class OddRequests {
    private static final List<String> MEDIA_TYPES =
            List.of(
                    "application/json; charset=utf-16",
                    "text/plain",
                    "application/xml",
                    "application/x-www-form-urlencoded",
                    "multipart/form-data; boundary=x",
                    "application/json;",
                    "nonsense",
                    "application/merge-patch+json",
                    "*/*");

    private static final List<String> ACCEPTED =
            List.of(
                    "*/*",
                    "application/json",
                    "text/csv",
                    "application/x-ndjson",
                    "text/html",
                    "application/problem+json",
                    "text/event-stream",
                    "nonsense",
                    "a/b/c",
                    "application/json;q=0",
                    "image/*, */*;q=0.1");

    private static final List<String> HEADER_VALUES =
            List.of(
                    "",
                    "x",
                    "0",
                    "-1",
                    "*",
                    "\"0\"",
                    "W/\"1\"",
                    "\"x\", \"y\"",
                    "a b",
                    "~",
                    "9999999999999999999-0",
                    "1-1",
                    "1-",
                    "00-" + "0".repeat(32) + "-1-01",
                    "k".repeat(128),
                    "k".repeat(129),
                    "\t",
                    "\u00e4",
                    "2026-01-15T12:00:00Z");

    private final RandomGenerator random;
    private final OddJson json;
    private final Map<String, List<String>> known;

    /**
     * One request.
     *
     * @param path with its query, percent-encoded
     * @param body absent for none
     */
    record Odd(
            String method,
            String path,
            Map<String, String> headers,
            @Nullable String token,
            @Nullable String body) {
        @Override
        public String toString() {
            String shown = body == null ? "" : " " + body;
            return method
                    + " "
                    + path
                    + " "
                    + headers
                    + (shown.length() > 400 ? shown.substring(0, 400) + "…" : shown);
        }
    }

    /**
     * A source.
     *
     * @param known values that exist, for variables of paths
     */
    OddRequests(Contract contract, RandomGenerator random, Map<String, List<String>> known) {
        this.random = random;
        this.json = new OddJson(contract.document(), random);
        this.known = known;
    }

    private <T> T any(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    Odd next(Operation operation) {
        Map<String, String> headers = new java.util.TreeMap<>();
        StringBuilder query = new StringBuilder();
        for (JsonNode parameter : operation.node().path("parameters")) {
            String name = parameter.path("name").asString();
            switch (parameter.path("in").asString()) {
                case "query" -> query(query, name, parameter.path("schema"));
                case "header" -> {
                    if (oneIn(2)) {
                        headers.put(name, oneIn(2) ? json.uuid() : any(HEADER_VALUES));
                    }
                }
                default -> {}
            }
        }
        if (oneIn(12)) {
            add(query, json.encoded(), json.encoded());
        }
        if (oneIn(6)) {
            headers.put("Accept", any(ACCEPTED));
        }
        if (oneIn(10)) {
            headers.put("traceparent", any(HEADER_VALUES));
        }
        return new Odd(
                operation.method(),
                path(operation.template()) + query,
                headers,
                token(operation),
                body(operation, headers));
    }

    private @Nullable String token(Operation operation) {
        if (!operation.needsToken()) {
            return null;
        }
        return switch (random.nextInt(16)) {
            case 0 -> ApiServer.VIEWER;
            case 1 -> ApiServer.OPERATOR;
            case 2 -> ApiServer.BERLIN;
            case 3 -> ApiServer.ECHO_ONLY;
            case 4 -> "guess";
            default -> ApiServer.ADMIN;
        };
    }

    private @Nullable String body(Operation operation, Map<String, String> headers) {
        if (!operation.takesJson()) {
            return oneIn(10) && !operation.method().equals("GET") ? "{}" : null;
        }
        JsonNode content =
                operation.node().path("requestBody").path("content").path("application/json");
        if (!oneIn(15)) {
            headers.put("Content-Type", oneIn(12) ? any(MEDIA_TYPES) : "application/json");
        }
        return oneIn(25) ? null : json.body(content.path("schema"), content.path("example"));
    }

    private String path(String template) {
        List<String> segments = new ArrayList<>();
        for (String segment : template.substring(1).split("/", -1)) {
            if (!segment.startsWith("{")) {
                segments.add(segment);
                continue;
            }
            String name = segment.substring(1, segment.length() - 1);
            List<String> there = known.getOrDefault(name, List.of());
            if (there.isEmpty() || oneIn(4)) {
                String odd = json.encoded();
                segments.add(odd.isEmpty() ? "%20" : odd);
            } else {
                segments.add(any(there));
            }
        }
        return "/" + String.join("/", segments);
    }

    private void query(StringBuilder query, String name, JsonNode schema) {
        if (!oneIn(3)) {
            return;
        }
        String value =
                switch (random.nextInt(3)) {
                    case 0 -> json.encoded();
                    case 1 ->
                            URLEncoder.encode(
                                    known.containsKey(name) ? any(known.get(name)) : "x",
                                    StandardCharsets.UTF_8);
                    default -> fitting(schema);
                };
        add(query, name, value);
        if (oneIn(10)) {
            add(query, name, json.encoded());
        }
    }

    private String fitting(JsonNode schema) {
        if (schema.has("enum")) {
            return schema.path("enum").path(random.nextInt(schema.path("enum").size())).asString();
        }
        return switch (schema.path("type").asString("")) {
            case "integer" -> String.valueOf(random.nextInt(-1, 202));
            case "boolean" -> String.valueOf(random.nextBoolean());
            default -> json.encoded();
        };
    }

    private static void add(StringBuilder query, String name, String value) {
        query.append(query.isEmpty() ? '?' : '&').append(name).append('=').append(value);
    }
}
