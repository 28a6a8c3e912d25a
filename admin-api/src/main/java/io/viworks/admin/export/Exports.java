package io.viworks.admin.export;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.apache.coyote.CloseNowException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.json.JsonMapper;

/**
 * Streams whole lists out of the database: a cursor of the server in a read-only transaction of its
 * own, some rows in memory at a time. An answer that has begun and cannot be finished (the caller
 * reads too slowly, the time is over, the database went away) ends with its connection, without the
 * last chunk: no client takes it for whole. Thread-safe.
 */
@Component
public final class Exports {
    /** Rows fetched at a time. */
    private static final int FETCH = 500;

    /** When a place may be free again. */
    private static final Duration PAUSE = Duration.ofSeconds(10);

    private static final Logger log = LoggerFactory.getLogger(Exports.class);

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;
    private final JsonMapper json;
    private final ExportSettings settings;
    private final Semaphore places;
    private final MeterRegistry meters;
    private final Counter rows;

    Exports(
            JdbcClient jdbc,
            PlatformTransactionManager transactions,
            JsonMapper json,
            ExportSettings settings,
            MeterRegistry meters) {
        this.jdbc = jdbc;
        this.transaction = new TransactionTemplate(transactions);
        this.transaction.setReadOnly(true);
        this.json = json;
        this.settings = settings;
        this.places = new Semaphore(settings.atOnce());
        this.meters = meters;
        this.rows = meters.counter("viw.api.exports.rows");
        Gauge.builder(
                        "viw.api.exports.running",
                        places,
                        free -> (double) settings.atOnce() - free.availablePermits())
                .register(meters);
    }

    /**
     * A list as a file.
     *
     * @param name the file's, without its suffix
     * @param members of an item as JSON has them: the columns, in this order
     * @param sql the whole query; never of a caller's making
     * @param indexed whether an index has the rows in this order: then nothing is sorted, and the
     *     first row is there at once
     */
    public record Query<T>(
            String name,
            List<String> members,
            String sql,
            Map<String, Object> parameters,
            boolean indexed,
            RowMapper<T> item) {
        /** Copies the list. */
        public Query {
            members = List.copyOf(members);
        }
    }

    /**
     * Refuses what makes no sense of a whole list.
     *
     * @throws Refusal {@link ProblemCode#BAD_PARAMETER}
     */
    public static void checkWhole(
            @Nullable Integer limit, @Nullable String cursor, @Nullable Boolean count) {
        List<InputError> errors = new ArrayList<>();
        if (limit != null) {
            errors.add(InputError.in("limit", "is not for csv and ndjson: they hold all"));
        }
        if (cursor != null) {
            errors.add(InputError.in("cursor", "is not for csv and ndjson: they hold all"));
        }
        if (count != null) {
            errors.add(InputError.in("count", "is not for csv and ndjson: count the lines"));
        }
        if (!errors.isEmpty()) {
            throw Refusal.of(ProblemCode.BAD_PARAMETER, "a parameter is wrong", errors);
        }
    }

    /**
     * Answers with the whole list in this format; a HEAD with its headers, without reading it.
     *
     * @throws Refusal {@link ProblemCode#EXPORTS_BUSY} before anything was written
     * @throws CloseNowException when the answer had begun and could not be finished: the container
     *     then drops the connection
     */
    public <T> void stream(
            Query<T> query, Format format, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        if (request.getMethod().equals("HEAD")) {
            ExportFile.head(query.name(), format, response);
            return;
        }
        if (!places.tryAcquire()) {
            throw Refusal.of(
                            ProblemCode.EXPORTS_BUSY,
                            settings.atOnce() + " exports run already; they end by themselves")
                    .retryAfter(PAUSE);
        }
        try {
            String outcome = run(query, format, response);
            meters.counter("viw.api.exports.ended", "outcome", outcome).increment();
        } finally {
            places.release();
        }
    }

    private <T> String run(Query<T> query, Format format, HttpServletResponse response)
            throws IOException {
        long end = System.nanoTime() + settings.longest().toNanos();
        try (ExportFile file = new ExportFile(query.name(), format, query.members(), json, end)) {
            transaction.executeWithoutResult(_ -> {
                if (query.indexed()) {
                    // The planner reckons with all rows, and would rather sort them all first.
                    jdbc.sql("set local enable_sort = off").update();
                }
                jdbc.sql(query.sql())
                        .params(query.parameters())
                        .withFetchSize(FETCH)
                        .query(row -> {
                            file.write(query.item().mapRow(row, 0), response);
                            rows.increment();
                        });
                file.finish(response);
            });
            return "whole";
        } catch (ExportFile.TooLong e) {
            throw broken("too_long", e);
        } catch (UncheckedIOException e) {
            throw broken("caller_gone", e);
        } catch (RuntimeException e) {
            if (!response.isCommitted()) {
                meters.counter("viw.api.exports.ended", "outcome", "refused").increment();
                throw e;
            }
            throw broken("failed", e);
        }
    }

    private CloseNowException broken(String outcome, RuntimeException why) {
        meters.counter("viw.api.exports.ended", "outcome", outcome).increment();
        log.atWarn()
                .addKeyValue("event", "export_broken")
                .addKeyValue("outcome", outcome)
                .addKeyValue("error", String.valueOf(why.getMessage()))
                .log("an export broke off; its connection is closed");
        return new CloseNowException(outcome, why);
    }
}
