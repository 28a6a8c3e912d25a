package io.viworks.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.backplane.stream.Entry;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.BridgeId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Any frames, in any order, in any batches, with any repeats, over any writers: the rows are those
 * of a simple fold over the distinct frames.
 */
class FoldTest {
    private static final int FRAMES = 120;

    private final TelemetryFixture fixture = TelemetryFixture.onShared();

    @AfterEach
    void close() {
        fixture.close();
    }

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 25);
    }

    /** Powers of two add up the same in any order. */
    private record Frame(Gateway session, long n, double value) {
        StreamRecord.OfTelemetry record() {
            return session.telemetry(n, value);
        }

        Mark mark() {
            return new Mark(session.origin().epoch(), n);
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void anySplitWithAnyRepeatsGivesTheSameRows(long seed) throws Exception {
        Random random = new Random(seed);
        List<Frame> frames = frames(random);
        TelemetryFixture.Writer[] writers = {fixture.writer(), fixture.writer()};
        List<List<Entry<StreamRecord.OfTelemetry>>> batches = batches(random, frames);
        for (List<Entry<StreamRecord.OfTelemetry>> batch : batches) {
            writers[random.nextInt(2)].telemetry.handle(batch);
        }

        assertThat(status()).isEqualTo(expectedStatus(frames));
        assertThat(series()).isEqualTo(expectedSeries(frames));
        double given = batches.stream().mapToInt(List::size).sum();
        assertThat(outcome(writers, "written")).isEqualTo(FRAMES);
        assertThat(outcome(writers, "duplicate")).isEqualTo(given - FRAMES);
    }

    private static double outcome(TelemetryFixture.Writer[] writers, String outcome) {
        double sum = 0;
        for (TelemetryFixture.Writer writer : writers) {
            sum += writer.outcome("telemetry", outcome);
        }
        return sum;
    }

    /** Three agents, several sessions each, over a few minutes. */
    private static List<Frame> frames(Random random) {
        BridgeId bridge = Gateway.bridgeId();
        Instant start = Instant.now().truncatedTo(ChronoUnit.MINUTES);
        List<Frame> frames = new ArrayList<>();
        long[] epochs = {1000, 1000, 1000};
        long[] counts = new long[3];
        Instant at = start;
        for (int i = 0; i < FRAMES; i++) {
            int agent = random.nextInt(3);
            if (random.nextInt(15) == 0) {
                epochs[agent] += 1 + random.nextInt(50);
                counts[agent] = 0;
            }
            counts[agent] += 1 + random.nextInt(3);
            at = at.plusMillis(random.nextInt(5000));
            Gateway session = Gateway.of("gateway-00" + agent, bridge, epochs[agent], at);
            frames.add(new Frame(session, counts[agent], 1 << random.nextInt(6)));
        }
        return frames;
    }

    /** Every frame at least once, some again, some out of order, cut anywhere. */
    private List<List<Entry<StreamRecord.OfTelemetry>>> batches(Random random, List<Frame> frames) {
        List<StreamRecord.OfTelemetry> records =
                new ArrayList<>(frames.stream().map(Frame::record).toList());
        for (int i = 0; i < random.nextInt(80); i++) {
            records.add(
                    random.nextInt(records.size() + 1),
                    frames.get(random.nextInt(frames.size())).record());
        }
        if (random.nextBoolean()) {
            Collections.shuffle(records, random);
        }
        List<List<Entry<StreamRecord.OfTelemetry>>> batches = new ArrayList<>();
        for (int from = 0; from < records.size(); ) {
            int to = Math.min(records.size(), from + 1 + random.nextInt(40));
            batches.add(fixture.entries(records.subList(from, to)));
            from = to;
        }
        for (int i = 0; i < random.nextInt(4); i++) {
            batches.add(
                    random.nextInt(batches.size()), batches.get(random.nextInt(batches.size())));
        }
        return batches;
    }

    private static Map<String, String> expectedStatus(List<Frame> frames) {
        Map<String, Frame> last = new TreeMap<>();
        frames.forEach(frame ->
                last.merge(
                        frame.session().id(),
                        frame,
                        (a, b) -> a.mark().compareTo(b.mark()) > 0 ? a : b));
        Map<String, String> rows = new TreeMap<>();
        last.forEach((agent, frame) ->
                rows.put(
                        agent,
                        frame.mark().epoch() + " " + frame.mark().n() + " " + frame.value()));
        return rows;
    }

    private static Map<String, String> expectedSeries(List<Frame> frames) {
        Map<Minute.Key, List<Double>> values = new TreeMap<>();
        frames.forEach(frame ->
                values.computeIfAbsent(
                                Minute.Key.of(frame.session().id(), frame.session().arrival()),
                                _ -> new ArrayList<>())
                        .add(frame.value()));
        Map<String, String> rows = new TreeMap<>();
        values.forEach((key, list) ->
                rows.put(
                        key.agent() + " " + key.bucket(),
                        list.stream().mapToDouble(value -> value).sum()
                                + " "
                                + list.stream().mapToDouble(value -> value).max().orElseThrow()
                                + " "
                                + list.size()));
        return rows;
    }

    private Map<String, String> status() {
        Map<String, String> rows = new TreeMap<>();
        fixture.db.query(
                "select agent_id, epoch, n, cpu_pct from os_gateway_status",
                row -> {
                    rows.put(
                            row.getString(1),
                            row.getLong(2) + " " + row.getLong(3) + " " + row.getDouble(4));
                });
        return rows;
    }

    private Map<String, String> series() {
        Map<String, String> rows = new TreeMap<>();
        fixture.db.query(
                "select agent_id, bucket, mem_sum, mem_max, mem_samples from os_gateway_metrics",
                row -> {
                    rows.put(
                            row.getString(1) + " " + row.getTimestamp(2).toInstant(),
                            row.getDouble(3) + " " + row.getDouble(4) + " " + row.getInt(5));
                });
        return rows;
    }
}
