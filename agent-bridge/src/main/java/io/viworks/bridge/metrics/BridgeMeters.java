package io.viworks.bridge.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.viworks.protocol.frame.Drops;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** The numbers {@code viw.bridge.*} of spec 07. Tags come from bounded sets only. Thread-safe. */
public final class BridgeMeters implements Drops {
    /** The outcome of a frame that was taken. */
    public static final String OK = "ok";

    /** A record written within this after the command's acceptance waited for nothing. */
    private static final Duration STRAIGHT = Duration.ofMillis(500);

    private final MeterRegistry registry;

    // What is told for nearly every frame or command: the registry is not searched for each.
    private final Map<String, Counter> taken = new ConcurrentHashMap<>();
    private final Map<String, Counter> commands = new ConcurrentHashMap<>();
    private final Map<String, Timer> dispatches = new ConcurrentHashMap<>();
    private final Map<String, Timer> answers = new ConcurrentHashMap<>();

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
        if (outcome.equals(OK)) {
            taken.computeIfAbsent(type, _ -> counter("frames", "type", type, "outcome", OK))
                    .increment();
        } else {
            count("frames", "type", type, "outcome", outcome);
        }
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
    public void telemetryDropped(String reason, int frames) {
        if (frames > 0) {
            counter("telemetry.dropped", "reason", reason).increment(frames);
        }
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
        commands.computeIfAbsent(outcome, _ -> counter("commands", "outcome", outcome)).increment();
    }

    /**
     * Between a command's acceptance and its frame on the socket.
     *
     * @param waited between its acceptance and this sending's record: for its gateway, or for room
     *     at it, if more than a moment
     */
    public void dispatched(Duration since, Duration waited) {
        String way = waited.compareTo(STRAIGHT) < 0 ? "straight" : "waited";
        dispatches.computeIfAbsent(way, _ -> timer("dispatch", "way", way)).record(since);
    }

    /** Between the COMMAND frame and its ACK. */
    public void acked(Duration since) {
        answers.computeIfAbsent("command.acked", this::timer).record(since);
    }

    /** Between the COMMAND frame and its RESULT. */
    public void finished(Duration since) {
        answers.computeIfAbsent("command.finished", this::timer).record(since);
    }

    /** What became of a claim: {@code won, reclaimed, taken, refused, away} and so on. */
    public void claim(String outcome) {
        count("claims", "outcome", outcome);
    }

    @Override
    public void dropped(String type, String field) {
        count("values.dropped", "type", type, "field", field);
    }

    private Timer timer(String name, String... tags) {
        return Timer.builder("viw.bridge." + name)
                .tags(tags)
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofMillis(1))
                .maximumExpectedValue(Duration.ofMinutes(10))
                .register(registry);
    }

    private void count(String name, String... tags) {
        counter(name, tags).increment();
    }

    private Counter counter(String name, String... tags) {
        return Counter.builder("viw.bridge." + name).tags(tags).register(registry);
    }
}
