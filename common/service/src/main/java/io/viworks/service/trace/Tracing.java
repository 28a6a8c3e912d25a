package io.viworks.service.trace;

import java.net.URI;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes down how long each step of a command took, and which step caused which. Thread-safe; never
 * blocks, never fails: what the collector does not take is dropped.
 */
public interface Tracing extends AutoCloseable {
    /** What kind of step it is, in the words of OpenTelemetry. */
    enum Kind {
        /** Something a caller waits for. */
        SERVER,
        /** Gives a record away. */
        PRODUCER,
        /** Is about a record somebody gave. */
        CONSUMER,
        INTERNAL
    }

    /** Takes nothing down, and passes on what callers sent. */
    static Tracing off() {
        return NoTracing.INSTANCE;
    }

    /**
     * Sends what is taken down to a collector.
     *
     * @param traces where it takes OTLP over HTTP
     * @param headers sent to it
     * @param ratio of the traces that begin here
     * @param service who tells
     */
    static Tracing to(URI traces, Map<String, String> headers, double ratio, String service) {
        return new CollectorTracing(traces, headers, ratio, service);
    }

    /** Whether anything is taken down at all; for what is only looked up to be taken down. */
    boolean on();

    /**
     * Begins a step, of a new trace when there is no other. Off, the step's traceparent is the
     * parent's.
     *
     * @param parent what a traceparent said; what is malformed counts as none
     */
    Step begin(Kind kind, String name, @Nullable String parent);

    /** Begins a step of the parent's trace; without one nothing is taken down. */
    default Step follow(Kind kind, String name, @Nullable String parent) {
        return follow(kind, name, parent, null);
    }

    /**
     * The same for a step that began before it could be known what it is.
     *
     * @param since when it began; null: now. With it, its end is said by {@link Step#end(Instant)}
     */
    Step follow(Kind kind, String name, @Nullable String parent, @Nullable Instant since);

    /** Gives the collector what it has not got yet, for a few seconds at most. */
    @Override
    void close();
}
