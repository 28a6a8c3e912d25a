package io.viworks.service;

import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;
import org.springframework.boot.json.JsonWriter;
import org.springframework.boot.logging.structured.StructuredLogFormatter;
import org.springframework.core.env.Environment;

/**
 * One log event as one line of JSON: {@code ts, level, msg, service, logger}, then the event's own
 * keys ({@code event, agent_id, conn_id, correlation_id, …}) and {@code error} with the stack. What
 * strangers sent stays inside its value, on its line.
 */
public final class JsonLine implements StructuredLogFormatter<ILoggingEvent> {
    /** Most characters of one value; a stack is the longest that is meant to be there. */
    static final int MAX_TEXT = 32 * 1024;

    private final JsonWriter<ILoggingEvent> writer;
    private final ThrowableProxyConverter stack = new ThrowableProxyConverter();

    public JsonLine(Environment environment) {
        String service = environment.getProperty("spring.application.name", "unknown");
        stack.start();
        writer =
                JsonWriter.<ILoggingEvent>of(
                                members -> {
                                    members.add("ts", ILoggingEvent::getInstant);
                                    members.add("level", ILoggingEvent::getLevel);
                                    members.add("msg", ILoggingEvent::getFormattedMessage);
                                    members.add("service", service);
                                    members.add("logger", ILoggingEvent::getLoggerName);
                                    members.add().usingPairs(JsonLine::keysAndValues);
                                    members.add("error", event -> event)
                                            .when(event -> event.getThrowableProxy() != null)
                                            .as(stack::convert);
                                    members.applyingValueProcessor(
                                            JsonWriter.ValueProcessor.of(
                                                    String.class, JsonLine::harmless));
                                })
                        .withNewLineAtEnd();
    }

    private static void keysAndValues(ILoggingEvent event, BiConsumer<String, Object> sink) {
        List<KeyValuePair> pairs = event.getKeyValuePairs();
        if (pairs == null) {
            return;
        }
        for (KeyValuePair pair : pairs) {
            boolean plain = pair.value instanceof Number || pair.value instanceof Boolean;
            sink.accept(pair.key, plain ? pair.value : String.valueOf(pair.value));
        }
    }

    @Override
    public String format(ILoggingEvent event) {
        return writer.writeToString(event);
    }

    /**
     * What a terminal or a line-wise reader would act on, and JSON would let through, as {@code
     * \\uXXXX}; and no more of a text than {@value #MAX_TEXT} characters. JSON itself escapes the
     * controls below 0x20.
     */
    private static @Nullable String harmless(@Nullable String text) {
        if (text == null) {
            return null;
        }
        boolean plain =
                text.length() <= MAX_TEXT && text.codePoints().noneMatch(JsonLine::isHarmful);
        if (plain) {
            return text;
        }
        StringBuilder harmless = new StringBuilder();
        text.codePoints()
                .limit(MAX_TEXT)
                .forEach(c -> {
                    if (isHarmful(c)) {
                        harmless.append("\\u%04x".formatted(c));
                    } else {
                        harmless.appendCodePoint(c);
                    }
                });
        return text.length() <= MAX_TEXT ? harmless.toString() : harmless.append('…').toString();
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
