package io.viworks.admin.audit.reading;

import io.viworks.admin.paging.Cursor;
import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.sql.Conditions;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of the audit log are asked for. All that is given must hold.
 *
 * @param from the earliest instant, itself included
 * @param to the first instant no more included
 */
record AuditFilter(
        @Nullable String who,
        @Nullable String what,
        @Nullable String target,
        @Nullable String outcome,
        @Nullable Instant from,
        @Nullable Instant to,
        @Nullable String cursor) {
    private static final String LIST = "audit";

    /** Reads the two instants. */
    static @Nullable Instant instant(String name, @Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            Instant instant = Instant.parse(text);
            int year = instant.atOffset(ZoneOffset.UTC).getYear();
            if (year >= 1 && year <= 9999) {
                return instant;
            }
        } catch (DateTimeException e) {
            // Said below.
        }
        throw Refusal.of(
                ProblemCode.BAD_PARAMETER,
                "a parameter has a wrong form",
                List.of(InputError.in(name, "must be an instant such as 2026-01-15T12:00:00Z")));
    }

    Conditions conditions() {
        Conditions where = new Conditions();
        if (who != null) {
            where.and("who = :who", "who", who);
        }
        if (what != null) {
            where.and("starts_with(what, :what)", "what", what);
        }
        if (target != null) {
            where.and("target = :target", "target", target);
        }
        if (outcome != null) {
            where.and("outcome = :outcome", "outcome", outcome);
        }
        if (from != null) {
            where.and("ts >= :from", "from", from.atOffset(ZoneOffset.UTC));
        }
        if (to != null) {
            where.and("ts < :to", "to", to.atOffset(ZoneOffset.UTC));
        }
        if (cursor != null) {
            after(cursor, where);
        }
        return where;
    }

    private static void after(String text, Conditions where) {
        List<String> key = Cursor.parse(text, LIST, 2).key();
        try {
            where.and(
                            "(ts, id) < (:after_ts, :after_id)",
                            "after_ts",
                            Instant.parse(key.get(0)).atOffset(ZoneOffset.UTC))
                    .parameters()
                    .put("after_id", Long.parseLong(key.get(1)));
        } catch (DateTimeException | NumberFormatException e) {
            throw Cursor.refusal();
        }
    }

    /** The cursor behind a row. */
    static Cursor cursorAt(AuditView row) {
        return new Cursor(LIST, List.of(row.ts().toString(), String.valueOf(row.id())));
    }
}
