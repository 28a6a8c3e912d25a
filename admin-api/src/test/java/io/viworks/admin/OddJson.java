package io.viworks.admin;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.random.RandomGenerator;
import tools.jackson.databind.JsonNode;

/**
 * JSON texts out of the schemas of a document: right ones, ones at the edge, and ones that are
 * wrong in a way somebody will try. Texts and not trees, for some are no JSON at all.
 */
final class OddJson {
    /** Texts, spelled as inside a JSON string. */
    private static final List<String> TEXTS =
            List.of(
                    "",
                    " ",
                    "x",
                    "null",
                    "-1",
                    "0",
                    "true",
                    "a b",
                    "\\u0000",
                    "a\\u0000b",
                    "\\n",
                    "\\u2028",
                    "\\u202e",
                    "\\ud83d\\ude80",
                    "\\ud800",
                    "\\udc00\\ud800",
                    "ü€漢字",
                    "e\\u0301",
                    "\\u200b",
                    "'; drop table os_gateways; --",
                    "%00%s%n",
                    "../../etc",
                    "<script>alert(1)</script>",
                    "=1+1",
                    "${jndi:ldap://x}",
                    "\\\\",
                    "\\\"",
                    "*",
                    "a".repeat(64),
                    "a".repeat(65),
                    "a".repeat(255),
                    "a".repeat(256),
                    "z".repeat(5_000),
                    "2026-02-30T00:00:00Z",
                    "9999999999-01-01T00:00:00Z");

    private static final List<String> NUMBERS =
            List.of(
                    "0",
                    "-0",
                    "-1",
                    "1",
                    "1.0",
                    "1.5",
                    "1e3",
                    "1e400",
                    "-1e400",
                    "1e-400",
                    "2147483647",
                    "2147483648",
                    "-2147483649",
                    "9223372036854775807",
                    "9223372036854775808",
                    "1" + "0".repeat(40),
                    "0." + "3".repeat(60),
                    "9".repeat(400),
                    "NaN",
                    "0x10",
                    "01",
                    "+1",
                    ".5");

    private static final List<String> OTHERS =
            List.of(
                    "null",
                    "true",
                    "false",
                    "{}",
                    "[]",
                    "[null]",
                    "{\"\":\"\"}",
                    "\"\"",
                    "0",
                    "[[[[[[[[]]]]]]]]",
                    "{\"a\":{\"b\":{\"c\":{}}}}");

    private final JsonNode schemas;
    private final RandomGenerator random;

    OddJson(JsonNode document, RandomGenerator random) {
        this.schemas = document.path("components").path("schemas");
        this.random = random;
    }

    private <T> T any(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    private JsonNode resolved(JsonNode schema) {
        String reference = schema.path("$ref").asString("");
        return reference.isEmpty()
                ? schema
                : schemas.path(reference.substring(reference.lastIndexOf('/') + 1));
    }

    /** A whole body; of some the text itself is broken. */
    String body(JsonNode schema, JsonNode example) {
        if (oneIn(12)) {
            return broken(right(schema, example, 0));
        }
        if (oneIn(15)) {
            return any(OTHERS);
        }
        return oneIn(3) ? right(schema, example, 0) : object(resolved(schema), example, 0, true);
    }

    private String broken(String json) {
        return switch (random.nextInt(8)) {
            case 0 -> json.substring(0, random.nextInt(json.length() + 1));
            case 1 -> json + json;
            case 2 -> "\ufeff" + json;
            case 3 -> "[".repeat(20_000);
            case 4 -> "{\"a\":".repeat(5_000) + "1" + "}".repeat(5_000);
            case 5 -> json.replace("\"", "'");
            case 6 -> json + " ".repeat(70_000);
            default -> json.replaceFirst("\\{", "{,");
        };
    }

    private String right(JsonNode schema, JsonNode example, int depth) {
        if (depth == 0 && !example.isMissingNode() && oneIn(2)) {
            return example.toString();
        }
        JsonNode plain = resolved(schema);
        if (plain.has("anyOf")) {
            return right(plain.path("anyOf").path(0), example, depth + 1);
        }
        if (plain.has("enum")) {
            return plain.path("enum").path(random.nextInt(plain.path("enum").size())).toString();
        }
        return switch (type(plain)) {
            case "string" -> "\"" + text(plain) + "\"";
            case "integer", "number" -> String.valueOf(number(plain));
            case "boolean" -> String.valueOf(random.nextBoolean());
            case "array" -> "[" + right(plain.path("items"), example.path(0), depth + 1) + "]";
            case "object" -> object(plain, example, depth, false);
            default -> any(OTHERS);
        };
    }

    private static String type(JsonNode schema) {
        JsonNode type = schema.path("type");
        return type.isArray() ? type.path(0).asString("") : type.asString("");
    }

    private String text(JsonNode schema) {
        return switch (schema.path("format").asString("")) {
            case "uuid" -> uuid();
            case "date-time" -> "2026-01-15T12:00:00Z";
            default -> schema.has("pattern") ? "gw-fuzz-" + random.nextInt(9) : any(TEXTS);
        };
    }

    String uuid() {
        return new UUID(random.nextLong(), random.nextLong()).toString();
    }

    private long number(JsonNode schema) {
        long min = schema.path("minimum").asLong(0);
        long max = schema.path("maximum").asLong(1_000);
        return switch (random.nextInt(4)) {
            case 0 -> min;
            case 1 -> max;
            default -> random.nextLong(min, Math.max(min, max) + 1);
        };
    }

    private String object(JsonNode schema, JsonNode example, int depth, boolean odd) {
        Map<String, String> members = new TreeMap<>();
        for (var property : schema.path("properties").properties()) {
            if (oneIn(3) && !(odd ? false : needs(schema, property.getKey()))) {
                continue;
            }
            JsonNode shown = example.path(property.getKey());
            String value =
                    !shown.isMissingNode() && oneIn(2)
                            ? shown.toString()
                            : right(property.getValue(), shown, depth + 1);
            members.put(property.getKey(), odd && oneIn(3) ? wrong(value) : value);
        }
        if (schema.path("additionalProperties").isObject() || (odd && oneIn(6))) {
            members.put(any(TEXTS), odd ? any(OTHERS) : "\"v\"");
        }
        StringBuilder json = new StringBuilder("{");
        members.forEach((name, value) -> {
            json.append(json.length() > 1 ? "," : "").append('"').append(name).append("\":");
            json.append(value);
            if (odd && oneIn(25)) {
                json.append(",\"").append(name).append("\":").append(value);
            }
        });
        return json.append('}').toString();
    }

    private static boolean needs(JsonNode schema, String name) {
        return schema.path("required").toString().contains("\"" + name + "\"");
    }

    private String wrong(String value) {
        return switch (random.nextInt(5)) {
            case 0 -> any(NUMBERS);
            case 1 -> any(OTHERS);
            case 2 -> "\"" + any(TEXTS) + "\"";
            case 3 -> "[".repeat(1 + random.nextInt(40)) + value;
            default -> "{\"" + any(TEXTS) + "\":" + value + "}";
        };
    }

    /** A text for a path, a query or a header, percent-encoded where it must be. */
    String encoded() {
        return any(
                List.of(
                        "",
                        "x",
                        "0",
                        "-1",
                        "1",
                        "999999999999",
                        "9223372036854775808",
                        "1e9",
                        "true",
                        "a%20b",
                        "%00",
                        "a%00b",
                        "%0d%0aX:y",
                        "%2e%2e",
                        "%2f",
                        "%5c",
                        "%25",
                        "%c3%a4",
                        "%f0%9f%9a%80",
                        "%ed%a0%80",
                        "%ff",
                        "%e2%80%ae",
                        "%27%3b--",
                        "*",
                        "a*b",
                        "%7b%7d",
                        "a=b",
                        "a!=b",
                        "!a",
                        "=",
                        ",",
                        "a,b,c",
                        "-a",
                        "%25s",
                        "a".repeat(64),
                        "a".repeat(65),
                        "z".repeat(513),
                        "q".repeat(2_000),
                        "2026-01-15T12:00:00Z",
                        "2026-02-30T00:00:00Z",
                        "%2B1000000-01-01T00:00:00Z",
                        "1970-01-01T00:00:00Z",
                        "9999-12-31T23:59:59.999999999Z",
                        "PT5M",
                        "Z2F0ZXdheXMfZ3c",
                        "YXVkaXQfeB94",
                        uuid()));
    }
}
