package io.viworks.protocol.frame;

import io.viworks.protocol.Limits;
import java.time.Instant;

/**
 * One look at each byte of JSON as this suite's own programs plainly write it, without making
 * anything of it: what is recognised {@link StrictJson} would read. Of anything else (escapes such
 * as {@code \\u0000}, exponents, long numbers, many keys) it says that it does not know. Each of
 * its questions is asked with where something begins, and answers where that ends, or {@link
 * #UNKNOWN}. For one thread.
 */
abstract sealed class PlainJson permits PlainEnvelope, PlainTelemetry {
    /** Not plain, or not JSON at all. */
    static final int UNKNOWN = -1;

    /** Objects and arrays within each other; the codec takes more. */
    private static final int DEPTH = Limits.MAX_DEPTH / 2;

    /** Keys of one object, which are compared with each other. */
    private static final int KEYS = 64;

    /** Characters of a number that surely fits a long or a double. */
    private static final int DIGITS = 18;

    private static final int LONGEST_KEY = 256;

    private static final long FNV_BASIS = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    /** Of the keys seen in each object that is open, by its depth. */
    private final long[] hashes = new long[DEPTH * KEYS];

    private byte[] json = new byte[0];
    private boolean ascii;

    /** Of the latest key: where it stands, and its hash. */
    private int keyAt;

    private long hash;

    /** Of the latest instant. */
    private long seconds;

    private int nanos;

    PlainJson() {}

    /** What is looked at from now on. */
    final void begin(byte[] message) {
        json = message;
        ascii = true;
    }

    /** Whether what ends there is all there is, and in UTF-8. */
    final boolean isWhole(int end) {
        return end >= 0 && blank(end) == json.length && (ascii || Utf8.isValid(json));
    }

    /**
     * Any value.
     *
     * @param depth how many objects and arrays are around it
     */
    final int value(int at, int depth) {
        return switch (peek(at)) {
            case '"' -> string(at);
            case '{' -> object(at, depth);
            case '[' -> array(at, depth);
            case 't' -> literal(at, "true");
            case 'f' -> literal(at, "false");
            case 'n' -> literal(at, "null");
            default -> number(at);
        };
    }

    final int object(int from, int depth) {
        int at = blank(from + 1);
        if (peek(at) == '}') {
            return at + 1;
        }
        int keys = 0;
        for (; ; at = blank(at + 1)) {
            at = depth == DEPTH ? UNKNOWN : key(at, depth, keys++);
            at = at < 0 ? at : value(at, depth + 1);
            at = at < 0 ? at : blank(at);
            if (peek(at) != ',') {
                return peek(at) == '}' ? at + 1 : UNKNOWN;
            }
        }
    }

    private int array(int from, int depth) {
        int at = blank(from + 1);
        if (peek(at) == ']') {
            return at + 1;
        }
        for (; ; at = blank(at + 1)) {
            at = depth == DEPTH ? UNKNOWN : value(at, depth + 1);
            at = at < 0 ? at : blank(at);
            if (peek(at) != ',') {
                return peek(at) == ']' ? at + 1 : UNKNOWN;
            }
        }
    }

    /**
     * A key of plain characters that its object did not have yet, up to its value.
     *
     * @param depth how many objects and arrays are around the object
     * @param before how many keys the object had
     */
    final int key(int from, int depth, int before) {
        if (peek(from) != '"' || before == KEYS) {
            return UNKNOWN;
        }
        byte[] bytes = json;
        int end = Math.min(bytes.length, from + LONGEST_KEY + 2);
        long sum = FNV_BASIS;
        int at = from + 1;
        for (; at < end && bytes[at] != '"'; at++) {
            int c = bytes[at];
            if (c < ' ' || c == '\\') {
                return UNKNOWN;
            }
            sum = (sum ^ c) * FNV_PRIME;
        }
        if (at == end) {
            return UNKNOWN;
        }
        int first = depth * KEYS;
        for (int i = first; i < first + before; i++) {
            if (hashes[i] == sum) {
                return UNKNOWN;
            }
        }
        hashes[first + before] = sum;
        hash = sum;
        keyAt = from;
        at = blank(at + 1);
        return peek(at) == ':' ? blank(at + 1) : UNKNOWN;
    }

    /** Whether the latest key is this one; others may have its hash. */
    final boolean isKey(long sum, String name) {
        return hash == sum && word(keyAt, name) >= 0;
    }

    final int string(int from) {
        if (peek(from) != '"') {
            return UNKNOWN;
        }
        byte[] bytes = json;
        for (int at = from + 1; at < bytes.length; at++) {
            int c = bytes[at];
            if (c == '"') {
                return at + 1;
            }
            if (c == '\\') {
                if ("\"\\/bfnrt".indexOf(peek(++at)) < 0) {
                    return UNKNOWN;
                }
            } else if (c < 0) {
                ascii = false;
            } else if (c < ' ') {
                return UNKNOWN;
            }
        }
        return UNKNOWN;
    }

    /** Exactly this string, without any escape. */
    final int word(int from, String text) {
        int length = text.length();
        if (from + length + 2 > json.length || json[from] != '"') {
            return UNKNOWN;
        }
        for (int i = 0; i < length; i++) {
            if (json[from + 1 + i] != text.charAt(i)) {
                return UNKNOWN;
            }
        }
        return json[from + 1 + length] == '"' ? from + length + 2 : UNKNOWN;
    }

    private int literal(int from, String text) {
        for (int i = 0; i < text.length(); i++) {
            if (peek(from + i) != text.charAt(i)) {
                return UNKNOWN;
            }
        }
        return from + text.length();
    }

    /** A number without an exponent (RFC 8259, section 6). */
    final int number(int from) {
        int at = peek(from) == '-' ? from + 1 : from;
        if (peek(at) == '0') {
            at++;
        } else {
            at = digits(at);
        }
        if (at >= 0 && peek(at) == '.') {
            at = digits(at + 1);
        }
        boolean more = at < 0 || peek(at) == 'e' || peek(at) == 'E' || isDigit(peek(at));
        return more || at - from > DIGITS ? UNKNOWN : at;
    }

    private int digits(int from) {
        byte[] bytes = json;
        int at = from;
        while (at < bytes.length && isDigit(bytes[at])) {
            at++;
        }
        return at == from ? UNKNOWN : at;
    }

    /** A whole number of at most nine digits. */
    final int count(int from) {
        int end = peek(from) == '-' ? UNKNOWN : number(from);
        for (int at = from; at < end; at++) {
            if (json[at] == '.') {
                return UNKNOWN;
            }
        }
        return end - from <= 9 ? end : UNKNOWN;
    }

    /** An instant in UTC such as {@code 2026-01-15T12:00:00.123Z}; which one, is kept. */
    final int instant(int from) {
        int end = string(from);
        if (end < 0 || end - from < 22 || end - from > 32 || json[end - 2] != 'Z') {
            return UNKNOWN;
        }
        int year = two(from + 1) * 100 + two(from + 3);
        int month = two(from + 6);
        int day = two(from + 9);
        int hour = two(from + 12);
        int minute = two(from + 15);
        int second = two(from + 18);
        boolean fits =
                json[from + 5] == '-'
                        && json[from + 8] == '-'
                        && json[from + 11] == 'T'
                        && json[from + 14] == ':'
                        && json[from + 17] == ':'
                        && (year | month | day | hour | minute | second) >= 0
                        && month >= 1
                        && month <= 12
                        && day >= 1
                        && day <= lastDay(year, month)
                        && hour < 24
                        && minute < 60
                        && second < 60
                        && fraction(from + 20, end - 2);
        if (!fits) {
            return UNKNOWN;
        }
        seconds = epochDay(year, month, day) * 86_400 + hour * 3_600L + minute * 60L + second;
        return end;
    }

    /** Of the latest instant, since 1970, its fraction left out. */
    final long seconds() {
        return seconds;
    }

    /** The latest instant. */
    final Instant instant() {
        return Instant.ofEpochSecond(seconds, nanos);
    }

    /** Nothing, or a point and at least one digit. */
    private boolean fraction(int from, int to) {
        nanos = 0;
        if (from == to) {
            return true;
        }
        boolean digits = json[from] == '.' && to - from >= 2;
        int unit = 1_000_000_000;
        for (int at = from + 1; at < to; at++) {
            digits &= isDigit(json[at]);
            unit /= 10;
            nanos += (json[at] - '0') * unit;
        }
        return digits;
    }

    /** Two digits as a number; negative when they are none. */
    private int two(int at) {
        return isDigit(json[at]) && isDigit(json[at + 1])
                ? (json[at] - '0') * 10 + json[at + 1] - '0'
                : -10_000;
    }

    private static int lastDay(int year, int month) {
        if (month == 2) {
            return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
        }
        return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
    }

    /** Days since 1970-01-01, in the Gregorian calendar whose year begins with March. */
    private static long epochDay(int year, int month, int day) {
        long y = month <= 2 ? year - 1L : year;
        long era = y / 400;
        long ofEra = y - era * 400;
        long ofYear = (153L * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468;
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    final int blank(int from) {
        int at = from;
        if (at >= 0 && at < json.length && json[at] > ' ') {
            return at;
        }
        for (int c = peek(at); c == ' ' || c == '\n' || c == '\r' || c == '\t'; ) {
            c = peek(++at);
        }
        return at;
    }

    /** The byte there; negative beyond the end, and for those beyond ASCII. */
    final int peek(int at) {
        return at >= 0 && at < json.length ? json[at] : UNKNOWN;
    }

    static long hash(String text) {
        long sum = FNV_BASIS;
        for (int i = 0; i < text.length(); i++) {
            sum = (sum ^ text.charAt(i)) * FNV_PRIME;
        }
        return sum;
    }
}
