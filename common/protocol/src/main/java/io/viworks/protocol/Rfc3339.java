package io.viworks.protocol;

import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.format.DateTimeParseException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Instants as the protocol writes them: RFC 3339 in UTC. The offset is {@code Z} or its longer form
 * {@code +00:00}; years have four digits, fractions at most nine.
 */
public final class Rfc3339 {
    private static final Pattern FORM =
            Pattern.compile(
                    "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}"
                            + "(?:\\.[0-9]{1,9})?(?:[Zz]|[+-]00:00)");

    /** Where {@code 2026-01-01T00:00:00} ends. */
    private static final int SECONDS_END = 19;

    private Rfc3339() {}

    /**
     * Reads the form on the wire.
     *
     * @throws DateTimeParseException when the text has another form or names no instant
     */
    public static Instant parse(String text) {
        Instant usual = usual(text);
        return usual != null ? usual : unusual(text);
    }

    /**
     * By hand what every frame has: capitals, {@code Z}, a day that is in the calendar, no leap
     * second. Null for all else, which is looked at the long way.
     */
    private static @Nullable Instant usual(String text) {
        int end = text.length() - 1;
        if (end < SECONDS_END
                || end > SECONDS_END + 10
                || text.charAt(end) != 'Z'
                || text.charAt(4) != '-'
                || text.charAt(7) != '-'
                || text.charAt(10) != 'T'
                || text.charAt(13) != ':'
                || text.charAt(16) != ':') {
            return null;
        }
        int year = digits(text, 0, 4);
        int month = digits(text, 5, 7);
        int day = digits(text, 8, 10);
        int hour = digits(text, 11, 13);
        int minute = digits(text, 14, 16);
        int second = digits(text, 17, SECONDS_END);
        int nanos = 0;
        if (end > SECONDS_END) {
            nanos = text.charAt(SECONDS_END) == '.' ? digits(text, SECONDS_END + 1, end) : -1;
            for (int missing = SECONDS_END + 10 - end; nanos > 0 && missing > 0; missing--) {
                nanos *= 10;
            }
        }
        if (year < 0
                || month < 1
                || month > 12
                || day < 1
                || day > YearMonth.of(year, month).lengthOfMonth()
                || hour < 0
                || hour > 23
                || minute < 0
                || minute > 59
                || second < 0
                || second > 59
                || nanos < 0
                || end == SECONDS_END + 1) {
            return null;
        }
        long days = LocalDate.of(year, month, day).toEpochDay();
        return Instant.ofEpochSecond(days * 86_400 + hour * 3_600L + minute * 60L + second, nanos);
    }

    /** A number of digits alone, below zero when something else is among them. */
    private static int digits(String text, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }

    private static Instant unusual(String text) {
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
