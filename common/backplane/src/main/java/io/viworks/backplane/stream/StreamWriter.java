package io.viworks.backplane.stream;

import io.lettuce.core.XAddArgs;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.WorldAway;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Appends records to streams, each within its bound. Thread-safe, never blocks. */
public final class StreamWriter {
    /** Bytes that may be on their way; more is refused, unsent. */
    static final long MAX_BYTES_UNDERWAY = 64L << 20;

    private final RedisConnections connections;
    private final MeterRegistry meters;
    private final AtomicLong underway = new AtomicLong();

    /** By stream: the registry is not searched for each record. */
    private final Map<String, Counter> written = new ConcurrentHashMap<>();

    public StreamWriter(RedisConnections connections, MeterRegistry meters) {
        this.connections = connections;
        this.meters = meters;
        meters.gauge("viw.stream.append.underway", underway);
    }

    /**
     * Appends one record.
     *
     * @return its id, once Redis has it; fails with {@link WorldAway} when Redis is away or too
     *     much is on its way already
     */
    public CompletionStage<String> append(String stream, StreamRecord record) {
        Map<String, byte[]> fields = RecordFields.of(record);
        long size = fields.values().stream().mapToLong(value -> value.length).sum();
        if (underway.addAndGet(size) > MAX_BYTES_UNDERWAY) {
            underway.addAndGet(-size);
            counter(stream, "refused").increment();
            return CompletableFuture.failedFuture(
                    WorldAway.unsent("more than 64 MiB are on their way to Redis", null));
        }
        XAddArgs bound = new XAddArgs();
        StreamBounds.of(stream).ifPresent(max -> bound.maxlen(max).approximateTrimming());
        return connections
                .ask(redis -> redis.xadd(stream, bound, fields))
                .whenComplete((_, failure) -> {
                    underway.addAndGet(-size);
                    if (failure == null) {
                        written.computeIfAbsent(stream, _ -> counter(stream, "written"))
                                .increment();
                    } else {
                        counter(stream, "failed").increment();
                    }
                });
    }

    private Counter counter(String stream, String outcome) {
        return meters.counter("viw.stream.appended", "stream", metered(stream), "outcome", outcome);
    }

    /** A bridge's own stream under one name: its id would make a new series with every start. */
    static String metered(String stream) {
        return stream.startsWith("viw.commands.") ? "viw.commands.own" : stream;
    }
}
