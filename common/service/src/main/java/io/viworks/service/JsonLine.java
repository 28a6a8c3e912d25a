package io.viworks.service;

import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;
import org.springframework.boot.logging.structured.StructuredLogFormatter;
import org.springframework.core.env.Environment;

/**
 * One log event as one line of JSON: {@code ts, level, msg, service, logger}, then the event's own
 * keys ({@code event, agent_id, conn_id, correlation_id, …}) and {@code error} with the stack. What
 * strangers sent stays inside its value, on its line. Written by hand: a service that carries
 * thousands of commands a second writes as many lines, and a general writer was a fifth of what a
 * bridge allocated.
 */
public final class JsonLine implements StructuredLogFormatter<ILoggingEvent> {
    /** Most characters of one value; a stack is the longest that is meant to be there. */
    static final int MAX_TEXT = 32 * 1024;

    /** Characters that most lines have room in. */
    private static final int USUAL_LENGTH = 512;

    private final String service;
    private final ThrowableProxyConverter stack = new ThrowableProxyConverter();

    public JsonLine(Environment environment) {
        service = environment.getProperty("spring.application.name", "unknown");
        stack.start();
    }

    @Override
    public String format(ILoggingEvent event) {
        StringBuilder line = new StringBuilder(USUAL_LENGTH);
        line.append("{\"ts\":");
        quote(String.valueOf(event.getInstant()), line);
        member("level", String.valueOf(event.getLevel()), line);
        member("msg", event.getFormattedMessage(), line);
        member("service", service, line);
        member("logger", event.getLoggerName(), line);
        boolean said = false;
        List<KeyValuePair> pairs = event.getKeyValuePairs();
        if (pairs != null) {
            for (KeyValuePair pair : pairs) {
                said |= pair.key.equals("error");
                member(pair.key, pair.value, line);
            }
        }
        if (event.getThrowableProxy() != null) {
            // A line that says an error in words keeps them.
            member(said ? "stack" : "error", stack.convert(event), line);
        }
        return line.append("}\n").toString();
    }

    private static void member(String name, @Nullable Object value, StringBuilder line) {
        line.append(',');
        quote(name, line);
        line.append(':');
        switch (value) {
            case null -> line.append("null");
            case Integer number -> line.append(number.intValue());
            case Long number -> line.append(number.longValue());
            case Boolean flag -> line.append(flag.booleanValue());
            case Number number when Double.isFinite(number.doubleValue()) -> line.append(number);
            default -> quote(value.toString(), line);
        }
    }

    /**
     * A text as JSON has it. What a terminal or a line-wise reader would act on, and JSON would let
     * through, is told as {@code \\uXXXX}; and no more of it than {@value #MAX_TEXT} characters.
     */
    private static void quote(String text, StringBuilder line) {
        line.append('"');
        int taken = 0;
        for (int i = 0; i < text.length() && taken < MAX_TEXT; taken++) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
                line.append((char) c);
            } else {
                escape(c, line);
            }
        }
        if (text.length() > MAX_TEXT) {
            line.append('…');
        }
        line.append('"');
    }

    private static void escape(int c, StringBuilder line) {
        switch (c) {
            case '"' -> line.append("\\\"");
            case '\\' -> line.append("\\\\");
            case '\n' -> line.append("\\n");
            case '\r' -> line.append("\\r");
            case '\t' -> line.append("\\t");
            default -> {
                if (c < ' ') {
                    line.append("\\u%04x".formatted(c));
                } else if (isHarmful(c)) {
                    line.append("\\\\u%04x".formatted(c));
                } else {
                    line.appendCodePoint(c);
                }
            }
        }
    }

    private static boolean isHarmful(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL -> c >= 0x7f;
            case Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE ->
                    true;
            default -> false;
        };
    }
}
