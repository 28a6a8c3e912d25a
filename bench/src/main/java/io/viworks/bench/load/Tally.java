package io.viworks.bench.load;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/** What the agents of one generator saw since the last look. Thread-safe. */
final class Tally {
    /** Longest latency told apart, in microseconds. */
    private static final long LONGEST = TimeUnit.MINUTES.toMicros(1);

    final LongAdder sent = new LongAdder();
    final LongAdder stalled = new LongAdder();
    final LongAdder lostConnections = new LongAdder();
    final LongAdder errors = new LongAdder();
    final LongAdder commands = new LongAdder();
    final LongAdder results = new LongAdder();
    final Latency handshake = new Latency();
    final Latency answer = new Latency();
    final Latency command = new Latency();
    final Latency confirmation = new Latency();

    /** One kind of latency, in microseconds. */
    static final class Latency {
        private final Recorder recorder = new Recorder(LONGEST, 3);

        void since(long nanos) {
            long micros = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - nanos);
            recorder.recordValue(Math.clamp(micros, 0, LONGEST));
        }

        private void tell(String name, Map<String, Long> into) {
            Histogram seen = recorder.getIntervalHistogram();
            into.put(name + "_count", seen.getTotalCount());
            into.put(name + "_p50", seen.getValueAtPercentile(50));
            into.put(name + "_p99", seen.getValueAtPercentile(99));
            into.put(name + "_p999", seen.getValueAtPercentile(99.9));
            into.put(name + "_max", seen.getMaxValue());
        }
    }

    /** All of it as {@code name=number} words; from now on it counts anew. */
    String tell(Map<String, Long> more) {
        Map<String, Long> all = new LinkedHashMap<>();
        all.put("sent", sent.sumThenReset());
        all.put("stalled", stalled.sumThenReset());
        all.put("lost_connections", lostConnections.sumThenReset());
        all.put("errors", errors.sumThenReset());
        all.put("commands", commands.sumThenReset());
        all.put("results", results.sumThenReset());
        handshake.tell("handshake", all);
        answer.tell("answer", all);
        command.tell("command", all);
        confirmation.tell("confirmation", all);
        all.putAll(more);
        StringJoiner words = new StringJoiner(" ");
        all.forEach((name, number) -> words.add(name + "=" + number));
        return words.toString();
    }
}
