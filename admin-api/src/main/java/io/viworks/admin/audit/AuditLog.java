package io.viworks.admin.audit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.ledger.Sql;
import io.viworks.service.Pulse;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingDeque;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.json.JsonMapper;

/**
 * The append-only record of who did what (spec 4, {@code audit_log}). A change is written in its
 * own transaction. Refusals are written a moment later, from a queue of at most {@value
 * #MAX_WAITING}: refusing must not wait for the database, and while it is away they wait.
 * Thread-safe.
 */
@Component
public final class AuditLog {
    /** Refusals that may wait to be written; more are counted and dropped. */
    static final int MAX_WAITING = 1_000;

    /** Refusals a minute of all who cannot say who they are. */
    static final int STRANGERS_PER_MINUTE = 60;

    /** Refusals a minute of one caller. */
    static final int CALLER_PER_MINUTE = 300;

    /** Longest value of a detail in characters. */
    private static final int MAX_DETAIL = 1_024;

    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final int BATCH = 200;

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;
    private final InstantSource clock;
    private final JsonMapper json;
    private final Counter dropped;
    private final Counter suppressed;
    private final RefusalBudget strangers = new RefusalBudget(STRANGERS_PER_MINUTE);
    private final RefusalBudget callers = new RefusalBudget(CALLER_PER_MINUTE);
    private final LinkedBlockingDeque<AuditEntry> waiting = new LinkedBlockingDeque<>(MAX_WAITING);
    private final Pulse pulse;

    AuditLog(
            JdbcClient jdbc,
            TransactionTemplate transaction,
            InstantSource clock,
            JsonMapper json,
            MeterRegistry meters) {
        this.jdbc = jdbc;
        this.transaction = transaction;
        this.clock = clock;
        this.json = json;
        this.dropped = meters.counter("viw.api.audit.dropped");
        this.suppressed = meters.counter("viw.api.audit.suppressed");
        Gauge.builder("viw.api.audit.waiting", waiting, LinkedBlockingDeque::size).register(meters);
        this.pulse = Pulse.start("audit", PAUSE, this::writeWaiting);
    }

    /**
     * Records a change in the transaction that makes it.
     *
     * @param detail further facts; never a secret
     */
    public void changed(
            String who,
            String what,
            @Nullable String target,
            String from,
            Map<String, String> detail) {
        insert(new AuditEntry(clock.instant(), who, what, target, from, "accepted", text(detail)));
    }

    /**
     * Records the same kind of change of many targets, in the transaction that makes them.
     *
     * @param details of each target; never a secret
     */
    public void changed(
            String who, String what, String from, Map<String, Map<String, String>> details) {
        List<AuditEntry> entries = new ArrayList<>();
        details.forEach((target, detail) ->
                entries.add(
                        new AuditEntry(
                                clock.instant(),
                                who,
                                what,
                                target,
                                from,
                                "accepted",
                                text(detail))));
        jdbc.sql(
                        """
                        insert into audit_log (ts, who, what, target, origin, outcome, detail)
                        select ts, who, what, target, origin, outcome, detail
                        from unnest(cast(:ts as timestamptz[]), cast(:who as text[]),
                                    cast(:what as text[]), cast(:target as text[]),
                                    cast(:origin as text[]), cast(:outcome as text[]),
                                    cast(:detail as jsonb[]))
                             as e (ts, who, what, target, origin, outcome, detail)
                        """)
                .param("ts", Sql.column(entries, AuditEntry::ts))
                .param("who", Sql.column(entries, AuditEntry::who))
                .param("what", Sql.column(entries, AuditEntry::what))
                .param("target", Sql.column(entries, AuditEntry::target))
                .param("origin", Sql.column(entries, AuditEntry::from))
                .param("outcome", Sql.column(entries, AuditEntry::outcome))
                .param("detail", Sql.column(entries, AuditEntry::detail))
                .update();
    }

    private String text(Map<String, String> detail) {
        Map<String, String> harmless = new TreeMap<>();
        detail.forEach((name, value) -> harmless.put(name, HarmlessText.of(value, MAX_DETAIL)));
        return json.writeValueAsString(harmless);
    }

    /** Records a refusal of a known caller, as far as its {@link RefusalBudget} allows. */
    public void refused(
            String who, String what, @Nullable String target, String from, String code) {
        refused(callers, who, what, target, from, code);
    }

    /** Records a refusal of somebody unknown, as far as the {@link RefusalBudget} of all allows. */
    public void refusedStranger(String what, @Nullable String target, String from, String code) {
        refused(strangers, AuditEntry.STRANGER, what, target, from, code);
    }

    private void refused(
            RefusalBudget budget,
            String who,
            String what,
            @Nullable String target,
            String from,
            String code) {
        Instant now = clock.instant();
        switch (budget.take(who, now)) {
            case RefusalBudget.Verdict.LeaveOut() -> suppressed.increment();
            case RefusalBudget.Verdict.Write(long before) -> {
                if (before > 0) {
                    String more = "refused " + before + " more requests";
                    offer(new AuditEntry(now, who, more, null, "", "suppressed", null));
                }
                offer(new AuditEntry(now, who, what, target, from, code, null));
            }
        }
    }

    /** Whether refusals are still written. */
    public boolean alive() {
        return pulse.alive();
    }

    private void offer(AuditEntry entry) {
        if (!waiting.offer(entry)) {
            dropped.increment();
        }
    }

    private void writeWaiting() {
        List<AuditEntry> batch = new ArrayList<>();
        while (waiting.drainTo(batch, BATCH) > 0) {
            try {
                transaction.executeWithoutResult(_ -> batch.forEach(this::insert));
            } catch (RuntimeException e) {
                batch.reversed()
                        .forEach(entry -> {
                            if (!waiting.offerFirst(entry)) {
                                dropped.increment();
                            }
                        });
                throw e;
            }
            batch.clear();
        }
    }

    private void insert(AuditEntry entry) {
        jdbc.sql(
                        """
                        insert into audit_log (ts, who, what, target, origin, outcome, detail)
                        values (:ts, :who, :what, :target, :origin, :outcome,
                                cast(:detail as jsonb))
                        """)
                .param("ts", entry.ts().atOffset(ZoneOffset.UTC))
                .param("who", entry.who())
                .param("what", entry.what())
                .param("target", entry.target())
                .param("origin", entry.from())
                .param("outcome", entry.outcome())
                .param("detail", entry.detail())
                .update();
    }

    /** Writes what still waits, if the database lets it. */
    @PreDestroy
    void close() {
        pulse.close();
        try {
            writeWaiting();
        } catch (RuntimeException e) {
            dropped.increment(waiting.size());
        }
    }
}
