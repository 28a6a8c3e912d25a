package io.viworks.bench.peers;

import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/** What the clients saw since the last report. Thread-safe. */
final class PeerTally {
    private static final long LONGEST = TimeUnit.MINUTES.toMicros(1);

    /** Errors that are told in words; all are counted. */
    private static final int TOLD = 20;

    final LongAdder sent = new LongAdder();
    final LongAdder stalled = new LongAdder();
    final LongAdder received = new LongAdder();
    private final LongAdder confirmed = new LongAdder();
    private final LongAdder errors = new LongAdder();
    private final LongAdder allErrors = new LongAdder();
    private final Recorder latency = new Recorder(LONGEST, 3);

    void confirmed(long sentAtNanos) {
        confirmed.increment();
        long micros = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - sentAtNanos);
        latency.recordValue(Math.clamp(micros, 0, LONGEST));
    }

    void error(String what) {
        errors.increment();
        allErrors.increment();
        if (allErrors.sum() <= TOLD) {
            System.err.println(what);
        }
    }

    /** All of it as {@code name=number} words, latencies in microseconds; it counts anew. */
    String tell() {
        Histogram seen = latency.getIntervalHistogram();
        Map<String, Long> all =
                new TreeMap<>(
                        Map.of(
                                "sent", sent.sumThenReset(),
                                "stalled", stalled.sumThenReset(),
                                "received", received.sumThenReset(),
                                "confirmed", confirmed.sumThenReset(),
                                "errors", errors.sumThenReset(),
                                "confirmation_count", seen.getTotalCount(),
                                "confirmation_p50", seen.getValueAtPercentile(50),
                                "confirmation_p99", seen.getValueAtPercentile(99),
                                "cpu_nanos", cpu()));
        StringJoiner words = new StringJoiner(" ");
        all.forEach((name, number) -> words.add(name + "=" + number));
        return words.toString();
    }

    private static long cpu() {
        return ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .map(TimeUnit.NANOSECONDS::convert)
                .orElse(0L);
    }
}
