package io.viworks.protocol;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The header {@code traceparent} (W3C Trace Context, section 3.2): which trace something belongs
 * to, and which of its spans has caused it.
 *
 * @param text in the form of version 00: 55 characters
 */
public record Traceparent(String text) {
    /** A later version begins like this one and may have more behind a dash (section 3.2.4). */
    private static final Pattern FORM =
            Pattern.compile(
                    "(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})"
                            + "-([0-9a-f]{2})(-.*)?");

    /** Longest header that is looked at; no version in sight is as long. */
    private static final int MAX_LENGTH = 256;

    public Traceparent {
        if (text.length() != 55 || !FORM.matcher(text).matches()) {
            throw new IllegalArgumentException("a traceparent has the form of W3C Trace Context");
        }
    }

    /**
     * Reads what somebody sent; what is malformed is ignored (section 4.3), and a later version is
     * understood as 00.
     */
    public static Optional<Traceparent> read(@Nullable String header) {
        if (header == null || header.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        Matcher matcher = FORM.matcher(header);
        if (!matcher.matches() || ("00".equals(matcher.group(1)) && matcher.group(5) != null)) {
            return Optional.empty();
        }
        return Optional.of(
                new Traceparent(
                        "00-"
                                + matcher.group(2)
                                + "-"
                                + matcher.group(3)
                                + "-"
                                + (sampled(matcher.group(4)) ? "01" : "00")));
    }

    private static boolean sampled(String flags) {
        return (Integer.parseInt(flags, 16) & 1) == 1;
    }

    /** 32 hexadecimal digits. */
    public String traceId() {
        return text.substring(3, 35);
    }

    /** 16 hexadecimal digits: the span that has caused what follows. */
    public String spanId() {
        return text.substring(36, 52);
    }

    /** Whether the trace is being recorded. */
    public boolean sampled() {
        return text.endsWith("1");
    }

    @Override
    public String toString() {
        return text;
    }
}
