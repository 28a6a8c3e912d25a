package io.viworks.protocol.verb;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Which arguments of a verb are secret: those its schema marks {@code writeOnly} (JSON Schema
 * 2020-12, validation vocabulary, section 9.4).
 */
final class SecretArguments {
    private static final JsonNode MASK = JsonNodeFactory.instance.stringNode("***");

    /** Stands for every member of an object. */
    private static final String ANY = "*";

    private final Set<String> pointers;
    private final Set<String> known;

    private SecretArguments(Set<String> pointers, Set<String> known) {
        this.pointers = pointers;
        this.known = known;
    }

    static SecretArguments of(ObjectNode schema) {
        Set<String> pointers = new TreeSet<>();
        collect(schema, "", pointers);
        JsonNode properties = schema.get("properties");
        return new SecretArguments(
                Set.copyOf(pointers),
                properties == null ? Set.of() : Set.copyOf(properties.propertyNames()));
    }

    Set<String> pointers() {
        return pointers;
    }

    ObjectNode masked(ObjectNode args) {
        ObjectNode masked = args.deepCopy();
        if (pointers.isEmpty()) {
            return masked;
        }
        for (Map.Entry<String, JsonNode> member : masked.properties()) {
            if (!known.contains(member.getKey())) {
                member.setValue(MASK);
            }
        }
        for (String pointer : pointers) {
            mask(masked, segments(pointer));
        }
        return masked;
    }

    Set<String> values(ObjectNode args) {
        Set<String> values = new LinkedHashSet<>();
        for (String pointer : pointers) {
            values(args, segments(pointer), values);
        }
        return values;
    }

    private static void collect(JsonNode schema, String pointer, Set<String> pointers) {
        if (schema.path("writeOnly").booleanValue(false)) {
            pointers.add(pointer);
        }
        for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
            String name = property.getKey().replace("~", "~0").replace("/", "~1");
            collect(property.getValue(), pointer + "/" + name, pointers);
        }
        collectIfObject(schema.path("additionalProperties"), pointer, pointers);
        collectIfObject(schema.path("items"), pointer, pointers);
    }

    private static void collectIfObject(JsonNode schema, String pointer, Set<String> pointers) {
        if (schema.isObject()) {
            collect(schema, pointer + "/" + ANY, pointers);
        }
    }

    /** What is not built as the schema says is masked from there on, whole. */
    private static void mask(ObjectNode object, List<String> path) {
        String segment = path.getFirst();
        List<String> rest = path.subList(1, path.size());
        for (Map.Entry<String, JsonNode> member : object.properties()) {
            if (!segment.equals(ANY) && !segment.equals(member.getKey())) {
                continue;
            }
            if (!rest.isEmpty() && member.getValue() instanceof ObjectNode inner) {
                mask(inner, rest);
            } else {
                member.setValue(MASK);
            }
        }
    }

    private static void values(JsonNode value, List<String> path, Set<String> values) {
        if (path.isEmpty() || !value.isObject()) {
            leaves(value, values);
            return;
        }
        String segment = path.getFirst();
        List<String> rest = path.subList(1, path.size());
        for (Map.Entry<String, JsonNode> member : value.properties()) {
            if (segment.equals(ANY) || segment.equals(member.getKey())) {
                values(member.getValue(), rest, values);
            }
        }
    }

    private static void leaves(JsonNode value, Set<String> values) {
        if (value.isContainer()) {
            value.forEach(inner -> leaves(inner, values));
        } else if (!value.isNull() && !value.asString().isEmpty()) {
            values.add(value.asString());
        }
    }

    private static List<String> segments(String pointer) {
        return List.of(pointer.substring(1).split("/", -1)).stream()
                .map(segment -> segment.replace("~1", "/").replace("~0", "~"))
                .toList();
    }
}
