package io.viworks.conformance.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.testkit.TraceCollector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/** What one command leaves behind it: lines in five logs, and one trace. */
final class CommandTrail {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration PATIENCE = RunningStack.PATIENCE;

    private final RunningStack stack;
    private final String correlationId;

    CommandTrail(RunningStack stack, String correlationId) {
        this.stack = stack;
        this.correlationId = correlationId;
    }

    /** The events that name this command, by the service that tells them. */
    Map<String, Set<String>> events(String... others) throws IOException {
        Stream<String> lines = Stream.of(others).flatMap(String::lines);
        try (Stream<Path> logs = Files.list(stack.home().resolve("logs"))) {
            for (Path log : logs.toList()) {
                lines = Stream.concat(lines, Files.readAllLines(log).stream());
            }
        }
        return lines.filter(line -> line.startsWith("{") && line.contains(correlationId))
                .map(JSON::readTree)
                .filter(line -> line.path("correlation_id").asString("").equals(correlationId))
                .collect(
                        Collectors.groupingBy(
                                line -> line.path("service").asString(),
                                Collectors.mapping(
                                        line -> line.path("event").asString(),
                                        Collectors.toCollection(TreeSet::new))));
    }

    /** Waits until every part of the way has said something about it. */
    void isInEveryLog(HelpedAgent agent) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> {
                    Map<String, Set<String>> events =
                            events(agent.agentOutput(), agent.helperOutput());
                    assertThat(events.get("admin-api")).contains("command_accepted");
                    assertThat(events.get("agent-bridge"))
                            .contains("command_decided", "command_result");
                    assertThat(events.get("agent")).contains("run_started", "run_finished");
                    assertThat(events.get("host-helper")).contains("helper_run");
                    assertThat(events.get("results-writer")).contains("command_ended");
                });
    }

    /** Waits until the collector has one connected trace of it, below the caller's span. */
    void isOneTrace(TraceCollector collector, String traceId, String callersSpan) {
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(steps(collector.trace(traceId)))
                                .contains(
                                        "admin-api POST command",
                                        "admin-api publish command",
                                        "agent-bridge dispatch",
                                        "agent-bridge ack",
                                        "agent-bridge run on the gateway",
                                        "agent-bridge result",
                                        "results-writer ledger SUCCEEDED"));
        List<TraceCollector.Span> trace = collector.trace(traceId);
        Set<String> known =
                trace.stream().map(TraceCollector.Span::spanId).collect(Collectors.toSet());
        assertThat(trace)
                .allSatisfy(span -> {
                    assertThat(span.endNanos()).isGreaterThanOrEqualTo(span.startNanos());
                    if (span.name().equals("POST command")) {
                        assertThat(span.parentId()).isEqualTo(callersSpan);
                    } else {
                        assertThat(known).contains(span.parentId());
                        assertThat(span.note("viw.correlation_id")).isEqualTo(correlationId);
                    }
                });
        assertThat(parent(trace, "dispatch")).isEqualTo("publish command");
        assertThat(parent(trace, "ack")).isEqualTo("dispatch");
        assertThat(parent(trace, "result")).isEqualTo("dispatch");
        assertThat(parent(trace, "ledger")).isEqualTo("POST command");
    }

    private static Set<String> steps(List<TraceCollector.Span> trace) {
        return trace.stream()
                .map(span ->
                        span.service()
                                + " "
                                + span.name()
                                + (span.name().equals("ledger")
                                        ? " " + span.note("viw.state")
                                        : ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String parent(List<TraceCollector.Span> trace, String name) {
        TraceCollector.Span child =
                trace.stream().filter(span -> span.name().equals(name)).findFirst().orElseThrow();
        return trace.stream()
                .filter(span -> span.spanId().equals(child.parentId()))
                .map(TraceCollector.Span::name)
                .findFirst()
                .orElse("none");
    }
}
