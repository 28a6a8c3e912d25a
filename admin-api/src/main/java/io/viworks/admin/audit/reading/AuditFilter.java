package io.viworks.admin.audit.reading;

import io.viworks.admin.sql.Conditions;
import java.time.Instant;
import java.time.ZoneOffset;
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
        @Nullable Instant to) {
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
        return where;
    }
}
