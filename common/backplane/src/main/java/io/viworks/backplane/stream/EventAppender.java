package io.viworks.backplane.stream;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Script;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of changes on {@code viw.events}, after their commit. It is best effort and never waits:
 * what does not find room, or Redis away, is counted and forgotten, for the rows hold the truth.
 * That some were lost is told as soon as Redis takes it, so that whoever shows rows loads them
 * again. Thread-safe.
 */
public final class EventAppender implements AutoCloseable {
    /** Events that may be on their way to Redis; more are lost. */
    static final int MAX_UNDERWAY = 20_000;

    /** Events written by one request. */
    private static final int PIECE = 200;

    /** Between two attempts to tell that some were lost. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private static final Script TELL = Script.named("tell");
    private static final Logger log = LoggerFactory.getLogger(EventAppender.class);

    private final RedisConnections connections;
    private final InstantSource clock;
    private final Executor later =
            CompletableFuture.delayedExecutor(
                    PAUSE.toMillis(), TimeUnit.MILLISECONDS, Thread::startVirtualThread);
    private final AtomicInteger underway = new AtomicInteger();
    private final AtomicLong untold = new AtomicLong();
    private final AtomicBoolean confessing = new AtomicBoolean();
    private final Counter written;
    private final Counter full;
    private final Counter away;
    private volatile boolean closed;

    public EventAppender(RedisConnections connections, InstantSource clock, MeterRegistry meters) {
        this.connections = connections;
        this.clock = clock;
        this.written = meters.counter("viw.events.appended", "outcome", "written");
        this.full = meters.counter("viw.events.appended", "outcome", "full");
        this.away = meters.counter("viw.events.appended", "outcome", "away");
        meters.gauge("viw.events.underway", underway);
    }

    /** Appends these in their order, and after all that this process has told before. */
    public void tell(List<? extends StreamRecord.OfEvents> events) {
        for (int from = 0; from < events.size(); from += PIECE) {
            append(events.subList(from, Math.min(events.size(), from + PIECE)));
        }
    }

    private void append(List<? extends StreamRecord.OfEvents> piece) {
        int count = piece.size();
        if (underway.addAndGet(count) > MAX_UNDERWAY) {
            underway.addAndGet(-count);
            lost(count, full);
            return;
        }
        try {
            var _ =
                    TELL.run(connections, Script.keys(Keys.EVENTS), arguments(piece))
                            .whenComplete((_, failure) -> {
                                underway.addAndGet(-count);
                                if (failure == null) {
                                    written.increment(count);
                                } else {
                                    lost(count, away);
                                }
                            });
        } catch (RuntimeException fault) {
            // Nobody's change may fail because it could not be told.
            underway.addAndGet(-count);
            lost(count, away);
            log.atError().addKeyValue("event", "events_untold").setCause(fault).log("not told");
        }
    }

    private void lost(int count, Counter why) {
        why.increment(count);
        untold.addAndGet(count);
        if (confessing.compareAndSet(false, true)) {
            later.execute(this::confess);
        }
    }

    /** Says that some were lost; again and again until Redis has it. */
    private void confess() {
        long count = untold.getAndSet(0);
        if (count == 0 || closed) {
            confessing.set(false);
            if (untold.get() > 0 && !closed && confessing.compareAndSet(false, true)) {
                later.execute(this::confess);
            }
            return;
        }
        var _ =
                TELL.run(
                                connections,
                                Script.keys(Keys.EVENTS),
                                arguments(List.of(new LostEvents(clock.instant(), count))))
                        .whenComplete((_, failure) -> {
                            if (failure != null) {
                                untold.addAndGet(count);
                            }
                            later.execute(this::confess);
                        });
    }

    private static List<byte[]> arguments(List<? extends StreamRecord.OfEvents> piece) {
        List<byte[]> arguments = new ArrayList<>();
        arguments.add(text(StreamBounds.EVENTS));
        for (StreamRecord.OfEvents event : piece) {
            Map<String, byte[]> fields = RecordFields.of(event);
            arguments.add(text(2L * fields.size()));
            fields.forEach((name, value) -> {
                arguments.add(name.getBytes(StandardCharsets.UTF_8));
                arguments.add(value);
            });
        }
        return arguments;
    }

    private static byte[] text(long number) {
        return Long.toString(number).getBytes(StandardCharsets.UTF_8);
    }

    /** Tries no more to say what was lost. */
    @Override
    public void close() {
        closed = true;
    }
}
