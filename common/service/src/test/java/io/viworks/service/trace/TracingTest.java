package io.viworks.service.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.protocol.Traceparent;
import io.viworks.service.TracingSettings;
import io.viworks.service.trace.Tracing.Kind;
import io.viworks.testkit.TraceCollector;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TracingTest {
    private static final String CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    private TraceCollector collector;

    @BeforeEach
    void listen() throws Exception {
        collector = TraceCollector.start();
    }

    @AfterEach
    void close() {
        collector.close();
    }

    private TracingSettings settings(double ratio) {
        return new TracingSettings(
                "probe", Optional.of(collector.endpoint()), Map.of("api-key", "k"), ratio);
    }

    @Test
    void whatFollowsIsOfTheCallersTraceAndNamesWhatCausedIt() {
        try (Tracing tracing = settings(0).open()) {
            Step first = tracing.begin(Kind.SERVER, "first", CALLER).note("viw.verb", "echo");
            Step second =
                    tracing.follow(Kind.CONSUMER, "second", first.traceparent())
                            .note("viw.attempt", 2);
            Instant end = Instant.now();
            tracing.follow(Kind.INTERNAL, "run", second.traceparent(), end.minusMillis(30))
                    .end(end);
            second.failed("away").end();
            first.end();
        }
        List<TraceCollector.Span> trace =
                await().until(
                                () -> collector.trace("4bf92f3577b34da6a3ce929d0e0e4736"),
                                spans -> spans.size() == 3);
        Map<String, TraceCollector.Span> spans =
                trace.stream()
                        .collect(
                                java.util.stream.Collectors.toMap(
                                        TraceCollector.Span::name, span -> span));
        assertThat(spans).containsOnlyKeys("first", "second", "run");
        assertThat(span(spans, "first").parentId()).isEqualTo("00f067aa0ba902b7");
        assertThat(span(spans, "second").parentId()).isEqualTo(span(spans, "first").spanId());
        assertThat(span(spans, "run").parentId()).isEqualTo(span(spans, "second").spanId());
        assertThat(span(spans, "run").endNanos() - span(spans, "run").startNanos())
                .isEqualTo(30_000_000);
        assertThat(span(spans, "first").notes()).containsEntry("viw.verb", "echo");
        assertThat(span(spans, "second").notes()).containsEntry("viw.attempt", "2");
        assertThat(trace).allMatch(span -> span.service().equals("probe"));
        assertThat(collector.headers())
                .allSatisfy(headers -> assertThat(headers).containsKey("Api-key"));
    }

    private static TraceCollector.Span span(Map<String, TraceCollector.Span> spans, String name) {
        return Objects.requireNonNull(spans.get(name));
    }

    @Test
    void aCallersFlagDecidesWhetherItsTraceIsSent() {
        String unsampled = CALLER.substring(0, 53) + "00";
        try (Tracing tracing = settings(1).open()) {
            Step step = tracing.begin(Kind.SERVER, "unsampled", unsampled);
            assertThat(step.traceparent()).startsWith(CALLER.substring(0, 36)).endsWith("-00");
            step.end();
            tracing.begin(Kind.SERVER, "own", null).end();
        }
        await().untilAsserted(() ->
                assertThat(collector.spans())
                        .extracting(TraceCollector.Span::name)
                        .containsExactly("own"));
    }

    @Test
    void whatIsMalformedBeginsAnewAndNothingFollowsFromIt() {
        try (Tracing tracing = settings(1).open()) {
            Step own = tracing.begin(Kind.SERVER, "own", "00-zz");
            assertThat(Traceparent.read(own.traceparent())).isPresent();
            own.end();
            Step none = tracing.follow(Kind.CONSUMER, "none", "00-zz");
            assertThat(none.traceparent()).isNull();
            none.end();
        }
        await().untilAsserted(() ->
                assertThat(collector.spans())
                        .extracting(TraceCollector.Span::name)
                        .containsExactly("own"));
    }

    @Test
    void withoutACollectorTheCallersWordIsPassedOnAndNothingIsLoaded() {
        try (Tracing tracing = new TracingSettings("probe", Optional.empty(), Map.of(), 1).open()) {
            assertThat(tracing.on()).isFalse();
            assertThat(tracing.begin(Kind.SERVER, "first", CALLER).traceparent()).isEqualTo(CALLER);
            assertThat(tracing.begin(Kind.SERVER, "first", null).traceparent()).isNull();
        }
    }

    @Test
    void aCollectorThatIsAwayHoldsNobodyUp() {
        URI nobody = collector.endpoint();
        collector.close();
        Tracing tracing = new TracingSettings("probe", Optional.of(nobody), Map.of(), 1).open();
        long start = System.nanoTime();
        for (int i = 0; i < 10_000; i++) {
            tracing.begin(Kind.INTERNAL, "step", null).end();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
        tracing.close();
    }
}
