package io.viworks.admin.authority;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.admin.authority.IssuingAuthority.Revoked;
import io.viworks.admin.directory.DirectoryChanged;
import io.viworks.admin.sql.Columns;
import io.viworks.protocol.Bytes;
import io.viworks.service.Pulse;
import jakarta.annotation.PreDestroy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Keeps the list of revoked certificates (RFC 5280, section 5) in Postgres and in a file as the
 * rows say. Every replica does this each second, and at once when it revoked one itself: the row of
 * the list is the lock, so that numbers only grow and an older list never overwrites a newer one,
 * also where replicas share the file. Thread-safe.
 */
@Component
public final class RevocationList {
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Logger log = LoggerFactory.getLogger(RevocationList.class);

    private final AuthoritySettings settings;
    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;
    private final InstantSource clock;
    private final AtomicReference<@Nullable Stored> newest = new AtomicReference<>();
    private final @Nullable Pulse pulse;

    RevocationList(
            AuthoritySettings settings,
            JdbcClient jdbc,
            TransactionTemplate transaction,
            InstantSource clock,
            MeterRegistry meters) {
        this.settings = settings;
        this.jdbc = jdbc;
        this.transaction = transaction;
        this.clock = clock;
        this.pulse =
                settings.authority()
                        .map(authority -> {
                            measure(authority, meters);
                            return Pulse.start("revocation-list", PAUSE, () -> keep(authority));
                        })
                        .orElse(null);
    }

    private void measure(IssuingAuthority authority, MeterRegistry meters) {
        Gauge.builder("viw.ca.ends.in", () -> secondsUntil(authority.endsAt()))
                .baseUnit("seconds")
                .register(meters);
        Gauge.builder(
                        "viw.ca.crl.next.update.in",
                        () -> {
                            Stored list = newest.get();
                            return list == null ? 0 : secondsUntil(list.nextUpdate());
                        })
                .baseUnit("seconds")
                .register(meters);
        Gauge.builder(
                        "viw.ca.crl.entries",
                        () -> {
                            Stored list = newest.get();
                            return list == null ? 0 : list.entries();
                        })
                .register(meters);
    }

    private double secondsUntil(Instant time) {
        return Duration.between(clock.instant(), time).toMillis() / 1000.0;
    }

    /** A list as it is stored. */
    private record Stored(long number, Bytes der, int entries, Instant nextUpdate) {}

    /** Whether the last run wrote all there was to write. */
    public boolean upToDate() {
        return pulse == null || pulse.failure() == null;
    }

    /** Whether the list is still kept; true where there is none. */
    public boolean alive() {
        return pulse == null || pulse.alive();
    }

    /** Looks at once: a certificate may have been revoked. */
    @TransactionalEventListener
    void onChange(DirectoryChanged change) {
        if (pulse != null) {
            pulse.nudge();
        }
    }

    private void keep(IssuingAuthority authority) {
        // A look without a lock, each second; the lock and the list itself only for who writes.
        Stored known = newest.get();
        if (known == null
                || isDue(known)
                || storedNumber(authority) != known.number()
                || hasUnlisted(authority)
                || isFileOther(known)) {
            newest.set(Objects.requireNonNull(transaction.execute(_ -> renewed(authority))));
        }
    }

    private long storedNumber(IssuingAuthority authority) {
        return jdbc.sql("select crl_number from revocation_lists where issuer = :issuer")
                .param("issuer", authority.id())
                .query(Long.class)
                .optional()
                .orElse(0L);
    }

    private boolean isFileOther(Stored known) {
        return settings.listFile().filter(file -> !ListFile.holds(file, pem(known))).isPresent();
    }

    /** The newest list, made now when the stored one does not say all; and its file. */
    private Stored renewed(IssuingAuthority authority) {
        jdbc.sql(
                        """
                        insert into revocation_lists (issuer, crl_number) values (:issuer, 0)
                        on conflict do nothing
                        """)
                .param("issuer", authority.id())
                .update();
        long number =
                jdbc.sql(
                                """
                                select crl_number from revocation_lists where issuer = :issuer
                                for update
                                """)
                        .param("issuer", authority.id())
                        .query(Long.class)
                        .single();
        Stored list = stored(authority);
        if (list == null || isDue(list) || hasUnlisted(authority)) {
            list = make(authority, number + 1);
        }
        write(list);
        return list;
    }

    private void write(Stored list) {
        settings.listFile()
                .ifPresent(file -> {
                    try {
                        if (!ListFile.holds(file, pem(list))) {
                            ListFile.write(file, pem(list));
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(
                                "the revocation list cannot be written to " + file, e);
                    }
                });
    }

    private static byte[] pem(Stored list) {
        return Pem.encode("X509 CRL", list.der().array()).getBytes(StandardCharsets.US_ASCII);
    }

    /** Before half of its life is over: one that is over makes edges refuse everybody. */
    private boolean isDue(Stored list) {
        Instant renewAt = list.nextUpdate().minus(settings.listLife().dividedBy(2));
        return !clock.instant().isBefore(renewAt);
    }

    private @Nullable Stored stored(IssuingAuthority authority) {
        return jdbc.sql(
                        """
                        select crl_number, crl, entries, next_update from revocation_lists
                        where issuer = :issuer and crl is not null
                        """)
                .param("issuer", authority.id())
                .query((row, _) ->
                        new Stored(
                                row.getLong("crl_number"),
                                Bytes.of(row.getBytes("crl")),
                                row.getInt("entries"),
                                Objects.requireNonNull(Columns.instant(row, "next_update"))))
                .optional()
                .orElse(null);
    }

    private boolean hasUnlisted(IssuingAuthority authority) {
        return jdbc.sql(
                        """
                        select 1 from agent_credentials
                        where issuer = :issuer and status = 'revoked' and crl_number is null
                          and expires_at > :now
                        limit 1
                        """)
                .param("issuer", authority.id())
                .param("now", clock.instant().atOffset(ZoneOffset.UTC))
                .query((_, _) -> true)
                .optional()
                .isPresent();
    }

    private record Row(long id, Revoked line) {}

    private Stored make(IssuingAuthority authority, long number) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        Instant nextUpdate = now.plus(settings.listLife());
        List<Row> rows =
                jdbc.sql(
                                """
                                select id, serial, coalesce(revoked_at, created_at) as revoked_at
                                from agent_credentials
                                where issuer = :issuer and status = 'revoked'
                                  and expires_at > :now
                                order by id
                                """)
                        .param("issuer", authority.id())
                        .param("now", now.atOffset(ZoneOffset.UTC))
                        .query((row, _) ->
                                new Row(
                                        row.getLong("id"),
                                        new Revoked(
                                                Bytes.of(row.getBytes("serial")),
                                                Objects.requireNonNull(
                                                        Columns.instant(row, "revoked_at")))))
                        .list();
        Bytes der =
                authority.revocationList(
                        number, rows.stream().map(Row::line).toList(), now, nextUpdate);
        jdbc.sql(
                        """
                        update revocation_lists
                        set crl_number = :number, crl = :crl, entries = :entries, made_at = :now,
                            next_update = :next_update
                        where issuer = :issuer
                        """)
                .param("number", number)
                .param("crl", der.array())
                .param("entries", rows.size())
                .param("now", now.atOffset(ZoneOffset.UTC))
                .param("next_update", nextUpdate.atOffset(ZoneOffset.UTC))
                .param("issuer", authority.id())
                .update();
        jdbc.sql(
                        """
                        update agent_credentials set crl_number = :number
                        where id = any (:ids) and crl_number is null
                        """)
                .param("number", number)
                .param("ids", rows.stream().map(Row::id).toArray(Long[]::new))
                .update();
        log.atInfo()
                .addKeyValue("event", "revocation_list_made")
                .log("list {} names {} certificates", number, rows.size());
        return new Stored(number, der, rows.size(), nextUpdate);
    }

    @PreDestroy
    void close() {
        if (pulse != null) {
            pulse.close();
        }
    }
}
