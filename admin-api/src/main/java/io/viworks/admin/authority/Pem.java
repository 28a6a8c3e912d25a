package io.viworks.admin.authority;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One object in PEM (RFC 7468), strictly: nothing around it, nothing in it but base64. */
public final class Pem {
    private static final Base64.Encoder LINES =
            Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

    /** Possessive, so that no text makes it look twice. */
    private static final Pattern FORM =
            Pattern.compile(
                    "\\s*+-----BEGIN ([A-Z0-9 ]{1,40}+)-----([A-Za-z0-9+/=\\s]++)"
                            + "-----END ([A-Z0-9 ]{1,40}+)-----\\s*+");

    private Pem() {}

    /**
     * The bytes of the only object of a text.
     *
     * @param labels what may stand in its first line
     * @param maxChars longest text
     * @throws IllegalArgumentException says what would be right
     */
    public static byte[] decode(String text, Set<String> labels, int maxChars) {
        if (text.length() > maxChars) {
            throw new IllegalArgumentException("must have at most " + maxChars + " characters");
        }
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()
                || !labels.contains(matcher.group(1))
                || !matcher.group(1).equals(matcher.group(3))) {
            throw new IllegalArgumentException(
                    "must be one PEM block of " + labels.stream().sorted().findFirst().orElse(""));
        }
        try {
            return Base64.getDecoder().decode(matcher.group(2).replaceAll("\\s", ""));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("must hold base64 between its first and last line");
        }
    }

    /** The text of one object, with a line break at its end. */
    public static String encode(String label, byte[] der) {
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
                .formatted(label, LINES.encodeToString(der), label);
    }
}
