package io.viworks.service;

import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.util.List;
import java.util.function.BiConsumer;
import org.slf4j.event.KeyValuePair;
import org.springframework.boot.json.JsonWriter;
import org.springframework.boot.logging.structured.StructuredLogFormatter;
import org.springframework.core.env.Environment;

/**
 * One log event as one line of JSON: {@code ts, level, msg, service, logger}, then the event's own
 * keys ({@code event, agent_id, conn_id, correlation_id, …}) and {@code error} with the stack.
 */
public final class JsonLine implements StructuredLogFormatter<ILoggingEvent> {
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
}
