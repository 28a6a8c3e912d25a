package io.viworks.service.trace;

import io.viworks.protocol.Traceparent;
import org.jspecify.annotations.Nullable;
import org.slf4j.spi.LoggingEventBuilder;

/** Lines of the log that name the trace they belong to, as {@code trace_id}. */
public final class TracedLine {
    private TracedLine() {}

    /** The line, with the trace's id when there is one. */
    public static LoggingEventBuilder in(@Nullable String traceparent, LoggingEventBuilder line) {
        return Traceparent.read(traceparent)
                .map(read -> line.addKeyValue("trace_id", read.traceId()))
                .orElse(line);
    }
}
