package io.viworks.agent.host;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One measurement taken beside its caller, so that what hangs holds up nobody: never twice at a
 * time, each result good for a while. Thread-safe.
 */
final class Probe {
    /** What is measured: names as on the wire and their values. */
    @FunctionalInterface
    interface Measurement {
        Map<String, Object> take() throws Exception;
    }

    private record Taken(Map<String, Object> values, @Nullable String failure, long nanos) {}

    private final String name;
    private final Measurement measurement;
    private final AtomicReference<@Nullable Thread> running = new AtomicReference<>();
    private volatile @Nullable Taken last;

    Probe(String name, Measurement measurement) {
        this.name = name;
        this.measurement = measurement;
    }

    String name() {
        return name;
    }

    /** Starts to measure unless it is doing so. */
    void refresh() {
        // a platform thread: a file system that hangs would hold on to the carrier of a virtual one
        Thread thread = Thread.ofPlatform().daemon().name("probe-" + name).unstarted(this::take);
        if (running.compareAndSet(null, thread)) {
            thread.start();
        }
    }

    /** Waits for the measurement that runs, but not longer than this. */
    void await(Duration patience) throws InterruptedException {
        Thread thread = running.get();
        if (thread != null && patience.isPositive()) {
            boolean _ = thread.join(patience);
        }
    }

    /** The newest values, unless they are older than this; empty when there are none. */
    Map<String, Object> values(Duration maxAge) {
        Taken taken = last;
        return taken == null || age(taken).compareTo(maxAge) > 0 ? Map.of() : taken.values();
    }

    /** Why there are no values: it failed, or has been running longer than this. */
    Optional<String> failure(Duration maxAge) {
        Taken taken = last;
        if (taken != null && age(taken).compareTo(maxAge) <= 0) {
            return Optional.ofNullable(taken.failure());
        }
        return taken == null || running.get() == null
                ? Optional.empty()
                : Optional.of("does not answer");
    }

    private void take() {
        try {
            last = new Taken(Map.copyOf(measurement.take()), null, System.nanoTime());
        } catch (Throwable t) { // it must be known why there are no values
            String message = t.getMessage();
            String failure = message == null ? t.getClass().getSimpleName() : message;
            last = new Taken(Map.of(), failure, System.nanoTime());
        } finally {
            running.set(null);
        }
    }

    private static Duration age(Taken taken) {
        return Duration.ofNanos(System.nanoTime() - taken.nanos());
    }
}
