package io.viworks.backplane.stream;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What one loop counts, all tagged with stream and group. The counters of {@code
 * viw.stream.records} add up: read = handled + set_aside + lost + left, plus what is in hand.
 * Thread-safe.
 */
final class LoopMeters implements AutoCloseable {
    /** Given to this loop to handle. */
    final Counter read;

    /** Handled and acknowledged. */
    final Counter handled;

    /** Moved to the dead letters. */
    final Counter setAside;

    /** Trimmed before anybody handled them: acknowledged, and gone. */
    final Counter lost;

    /** Still in hand when the loop ended: left pending for others. */
    final Counter left;

    /** Taken over from consumers that did not keep them. */
    final Counter takenOver;

    /** Attempts that ended because the world was away. */
    final Counter held;

    /** Hooks that failed on a record set aside. */
    final Counter hookFailures;

    final Timer handling;
    final DistributionSummary batchSize;

    private final MeterRegistry registry;
    private final Tags tags;
    private final List<Meter> gauges = new ArrayList<>();
    private volatile Group.Survey survey = new Group.Survey(0, 0, 0, 0, 0);

    LoopMeters(MeterRegistry registry, Subscription<?> subscription) {
        this.registry = registry;
        this.tags =
                Tags.of(
                        "stream",
                        StreamWriter.metered(subscription.stream()),
                        "group",
                        subscription.group());
        this.read = records("read");
        this.handled = records("handled");
        this.setAside = records("set_aside");
        this.lost = records("lost");
        this.left = records("left");
        this.takenOver = registry.counter("viw.stream.taken_over", tags);
        this.held = registry.counter("viw.stream.held", tags);
        this.hookFailures = registry.counter("viw.stream.hook_failures", tags);
        this.handling = registry.timer("viw.stream.handling", tags);
        this.batchSize = registry.summary("viw.stream.batch", tags);
    }

    private Counter records(String outcome) {
        return registry.counter("viw.stream.records", tags.and("outcome", outcome));
    }

    /** Shows what only the loop knows, and the latest survey, until {@link #close}. */
    void show(ConsumerLoop<?> loop) {
        gauge("viw.stream.alive", loop, l -> l.alive() ? 1 : 0);
        gauge("viw.stream.in_hand", loop, ConsumerLoop::inHand);
        gauge("viw.stream.held_back", loop, ConsumerLoop::heldBack);
        gauge("viw.stream.length", this, m -> m.survey.length());
        gauge("viw.stream.lag", this, m -> m.survey.lag());
        gauge("viw.stream.pending", this, m -> m.survey.pending());
        gauge("viw.stream.oldest_pending_seconds", this, m -> m.survey.oldestPendingMs() / 1000.0);
        gauge("viw.stream.dead_letters", this, m -> m.survey.deadLetters());
    }

    private <T> void gauge(String name, T source, ToDoubleFunction<T> value) {
        gauges.add(Gauge.builder(name, source, value).tags(tags).register(registry));
    }

    void surveyed(Group.Survey latest) {
        survey = latest;
    }

    /** Takes the gauges away, so that a loop started after this one can show its own. */
    @Override
    public void close() {
        gauges.forEach(registry::remove);
    }
}
