package io.viworks.cli;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The arguments of a verb, typed as its schema says. {@code name=@file} reads the value from a
 * file; a text that begins with @ is written {@code @@…}.
 */
final class VerbArguments {
    /** Longest file in bytes. */
    private static final long MAX_FILE = 256 << 10;

    private final JsonNode verb;
    private final JsonNode properties;

    /**
     * For one verb.
     *
     * @param verb an item of {@code GET /verbs}
     */
    VerbArguments(JsonNode verb) {
        this.verb = verb;
        this.properties = verb.path("schema").path("properties");
    }

    /** All of them; what is wrong with a value beyond its type the API says. */
    ObjectNode read(List<String> words) throws Misunderstood {
        ObjectNode arguments = JsonNodeFactory.instance.objectNode();
        for (String word : words) {
            int equals = word.indexOf('=');
            if (equals < 1) {
                throw new Misunderstood(
                        "An argument is name=value; "
                                + Harmless.cell(word)
                                + " is not. "
                                + takes());
            }
            String name = word.substring(0, equals);
            JsonNode schema = properties.path(name);
            if (schema.isMissingNode()) {
                throw new Misunderstood(
                        "There is no argument " + Harmless.cell(name) + ". " + takes());
            }
            if (arguments.has(name)) {
                throw new Misunderstood(name + " is given twice.");
            }
            arguments.set(name, typed(name, value(name, word.substring(equals + 1)), schema));
        }
        List<String> missing = new ArrayList<>();
        for (JsonNode required : verb.path("schema").path("required")) {
            if (!arguments.has(required.asString(""))) {
                missing.add(required.asString(""));
            }
        }
        if (!missing.isEmpty()) {
            throw new Misunderstood("Missing: " + String.join(", ", missing) + ". " + takes());
        }
        return arguments;
    }

    /** What the verb takes, in a sentence. */
    String takes() {
        String verbName = Harmless.cell(Json.text(verb, "name"));
        if (properties.isEmpty()) {
            return verbName + " takes no arguments.";
        }
        List<String> required = new ArrayList<>();
        verb.path("schema").path("required").forEach(name -> required.add(name.asString("")));
        return properties.properties().stream()
                .map(one ->
                        "\n  "
                                + Harmless.cell(one.getKey())
                                + (isSecret(one.getKey()) ? "=@file" : "=" + type(one.getValue()))
                                + (required.contains(one.getKey()) ? "" : " (optional)")
                                + "  "
                                + Harmless.cell(Json.text(one.getValue(), "description")))
                .collect(Collectors.joining("", verbName + " takes:", ""));
    }

    private String value(String name, String text) throws Misunderstood {
        if (text.startsWith("@@")) {
            return inline(name, text.substring(1));
        }
        return text.startsWith("@") ? file(name, text.substring(1)) : inline(name, text);
    }

    private String inline(String name, String text) throws Misunderstood {
        if (isSecret(name)) {
            throw new Misunderstood(
                    name
                            + " is secret: it would stand in the list of processes and in the"
                            + " shell's history. Write it into a file and say "
                            + name
                            + "=@file.");
        }
        return text;
    }

    private static String file(String name, String file) throws Misunderstood {
        Path path = Path.of(file);
        try {
            if (Files.size(path) > MAX_FILE) {
                throw new Misunderstood(
                        name + ": " + path + " is larger than " + MAX_FILE + " bytes.");
            }
            String text = Files.readString(path);
            return text.endsWith("\n") ? text.replaceFirst("\r?\n$", "") : text;
        } catch (IOException e) {
            throw new Misunderstood(
                    name + ": " + Harmless.cell(file) + " cannot be read as a file of text.");
        }
    }

    private boolean isSecret(String name) {
        for (JsonNode pointer : verb.path("secret_arguments")) {
            String text = pointer.asString("");
            if (text.equals("/" + name) || text.startsWith("/" + name + "/")) {
                return true;
            }
        }
        return isWriteOnly(properties.path(name));
    }

    private static boolean isWriteOnly(JsonNode schema) {
        if (schema.path("writeOnly").asBoolean(false)) {
            return true;
        }
        for (JsonNode inner : schema) {
            if (isWriteOnly(inner)) {
                return true;
            }
        }
        return false;
    }

    private static String type(JsonNode schema) {
        String type = Json.text(schema, "type");
        return switch (type) {
            case "array" -> "a,b,…";
            case "boolean" -> "true|false";
            case "object" -> "JSON";
            case "", "string" -> "text";
            default -> type;
        };
    }

    private JsonNode typed(String name, String text, JsonNode schema) throws Misunderstood {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        try {
            return switch (Json.text(schema, "type")) {
                case "integer" -> nodes.numberNode(new BigInteger(text));
                case "number" -> nodes.numberNode(new BigDecimal(text));
                case "boolean" -> {
                    if (!text.equals("true") && !text.equals("false")) {
                        throw wrong(name, "true or false");
                    }
                    yield nodes.booleanNode(text.equals("true"));
                }
                case "array" -> {
                    ArrayNode array = nodes.arrayNode();
                    for (String item : text.isEmpty() ? new String[0] : text.split(",", -1)) {
                        array.add(typed(name, item, schema.path("items")));
                    }
                    yield array;
                }
                case "object" -> {
                    JsonNode object = Json.MAPPER.readTree(text);
                    if (!object.isObject()) {
                        throw wrong(name, "a JSON object");
                    }
                    yield object;
                }
                default -> nodes.stringNode(text);
            };
        } catch (NumberFormatException e) {
            throw wrong(name, "a number, " + type(schema));
        } catch (JacksonException e) {
            throw wrong(name, "a JSON object");
        }
    }

    /** Without the value: it may be secret. */
    private static Misunderstood wrong(String name, String right) {
        return new Misunderstood(name + " must be " + right + ".");
    }
}
