package io.viworks.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.backplane.WorldAway;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * What has to be done by the clock: who is connected, and days of series made ahead and dropped.
 * Several writers may do it at the same time.
 */
@Component
final class Upkeep implements SmartLifecycle {
    /** Days with a partition ahead of today. */
    static final int DAYS_AHEAD = 3;

    private static final Duration PARTITIONS_EVERY = Duration.ofHours(1);
    private static final Duration PARTITIONS_RETRY = Duration.ofSeconds(5);
    private static final Logger log = LoggerFactory.getLogger(Upkeep.class);

    private final Sql sql;
    private final Connectedness connectedness;
    private final GatewayEvents events;
    private final WriterSettings settings;
    private final MeterRegistry meters;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Thread thread = Thread.ofPlatform().name("upkeep").unstarted(this::run);

    Upkeep(
            Sql sql,
            Connectedness connectedness,
            GatewayEvents events,
            WriterSettings settings,
            MeterRegistry meters) {
        this.sql = sql;
        this.connectedness = connectedness;
        this.events = events;
        this.settings = settings;
        this.meters = meters;
    }

    @Override
    public void start() {
        thread.start();
    }

    private void run() {
        long partitionsDue = System.nanoTime();
        try {
            do {
                guarded("sweep", () -> events.tell(connectedness.sweep(), List.of()));
                if (System.nanoTime() - partitionsDue >= 0) {
                    boolean done = guarded("partitions", this::partitions);
                    Duration next = done ? PARTITIONS_EVERY : PARTITIONS_RETRY;
                    partitionsDue = System.nanoTime() + next.toNanos();
                }
            } while (!stopping.await(settings.sweepEvery().toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void partitions() {
        sql.transaction(() ->
                sql.query(
                        "select made, dropped from viw_maintain_partitions(?, ?)",
                        (row, _) -> tell(row.getInt(1), row.getInt(2)),
                        DAYS_AHEAD,
                        settings.keepDays()));
    }

    private static boolean tell(int made, int dropped) {
        if (made + dropped > 0) {
            log.atInfo()
                    .addKeyValue("event", "partitions")
                    .log("made {} days ahead, dropped {} past their retention", made, dropped);
        }
        return true;
    }

    /** A failure ends one run, never the clock. */
    private boolean guarded(String what, Runnable work) {
        try {
            work.run();
            return true;
        } catch (WorldAway e) {
            meters.counter("viw.telemetry.upkeep.failed", "what", what, "why", "away").increment();
            return false;
        } catch (RuntimeException e) {
            meters.counter("viw.telemetry.upkeep.failed", "what", what, "why", "fault").increment();
            log.atError().addKeyValue("event", "upkeep_failed").setCause(e).log("{} failed", what);
            return false;
        }
    }

    @Override
    public void stop() {
        stopping.countDown();
        try {
            thread.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean isRunning() {
        return thread.isAlive();
    }
}
