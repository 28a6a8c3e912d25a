package io.viworks.admin;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.net.http.HttpHeaders;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The OpenAPI document of a running API, to hold requests and answers against. */
final class Contract {
    static final String PROBLEM = "application/problem+json";
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Pattern VARIABLE = Pattern.compile("\\{[^/}]+}");

    private final JsonNode document;
    private final ObjectNode components;
    private final ObjectNode closedComponents;
    private final List<Operation> operations = new ArrayList<>();
    private final Map<String, Schema> compiled = new HashMap<>();
    private final SchemaRegistry registry =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    /**
     * One call.
     *
     * @param id its operationId
     * @param template its path as the document has it
     */
    record Operation(String id, String method, String template, Pattern path, JsonNode node) {
        /** The call itself, where an older path leads to the same. */
        String call() {
            return id.replaceFirst("_older$", "");
        }

        boolean takesJson() {
            return node.path("requestBody").path("content").has("application/json");
        }

        boolean needsToken() {
            return !node.has("security");
        }

        /** What it says it may answer: {@code 202}, or {@code 404 unknown_gateway}. */
        Set<String> documented() {
            Set<String> outcomes = new TreeSet<>();
            for (var answer : node.path("responses").properties()) {
                JsonNode codes = answer.getValue().path("content").path(PROBLEM).path("examples");
                if (codes.isEmpty()) {
                    outcomes.add(answer.getKey());
                }
                codes.propertyNames().forEach(code -> outcomes.add(answer.getKey() + " " + code));
            }
            return outcomes;
        }

        @Override
        public String toString() {
            return method + " " + template;
        }
    }

    private Contract(JsonNode document) {
        this.document = document;
        this.components = (ObjectNode) document.path("components").deepCopy();
        this.closedComponents = components.deepCopy();
        closedComponents.path("schemas").forEach(Contract::close);
        for (var path : document.path("paths").properties()) {
            for (var method : path.getValue().properties()) {
                operations.add(
                        new Operation(
                                method.getValue().path("operationId").asString(),
                                method.getKey().toUpperCase(Locale.ROOT),
                                path.getKey(),
                                pattern(path.getKey()),
                                method.getValue()));
            }
        }
        // The one with the fewest variables first: /gateways/register is no gateway.
        operations.sort(
                Comparator.comparingLong((Operation operation) ->
                                VARIABLE.matcher(operation.template()).results().count())
                        .thenComparing(Operation::toString));
    }

    static Contract of(ApiServer api) {
        return new Contract(api.get("/v3/api-docs", null).json());
    }

    private static Pattern pattern(String template) {
        StringBuilder pattern = new StringBuilder();
        for (String segment : template.substring(1).split("/", -1)) {
            pattern.append('/')
                    .append(VARIABLE.matcher(segment).matches() ? "[^/]+" : Pattern.quote(segment));
        }
        return Pattern.compile(pattern.toString());
    }

    /** An answer has no member that is not described. */
    private static void close(JsonNode schema) {
        if (schema instanceof ObjectNode object
                && object.has("properties")
                && !object.has("additionalProperties")) {
            object.put("unevaluatedProperties", false);
        }
    }

    JsonNode document() {
        return document;
    }

    List<Operation> operations() {
        return operations;
    }

    /** The call that a request is of. */
    Optional<Operation> operation(String method, String rawPath) {
        return operations.stream()
                .filter(one -> one.method().equals(method) && one.path().matcher(rawPath).matches())
                .findFirst();
    }

    /** An outcome as {@link Operation#documented} spells it. */
    static String outcome(int status, @Nullable String contentType, String body) {
        if (!PROBLEM.equals(contentType)) {
            return String.valueOf(status);
        }
        try {
            return status + " " + JSON.readTree(body).path("code").asString("?");
        } catch (JacksonException e) {
            return status + " ?";
        }
    }

    /** What of an answer is not as it is described. */
    List<String> mistakes(Operation operation, int status, HttpHeaders headers, String body) {
        List<String> mistakes = new ArrayList<>();
        JsonNode described = operation.node().path("responses").path(String.valueOf(status));
        if (described.isMissingNode()) {
            return List.of("the status " + status + " is not described");
        }
        for (var header : described.path("headers").properties()) {
            if (header.getValue().path("required").asBoolean(false)
                    && headers.firstValue(header.getKey()).isEmpty()) {
                mistakes.add(status + " without the header " + header.getKey());
            }
        }
        String type = headers.firstValue("Content-Type").orElse("").replaceFirst(";.*", "");
        JsonNode content = described.path("content");
        if (body.isEmpty() && content.isEmpty()) {
            return mistakes;
        }
        if (!content.has(type)) {
            mistakes.add(status + " with the media type \"" + type + "\"");
        } else if (type.equals("application/x-ndjson")) {
            body.lines()
                    .map(line -> violations(content.path(type).path("schema"), line, true))
                    .forEach(mistakes::addAll);
        } else if (type.endsWith("json")) {
            mistakes.addAll(violations(content.path(type).path("schema"), body, true));
        }
        return mistakes;
    }

    /**
     * What of a JSON text does not fit a schema of the document.
     *
     * @param closed whether members that are not described are mistakes
     */
    List<String> violations(JsonNode schema, String json, boolean closed) {
        try {
            return compiled(schema, closed).validate(JSON.readTree(json)).stream()
                    .map(error -> error.getInstanceLocation() + " " + error.getMessage())
                    .toList();
        } catch (JacksonException e) {
            return List.of("not JSON: " + e.getOriginalMessage());
        }
    }

    private synchronized Schema compiled(JsonNode schema, boolean closed) {
        return compiled.computeIfAbsent(
                closed + schema.toString(),
                _ -> {
                    ObjectNode root = JSON.createObjectNode();
                    root.set("components", closed ? closedComponents : components);
                    ObjectNode itself = schema.deepCopy().asObject();
                    if (closed) {
                        close(itself);
                    }
                    root.setAll(itself);
                    return registry.getSchema(root);
                });
    }
}
