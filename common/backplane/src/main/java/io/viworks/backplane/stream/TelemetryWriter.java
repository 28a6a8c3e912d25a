package io.viworks.backplane.stream;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.EventLoop;
import io.viworks.backplane.Keys;
import io.viworks.backplane.Pipe;
import io.viworks.backplane.RedisConnections;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Appends TELEMETRY in batches, by a lane for each event loop that brings some: much of it delays
 * no command, and no thread waits for another. Thread-safe, never blocks.
 */
public final class TelemetryWriter implements AutoCloseable {
    /**
     * Bytes of records that may be on their way or wait in a process, shared evenly by its lanes;
     * beyond it the oldest that wait are dropped. Some 30 000 frames of 600 bytes.
     */
    public static final long ROOM = 32L << 20;

    private final RedisConnections connections;
    private final long room;
    private final Consumer<TelemetryLane.Outcome> done;
    private final Counter written;
    private final Counter failed;
    private final Counter refused;
    private final Map<EventLoop, Open> lanes = new ConcurrentHashMap<>();
    private volatile boolean closed;

    private record Open(TelemetryLane lane, Pipe pipe) {}

    /**
     * Nothing is dialled yet.
     *
     * @param room bytes for each lane
     * @param done told what became of records, on the loop of their lane
     */
    public TelemetryWriter(
            RedisConnections connections,
            MeterRegistry meters,
            long room,
            Consumer<TelemetryLane.Outcome> done) {
        this.connections = connections;
        this.room = room;
        this.done = done;
        this.written = counter(meters, "written");
        this.failed = counter(meters, "failed");
        this.refused = counter(meters, "refused");
        meters.gauge("viw.stream.telemetry.underway", this, TelemetryWriter::bytes);
    }

    private static Counter counter(MeterRegistry meters, String outcome) {
        return meters.counter("viw.stream.appended", "stream", Keys.TELEMETRY, "outcome", outcome);
    }

    /**
     * The lane of an event loop, which runs until this writer is closed; dialled when first asked.
     */
    public TelemetryLane lane(EventLoop loop) {
        return lanes.computeIfAbsent(loop, this::open).lane();
    }

    private Open open(EventLoop loop) {
        TelemetryLane lane = new TelemetryLane(loop, room, this::told);
        Open open = new Open(lane, connections.openPipe(loop, lane.ear()));
        if (closed) {
            close(open);
        }
        return open;
    }

    private void told(TelemetryLane.Outcome outcome) {
        written.increment(outcome.written());
        failed.increment(outcome.away() + outcome.refused());
        refused.increment(outcome.full());
        done.accept(outcome);
    }

    private double bytes() {
        return lanes.values().stream().mapToLong(open -> open.lane().bytes()).sum();
    }

    /** Records on their way or waiting. */
    public int underway() {
        return lanes.values().stream().mapToInt(open -> open.lane().records()).sum();
    }

    @Override
    public void close() {
        closed = true;
        lanes.values().forEach(TelemetryWriter::close);
    }

    private static void close(Open open) {
        open.lane().close();
        open.pipe().close();
    }
}
