package io.viworks.bridge.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.viworks.protocol.frame.Drops;
import java.time.Duration;
import java.util.function.Supplier;

/** The numbers {@code viw.bridge.*} of spec 07. Tags come from bounded sets only. Thread-safe. */
public final class BridgeMeters implements Drops {
    private final MeterRegistry registry;

    public BridgeMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    /** The registry itself, for what the backplane reports. */
    public MeterRegistry registry() {
        return registry;
    }

    /** A number that is looked at when it is asked for. */
    public void gauge(String name, String description, Supplier<Number> value) {
        Gauge.builder("viw.bridge." + name, value)
                .description(description)
                .strongReference(true)
                .register(registry);
    }

    /** A handshake ended: {@code accepted}, or the code of its refusal. */
    public void handshake(String outcome) {
        count("handshakes", "outcome", outcome);
    }

    /** A limit of admission turned somebody away, by the last words of its setting. */
    public void limited(String limit) {
        count("handshakes.limited", "limit", limit);
    }

    /** A socket was closed before it asked for anything. */
    public void socketDropped(String reason) {
        count("sockets.dropped", "reason", reason);
    }

    /**
     * A frame of an agent was dealt with.
     *
     * @param type one of the protocol's types, or {@code other}
     * @param outcome {@code ok}, or the code of the ERROR it was answered with
     */
    public void frame(String type, String outcome) {
        count("frames", "type", type, "outcome", outcome);
    }

    /** A session or socket ended. */
    public void closed(int code) {
        count("closes", "code", Integer.toString(code));
    }

    public void heartbeatMissed() {
        count("heartbeats.missed");
    }

    /** Reading of a socket was paused. */
    public void readingPaused(String reason) {
        count("reading.paused", "reason", reason);
    }

    /** Telemetry that will never be stored, oldest first. */
    public void telemetryDropped(String reason) {
        count("telemetry.dropped", "reason", reason);
    }

    /** A RESULT that is not confirmed, so that the agent keeps it and sends it again. */
    public void resultWithheld(String reason) {
        count("results.withheld", "reason", reason);
    }

    /** A record that could not be written and that nobody sends again. */
    public void recordLost(String kind) {
        count("records.lost", "kind", kind);
    }

    /** What became of a command record. */
    public void command(String outcome) {
        count("commands", "outcome", outcome);
    }

    /** Between a command's acceptance and its frame on the socket. */
    public void dispatched(Duration since) {
        timer("dispatch").record(since);
    }

    /** Between the COMMAND frame and its ACK. */
    public void acked(Duration since) {
        timer("command.acked").record(since);
    }

    /** Between the COMMAND frame and its RESULT. */
    public void finished(Duration since) {
        timer("command.finished").record(since);
    }

    /** What became of a claim: {@code won, reclaimed, taken, refused, away} and so on. */
    public void claim(String outcome) {
        count("claims", "outcome", outcome);
    }

    @Override
    public void dropped(String type, String field) {
        count("values.dropped", "type", type, "field", field);
    }

    private Timer timer(String name) {
        return Timer.builder("viw.bridge." + name)
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofMillis(1))
                .maximumExpectedValue(Duration.ofMinutes(10))
                .register(registry);
    }

    private void count(String name, String... tags) {
        Counter.builder("viw.bridge." + name).tags(tags).register(registry).increment();
    }
}
