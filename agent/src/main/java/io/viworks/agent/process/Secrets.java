package io.viworks.agent.process;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * The texts that must not show up in what a run says: every secret value, and the ways programs
 * write one: JSON string, URL encoding, base64 (both alphabets, also inside a longer base64 text),
 * hexadecimal, and each longer line of a value with several. Immutable.
 */
public final class Secrets {
    /** Shorter values are not looked for: they stand in every output by chance. */
    static final int MIN_LENGTH = 3;

    /** Shorter lines and pieces of base64 are not looked for on their own. */
    private static final int MIN_PIECE = 6;

    private static final String MASK = "***";
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

    /** Masks a text that comes in pieces. */
    Masking masking() {
        return new Masking(spellings, MASK);
    }

    private static void spell(String value, Set<String> spellings) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        spellings.add(value);
        StringBuilder json = new StringBuilder();
        JsonStringEncoder.getInstance().quoteAsString(value, json);
        spellings.add(json.toString());
        url(value, spellings);
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
