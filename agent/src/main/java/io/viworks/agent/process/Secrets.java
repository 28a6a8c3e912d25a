package io.viworks.agent.process;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.core.io.JsonStringEncoder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;
import tools.jackson.databind.node.ValueNode;

/**
 * The texts that must not show up in what a run says: every secret value, and the ways programs
 * write one: JSON string, URL encoding, base64 (both alphabets, also inside a longer base64 text),
 * hexadecimal, XML, as a shell's word, and each longer line of a value with several. Immutable.
 */
public final class Secrets {
    /** Shorter values are not looked for: they stand in every output by chance. */
    static final int MIN_LENGTH = 3;

    /** Shorter lines and pieces of base64 are not looked for on their own. */
    private static final int MIN_PIECE = 6;

    private static final String MASK = "***";

    /** What a shell would read as something else; bytes beyond ASCII stay as they are. */
    private static final Pattern UNSAFE_IN_SHELL =
            Pattern.compile("[\\x20-\\x7e&&[^A-Za-z0-9_@%+=:./-]]");

    private static final Secrets NONE = new Secrets(Set.of());

    private final Set<String> spellings;

    private Secrets(Set<String> spellings) {
        this.spellings = spellings;
    }

    /** Nothing to hide. */
    public static Secrets none() {
        return NONE;
    }

    /** These values in all their spellings. */
    public static Secrets of(Collection<String> values) {
        Set<String> spellings = new LinkedHashSet<>();
        for (String value : values) {
            if (value.length() >= MIN_LENGTH) {
                spell(value, spellings);
            }
        }
        return spellings.isEmpty() ? NONE : new Secrets(Set.copyOf(spellings));
    }

    /** A text with every secret replaced by {@code ***}. */
    public String masked(String text) {
        Masking masking = masking();
        return masking.next(text) + masking.end(false);
    }

    /** An object with every secret replaced in its names and its texts: a copy. */
    public ObjectNode masked(ObjectNode object) {
        if (spellings.isEmpty()) {
            return object;
        }
        ObjectNode copy = object.objectNode();
        object.properties()
                .forEach(
                        member -> copy.set(masked(member.getKey()), maskedNode(member.getValue())));
        return copy;
    }

    private JsonNode maskedNode(JsonNode node) {
        return switch (node) {
            case ObjectNode object -> masked(object);
            case ArrayNode array -> {
                ArrayNode copy = array.arrayNode();
                array.forEach(item -> copy.add(maskedNode(item)));
                yield copy;
            }
            case ValueNode value -> {
                String text = value.asString("");
                String masked = masked(text);
                yield masked.equals(text) ? value : StringNode.valueOf(masked);
            }
            default -> node;
        };
    }

    /** Masks a text that comes in pieces. */
    Masking masking() {
        return new Masking(spellings, MASK);
    }

    private static void spell(String value, Set<String> spellings) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        spellings.add(value);
        json(value, spellings);
        url(value, spellings);
        shell(value, spellings);
        spellings.add(xml(value));
        spellings.add(xml(value).replace("&quot;", "&#34;").replace("&#39;", "&apos;"));
        spellings.add(hex(bytes));
        spellings.add(hex(bytes).toUpperCase(Locale.ROOT));
        for (Base64.Encoder encoder :
                new Base64.Encoder[] {Base64.getEncoder(), Base64.getUrlEncoder()}) {
            spellings.add(encoder.encodeToString(bytes));
            for (int before = 0; before < 3; before++) {
                inside(bytes, before, encoder, spellings);
            }
        }
        value.lines()
                .map(String::strip)
                .filter(line -> line.length() >= MIN_PIECE && !line.startsWith("-----"))
                .forEach(spellings::add);
    }

    /** With and without what some escape though they need not: slashes, all but ASCII. */
    private static void json(String value, Set<String> spellings) {
        StringBuilder quoted = new StringBuilder();
        JsonStringEncoder.getInstance().quoteAsString(value, quoted);
        String json = quoted.toString();
        StringBuilder ascii = new StringBuilder();
        json.chars()
                .forEach(c -> {
                    if (c < 0x80) {
                        ascii.append((char) c);
                    } else {
                        ascii.append(String.format(Locale.ROOT, "\\u%04x", c));
                    }
                });
        for (String text : new String[] {json, ascii.toString()}) {
            spellings.add(text);
            spellings.add(text.replace("/", "\\/"));
        }
    }

    /** As {@code set -x} and {@code printf %q} write a word. */
    private static void shell(String value, Set<String> spellings) {
        spellings.add(value.replace("'", "'\\''"));
        spellings.add(UNSAFE_IN_SHELL.matcher(value).replaceAll("\\\\$0"));
    }

    private static String xml(String value) {
        return value.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    private static void url(String value, Set<String> spellings) {
        String form = URLEncoder.encode(value, StandardCharsets.UTF_8);
        String percent = form.replace("+", "%20");
        for (String encoded : new String[] {form, percent}) {
            spellings.add(encoded);
            spellings.add(lowerEscapes(encoded));
        }
    }

    private static String lowerEscapes(String encoded) {
        StringBuilder lower = new StringBuilder(encoded);
        for (int i = lower.indexOf("%"); i >= 0; i = lower.indexOf("%", i + 1)) {
            String escape = lower.substring(i, i + 3);
            lower.replace(i, i + 3, escape.toLowerCase(Locale.ROOT));
        }
        return lower.toString();
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    /** What base64 makes of the value after so many other bytes, without what neighbours decide. */
    private static void inside(
            byte[] bytes, int before, Base64.Encoder encoder, Set<String> spellings) {
        byte[] shifted = new byte[before + bytes.length];
        System.arraycopy(bytes, 0, shifted, before, bytes.length);
        String encoded = encoder.withoutPadding().encodeToString(shifted);
        int from = before == 0 ? 0 : before + 1;
        int to = shifted.length % 3 == 0 ? encoded.length() : encoded.length() - 1;
        if (to - from >= MIN_PIECE) {
            spellings.add(encoded.substring(from, to));
        }
    }
}
