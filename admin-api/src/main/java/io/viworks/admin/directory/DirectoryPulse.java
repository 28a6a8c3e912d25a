package io.viworks.admin.directory;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.admin.redis.Answer;
import io.viworks.backplane.directory.DirectoryEntry;
import io.viworks.backplane.directory.DirectoryProjection;
import io.viworks.service.Pulse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Keeps the directory in Redis as Postgres says (spec 2.1). Every replica does this: changed
 * entries each second, and at once when it changed them itself; everything every 5 minutes and
 * whenever the version key is missing, which is how a flush shows. The two run apart, so that a
 * revocation does not wait for the whole fleet. Thread-safe.
 */
public final class DirectoryPulse implements AutoCloseable {
    static final Duration PAUSE = Duration.ofSeconds(1);
    static final Duration FULL_EVERY = Duration.ofMinutes(5);

    /** Entries read, locked and written at once. */
    private static final int PIECE = 1_000;

    private static final Duration FULL_PATIENCE = Duration.ofMinutes(1);
    private static final Logger log = LoggerFactory.getLogger(DirectoryPulse.class);

    private final DirectoryRows rows;
    private final DirectoryProjection projection;
    private final TransactionTemplate transaction;
    private final InstantSource clock;
    private final Counter entriesWritten;
    private final Counter fullProjections;
    private final Pulse changes;
    private final Pulse full;
    private Instant nextFull = Instant.EPOCH;

    DirectoryPulse(
            DirectoryRows rows,
            DirectoryProjection projection,
            TransactionTemplate transaction,
            InstantSource clock,
            MeterRegistry meters) {
        this.rows = rows;
        this.projection = projection;
        this.transaction = transaction;
        this.clock = clock;
        this.entriesWritten = meters.counter("viw.directory.entries");
        this.fullProjections = meters.counter("viw.directory.full");
        this.full = Pulse.start("directory-full", PAUSE, this::projectAllWhenDue);
        this.changes = Pulse.start("directory", PAUSE, this::projectChanges);
    }

    /** Whether the last run wrote all there was to write. */
    public boolean upToDate() {
        return changes.failure() == null && full.failure() == null;
    }

    /** Whether the directory is still kept. */
    public boolean alive() {
        return changes.alive() && full.alive();
    }

    /** Projects at once what a transaction of this process has just changed. */
    @TransactionalEventListener
    void onChange(DirectoryChanged change) {
        changes.nudge();
    }

    private void projectAllWhenDue() {
        Instant now = clock.instant();
        if (!now.isBefore(nextFull) || Answer.of(projection.isMissing())) {
            projectAll();
            nextFull = now.plus(FULL_EVERY);
        }
    }

    private void projectChanges() {
        if (Answer.of(projection.isMissing())) {
            return; // Everything is on its way, and these with it.
        }
        int written;
        do {
            written = Objects.requireNonNull(transaction.execute(_ -> projectPending()));
        } while (written == PIECE);
    }

    /** Entries first, the version last; again at the next run when Redis forgot on the way. */
    private void projectAll() {
        List<DirectoryEntry> all = new ArrayList<>();
        List<DirectoryEntry> piece;
        String after = "";
        do {
            piece = rows.after(after, PIECE);
            all.addAll(piece);
            after = piece.isEmpty() ? after : piece.getLast().agentId().value();
        } while (piece.size() == PIECE);
        if (Answer.of(projection.projectAll(all), FULL_PATIENCE).isEmpty()) {
            throw new IllegalStateException("Redis lost its memory during the projection");
        }
        fullProjections.increment();
        entriesWritten.increment(all.size());
        log.atInfo()
                .addKeyValue("event", "directory_projected")
                .log("{} agents projected into Redis", all.size());
    }

    /**
     * Writes changed entries and clears their flags in one transaction: a crash between the two
     * only writes them once more.
     */
    private int projectPending() {
        List<DirectoryEntry> changed = rows.pending(PIECE);
        if (changed.isEmpty()) {
            return 0;
        }
        if (Answer.of(projection.project(changed)).isEmpty()) {
            throw new IllegalStateException("the directory's version is missing");
        }
        rows.written(changed);
        entriesWritten.increment(changed.size());
        return changed.size();
    }

    @Override
    public void close() {
        changes.close();
        full.close();
    }
}
