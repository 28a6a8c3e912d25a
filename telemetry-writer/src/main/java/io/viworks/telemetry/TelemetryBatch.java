package io.viworks.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.viworks.backplane.stream.BatchHandler;
import io.viworks.backplane.stream.Entry;
import io.viworks.backplane.stream.Origin;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.frame.AgentFrame;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.ErrorFrameCode;
import io.viworks.protocol.frame.FrameCodec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Brings a batch of telemetry into {@code os_gateway_status} (the last word of each agent) and
 * {@code os_gateway_metrics} (one point a minute), in one transaction with one statement per table.
 *
 * <p>An agent's row in {@code os_gateway_status} is taken first and the {@code (epoch, n)} it had
 * is the high-water mark: what is at or below it changes nothing there, and in the series only when
 * its minute has not counted it. Every batch takes the rows in the order of their ids, so batches
 * wait for each other instead of deadlocking. Thread-safe.
 */
final class TelemetryBatch implements BatchHandler<StreamRecord.OfTelemetry> {
    /** What the histogram of their appearance tells apart. */
    private static final Duration LONGEST_VISIBLE = Duration.ofMinutes(10);

    private final Sql sql;
    private final FrameCodec codec;
    private final Pulses pulses;
    private final LastWords lastWords;
    private final Series series;
    private final Counter written;
    private final Counter duplicate;
    private final Counter outside;
    private final Timer duration;
    private final Timer visible;
    private final InstantSource clock;

    TelemetryBatch(Sql sql, FrameCodec codec, InstantSource clock, MeterRegistry meters) {
        this.sql = sql;
        this.codec = codec;
        this.pulses = new Pulses(sql);
        this.lastWords = new LastWords(sql);
        this.series = new Series(sql);
        this.written = Outcomes.counter(meters, "telemetry", "written");
        this.duplicate = Outcomes.counter(meters, "telemetry", "duplicate");
        this.outside = meters.counter("viw.telemetry.minutes.outside");
        this.duration = meters.timer("viw.telemetry.batch.duration", "stream", "telemetry");
        this.clock = clock;
        this.visible =
                Timer.builder("viw.telemetry.visible")
                        .publishPercentileHistogram()
                        .minimumExpectedValue(Duration.ofMillis(1))
                        .maximumExpectedValue(LONGEST_VISIBLE)
                        .register(meters);
    }

    /** One frame that may count. */
    record Point(String agent, Mark mark, Instant arrival, AgentFrame.Telemetry frame) {
        Minute.Key minute() {
            return Minute.Key.of(agent, arrival);
        }
    }

    @Override
    public void handle(List<Entry<StreamRecord.OfTelemetry>> batch) throws BadFrame {
        List<Point> points = new ArrayList<>(batch.size());
        for (Entry<StreamRecord.OfTelemetry> entry : batch) {
            switch (entry.record()) {
                case StreamRecord.Telemetry record -> points.add(point(record));
            }
        }
        List<Point> distinct = distinct(points);
        Written done = write(distinct);
        pulses.remember(done.signs());
        written.increment(done.counted());
        duplicate.increment(batch.size() - done.counted());
        Instant now = clock.instant();
        points.forEach(point -> visible.record(Duration.between(point.arrival(), now)));
    }

    /**
     * What a batch has done.
     *
     * @param counted how many of the points counted
     * @param signs of life that were brought in
     */
    private record Written(int counted, Map<String, Instant> signs) {}

    private Written write(List<Point> points) {
        try {
            return Objects.requireNonNull(
                    duration.record(() -> sql.transaction(() -> bringIn(points))));
        } catch (RuntimeException e) {
            pulses.forget();
            throw e;
        }
    }

    private Point point(StreamRecord.Telemetry record) throws BadFrame {
        AgentFrame frame = codec.decodeAgent(record.frame().array(), record.ts());
        if (!(frame instanceof AgentFrame.Telemetry telemetry)) {
            throw new BadFrame(
                    ErrorFrameCode.BAD_FRAME,
                    "a TELEMETRY record holds a " + frame.type() + " frame");
        }
        Origin origin = record.origin();
        return new Point(
                record.agentId().value(),
                new Mark(origin.epoch(), origin.n()),
                record.ts(),
                telemetry);
    }

    /** By agent and mark, each mark once. */
    private static List<Point> distinct(List<Point> points) {
        Map<String, TreeMap<Mark, Point>> byAgent = new TreeMap<>();
        points.forEach(point ->
                byAgent.computeIfAbsent(point.agent(), _ -> new TreeMap<>())
                        .putIfAbsent(point.mark(), point));
        return byAgent.values().stream().flatMap(marks -> marks.values().stream()).toList();
    }

    private Written bringIn(List<Point> points) {
        Map<String, Point> last = new TreeMap<>();
        points.forEach(point -> last.put(point.agent(), point));
        pulses.makeKnown(last.keySet());
        Map<String, Mark> before = lastWords.replace(List.copyOf(last.values()));
        List<Point> fresh = new ArrayList<>(points.size());
        List<Point> late = new ArrayList<>();
        for (Point point : points) {
            Mark known = before.get(point.agent());
            (known != null && point.mark().compareTo(known) > 0 ? fresh : late).add(point);
        }
        last.keySet().retainAll(before.keySet());
        Map<String, Instant> signs = pulses.bringIn(last.values());
        List<Point> counting = series.uncounted(late);
        counting.addAll(fresh);
        if (!counting.isEmpty()) {
            outside.increment(series.count(counting));
        }
        return new Written(counting.size(), signs);
    }
}
