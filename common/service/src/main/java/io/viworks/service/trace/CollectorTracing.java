package io.viworks.service.trace;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.viworks.protocol.Traceparent;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Sends steps as spans to a collector by OTLP over HTTP. */
final class CollectorTracing implements Tracing {
    /** Steps that wait for the collector; those that find no room are dropped. */
    private static final int QUEUE = 2_048;

    private static final int BATCH = 512;
    private static final Duration EVERY = Duration.ofSeconds(1);
    private static final Duration EXPORT_PATIENCE = Duration.ofSeconds(5);

    private final SdkTracerProvider provider;
    private final Tracer tracer;

    CollectorTracing(URI traces, Map<String, String> headers, double ratio, String service) {
        OtlpHttpSpanExporterBuilder exporter =
                OtlpHttpSpanExporter.builder()
                        .setEndpoint(traces.toString())
                        .setTimeout(EXPORT_PATIENCE);
        headers.forEach(exporter::addHeader);
        this.provider =
                SdkTracerProvider.builder()
                        .setResource(
                                Resource.create(
                                        Attributes.of(
                                                AttributeKey.stringKey("service.name"), service)))
                        .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(ratio)))
                        .addSpanProcessor(
                                BatchSpanProcessor.builder(exporter.build())
                                        .setMaxQueueSize(QUEUE)
                                        .setMaxExportBatchSize(BATCH)
                                        .setScheduleDelay(EVERY)
                                        .setExporterTimeout(EXPORT_PATIENCE)
                                        .build())
                        .build();
        this.tracer = provider.get("io.viworks");
    }

    @Override
    public boolean on() {
        return true;
    }

    @Override
    public Step begin(Kind kind, String name, @Nullable String parent) {
        return Traceparent.read(parent)
                .map(read -> step(kind, name, under(read), null))
                .orElseGet(() -> step(kind, name, Context.root(), null));
    }

    /** Without a parent that can be read nothing follows from it. */
    @Override
    public Step follow(Kind kind, String name, @Nullable String parent, @Nullable Instant since) {
        return Traceparent.read(parent)
                .map(read -> step(kind, name, under(read), since))
                .orElse(NoStep.ALONE);
    }

    private Step step(Kind kind, String name, Context under, @Nullable Instant since) {
        SpanBuilder span = tracer.spanBuilder(name).setParent(under).setSpanKind(kind(kind));
        if (since != null) {
            span.setStartTimestamp(since);
        }
        return new Recorded(span.startSpan());
    }

    private static SpanKind kind(Kind kind) {
        return switch (kind) {
            case SERVER -> SpanKind.SERVER;
            case PRODUCER -> SpanKind.PRODUCER;
            case CONSUMER -> SpanKind.CONSUMER;
            case INTERNAL -> SpanKind.INTERNAL;
        };
    }

    private static Context under(Traceparent parent) {
        return Context.root()
                .with(
                        Span.wrap(
                                SpanContext.createFromRemoteParent(
                                        parent.traceId(),
                                        parent.spanId(),
                                        parent.sampled()
                                                ? TraceFlags.getSampled()
                                                : TraceFlags.getDefault(),
                                        TraceState.getDefault())));
    }

    @Override
    public void close() {
        var _ = provider.shutdown().join(EXPORT_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** A span that goes on. */
    private record Recorded(Span span) implements Step {
        @Override
        public String traceparent() {
            SpanContext context = span.getSpanContext();
            return "00-"
                    + context.getTraceId()
                    + "-"
                    + context.getSpanId()
                    + "-"
                    + context.getTraceFlags().asHex();
        }

        @Override
        public Step note(String key, String value) {
            span.setAttribute(key, value);
            return this;
        }

        @Override
        public Step note(String key, long value) {
            span.setAttribute(key, value);
            return this;
        }

        @Override
        public Step failed(String why) {
            span.setStatus(StatusCode.ERROR, why);
            return this;
        }

        @Override
        public void end() {
            span.end();
        }

        @Override
        public void end(Instant at) {
            span.end(at);
        }
    }
}
