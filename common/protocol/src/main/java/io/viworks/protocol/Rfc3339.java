package io.viworks.protocol;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.regex.Pattern;

/**
 * Instants as the protocol writes them: RFC 3339 in UTC. The offset is {@code Z} or its longer form
 * {@code +00:00}; years have four digits, fractions at most nine.
 */
public final class Rfc3339 {
    private static final Pattern FORM =
            Pattern.compile(
                    "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}"
                            + "(?:\\.[0-9]{1,9})?(?:[Zz]|[+-]00:00)");

    private Rfc3339() {}

    /**
     * Reads the form on the wire.
     *
     * @throws DateTimeParseException when the text has another form or names no instant
     */
    public static Instant parse(String text) {
        if (!FORM.matcher(text).matches()) {
            throw new DateTimeParseException("not RFC 3339 in UTC", text, 0);
        }
        String canonical =
                text.endsWith("00:00") ? text.substring(0, text.length() - 6) + "Z" : text;
        return Instant.parse(canonical);
    }

    /** The form on the wire, with {@code Z} and as many digits as the instant has. */
    public static String format(Instant instant) {
        return instant.toString();
    }
}
