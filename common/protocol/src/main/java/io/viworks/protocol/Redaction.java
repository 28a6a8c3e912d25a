package io.viworks.protocol;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * Takes out of outputs what looks like a secret (spec 4). The agent has removed the values it knew;
 * this is for those nobody told it. Every pattern is linear in the length of its text. Thread-safe.
 */
public final class Redaction {
    /** Stands for what was taken out. */
    public static final String MASK = "[redacted]";

    private static final String NAME =
            "[\\w.-]{0,64}(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key"
                    + "|private[_-]?key|credential)[\\w.-]{0,64}+";

    /** One of these is in every name that {@link #NAME} finds. */
    private static final List<String> NAMES =
            List.of("passw", "passphrase", "secret", "token", "key", "credential");

    /**
     * A pattern, and what stands for what it found.
     *
     * @param signs in lower case, of which one is in every text where the pattern finds something:
     *     nearly every text holds none, and to know that costs a hundredth of the search
     */
    private record Rule(Pattern pattern, String replacement, List<String> signs) {
        String applied(String text, String lowerCase) {
            return signs.stream().anyMatch(lowerCase::contains)
                    ? pattern.matcher(text).replaceAll(replacement)
                    : text;
        }
    }

    private static final List<Rule> RULES =
            List.of(
                    new Rule(
                            Pattern.compile(
                                    "-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
                                            + "(?:(?!-----END )[\\s\\S])*+"
                                            + "(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY"
                                            + "(?: BLOCK)?-----)?"),
                            MASK,
                            List.of("-----begin")),
                    new Rule(
                            Pattern.compile(
                                    "-----BEGIN OpenVPN Static key V1-----"
                                            + "(?:(?!-----END )[\\s\\S])*+"
                                            + "(?:-----END OpenVPN Static key V1-----)?"),
                            MASK,
                            List.of("-----begin")),
                    new Rule(
                            Pattern.compile("(?i)\\b(bearer|basic)(\\s+)[A-Za-z0-9._~+/=-]{8,}+"),
                            "$1$2" + MASK,
                            List.of("bearer", "basic")),
                    new Rule(
                            Pattern.compile("\\beyJ[\\w-]{8,}+\\.[\\w-]{8,}+\\.[\\w-]{8,}+"),
                            MASK,
                            List.of("eyj")),
                    new Rule(
                            Pattern.compile("(?i)(://[^\\s:/@]{1,128}+:)[^\\s@/]{1,256}+@"),
                            "$1" + MASK + "@",
                            List.of("://")),
                    new Rule(
                            Pattern.compile(
                                    "(?i)(\\b"
                                            + NAME
                                            + "[\"']?\\s{0,4}+[=:]\\s{0,4}+)"
                                            + "(?:\"(?:[^\"\\\\\\n]|\\\\.)*+\"|'[^'\\n]*+'|[^\\s\"',;&]++)"),
                            "$1" + MASK,
                            NAMES),
                    // An option and its value: a word behind a dash is the next option.
                    new Rule(
                            Pattern.compile(
                                    "(?i)((?<![^\\s\"'])--?"
                                            + NAME
                                            + "[ \\t]{1,4}+)"
                                            + "(?:\"(?:[^\"\\\\\\n]|\\\\.)*+\"|'[^'\\n]*+'"
                                            + "|[^\\s\"',;&-][^\\s\"',;&]*+)"),
                            "$1" + MASK,
                            NAMES));

    private static final Pattern SECRET_NAME = Pattern.compile("(?i)" + NAME);

    /** The text without its secrets. */
    public @Nullable String of(@Nullable String text) {
        if (text == null || text.isEmpty()) {
            return text;
        }
        String lowerCase = text.toLowerCase(Locale.ROOT);
        String clean = text;
        for (Rule rule : RULES) {
            clean = rule.applied(clean, lowerCase);
        }
        return clean;
    }

    /** The object without its secrets, in names and values; a copy when it holds any. */
    public @Nullable ObjectNode of(@Nullable ObjectNode object) {
        return object == null ? null : (ObjectNode) clean(object);
    }

    private JsonNode clean(JsonNode node) {
        return switch (node) {
            case ObjectNode object -> {
                ObjectNode copy = object.objectNode();
                object.properties()
                        .forEach(entry ->
                                copy.set(entry.getKey(), named(entry.getKey(), entry.getValue())));
                yield copy;
            }
            case ArrayNode array -> {
                ArrayNode copy = array.arrayNode();
                array.forEach(element -> copy.add(clean(element)));
                yield copy;
            }
            case StringNode string -> {
                String clean = of(string.asString());
                yield clean == null ? string : StringNode.valueOf(clean);
            }
            default -> node;
        };
    }

    private JsonNode named(String name, JsonNode value) {
        return SECRET_NAME.matcher(name.toLowerCase(Locale.ROOT)).matches()
                ? hidden(value)
                : clean(value);
    }

    /** Texts and numbers, also in lists; that something is set or not may be told. */
    private JsonNode hidden(JsonNode value) {
        if (value instanceof ArrayNode array) {
            ArrayNode copy = array.arrayNode();
            array.forEach(element -> copy.add(hidden(element)));
            return copy;
        }
        return value.isString() || value.isNumber() ? StringNode.valueOf(MASK) : clean(value);
    }
}
