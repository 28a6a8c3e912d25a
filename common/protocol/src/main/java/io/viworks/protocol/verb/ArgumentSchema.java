package io.viworks.protocol.verb;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import com.networknt.schema.path.NodePath;
import io.viworks.protocol.verb.Verb.Violation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The JSON Schema of one verb's arguments. The words of a violation are made here, out of the
 * schema alone: the validator's own depend on the locale and some of them quote the value.
 */
final class ArgumentSchema {
    private final ObjectNode schema;
    private volatile @Nullable Schema compiled;

    ArgumentSchema(ObjectNode schema) {
        this.schema = schema;
    }

    /** Loaded with the first check, not with the catalogue. */
    private static final class Registry {
        static final SchemaRegistry INSTANCE =
                SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    }

    ObjectNode copy() {
        return schema.deepCopy();
    }

    List<Violation> validate(JsonNode args) {
        List<Violation> violations = new ArrayList<>();
        for (Error error : compiled().validate(args)) {
            Violation violation = new Violation(pointer(error), message(error));
            if (!violations.contains(violation)) {
                violations.add(violation);
            }
        }
        violations.sort(Comparator.comparing(Violation::pointer));
        return List.copyOf(violations);
    }

    /** Two threads may compile it both; either result will do. */
    private Schema compiled() {
        Schema present = compiled;
        if (present == null) {
            present = Registry.INSTANCE.getSchema(schema);
            compiled = present;
        }
        return present;
    }

    private static String pointer(Error error) {
        StringBuilder pointer = new StringBuilder();
        NodePath location = error.getInstanceLocation();
        for (int i = 0; i < location.getNameCount(); i++) {
            append(pointer, String.valueOf(location.getElement(i)));
        }
        String property = error.getProperty();
        if (property != null) {
            append(pointer, property);
        }
        return pointer.toString();
    }

    private static void append(StringBuilder pointer, String segment) {
        pointer.append('/').append(segment.replace("~", "~0").replace("/", "~1"));
    }

    private String message(Error error) {
        JsonNode rule = error.getSchemaNode();
        return switch (error.getKeyword()) {
            case "required" -> "is missing";
            case "additionalProperties" -> "is not known; known are " + names();
            case "type" -> "must be " + typeName(rule.asString());
            case "pattern" -> "must match " + rule.asString();
            case "minLength" -> "must have at least " + rule.asString() + " characters";
            case "maxLength" -> "must have at most " + rule.asString() + " characters";
            case "minimum" -> "must be at least " + rule.asString();
            case "maximum" -> "must be at most " + rule.asString();
            case "maxItems" -> "must have at most " + rule.asString() + " items";
            case "minProperties", "maxProperties" -> size(error.getKeyword(), rule);
            case "propertyNames" -> "must have names matching its pattern";
            default -> "must satisfy " + error.getKeyword();
        };
    }

    private String size(String keyword, JsonNode rule) {
        JsonNode min = schema.get("minProperties");
        JsonNode max = schema.get("maxProperties");
        if (min != null && min.equals(max)) {
            return "must have exactly " + min.asString() + " of " + names();
        }
        String bound = keyword.substring(0, 3).toLowerCase(Locale.ROOT);
        String words = bound.equals("min") ? "at least " : "at most ";
        return "must have " + words + rule.asString() + " members";
    }

    private String names() {
        JsonNode properties = schema.get("properties");
        return properties == null || properties.isEmpty()
                ? "none"
                : String.join(", ", properties.propertyNames());
    }

    private static String typeName(String type) {
        return switch (type) {
            case "object", "array", "integer" -> "an " + type;
            default -> "a " + type;
        };
    }
}
