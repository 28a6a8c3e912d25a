package io.viworks.admin.gateway;

import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.sql.Conditions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Which gateways a list shows. All that is given must hold.
 *
 * @param status one of these; with none, all but decommissioned ones
 * @param site exactly this site, as admins set it; the empty one is of gateways without a site
 * @param q part of the id, of the display name or of the hostname, in any case
 * @param stale only those without fresh telemetry, or only those with it
 * @param version exactly this version, as the agent said it
 */
record GatewayFilter(
        List<String> status,
        @Nullable String site,
        List<LabelSelector> labels,
        @Nullable String q,
        @Nullable Boolean stale,
        @Nullable String version,
        @Nullable Boolean cloneSuspected) {
    /** Every status that a gateway can have (spec 4). */
    static final List<String> STATUSES =
            List.of("expected", "connected", "disconnected", "unknown", "decommissioned");

    /** Checks the words. */
    GatewayFilter {
        status = List.copyOf(status);
        labels = List.copyOf(labels);
        if (!STATUSES.containsAll(status)) {
            throw refusal("status", "must be one of " + String.join(", ", STATUSES));
        }
    }

    /**
     * The selectors of the parameter {@code label}.
     *
     * @throws Refusal {@link ProblemCode#BAD_PARAMETER}
     */
    static List<LabelSelector> labels(@Nullable List<String> parameters) {
        return checked(
                "label", () -> LabelSelector.parseAll(parameters == null ? List.of() : parameters));
    }

    private static <T> T checked(String parameter, Supplier<T> reading) {
        try {
            return reading.get();
        } catch (IllegalArgumentException e) {
            throw refusal(parameter, String.valueOf(e.getMessage()));
        }
    }

    /**
     * Adds the conditions on the gateway {@code g} and on its latest figures {@code s}.
     *
     * @param fresh from when on telemetry is not stale
     */
    void addTo(Conditions where, Instant fresh) {
        if (status.isEmpty()) {
            where.and("g.status <> 'decommissioned'");
        } else {
            where.and("g.status = any (:status)", "status", status.toArray(String[]::new));
        }
        if (site != null) {
            if (site.isEmpty()) {
                where.and("g.site is null");
            } else {
                where.and("g.site = :site", "site", site);
            }
        }
        LabelSelector.addTo(where, labels);
        if (q != null) {
            where.and(
                    "(g.agent_id ilike :q or g.display_name ilike :q or g.hostname ilike :q)",
                    "q",
                    "%" + q.replaceAll("([\\\\%_])", "\\\\$1") + "%");
        }
        if (stale != null) {
            where.and(
                    stale
                            ? "(s.reported_at is null or s.reported_at < :fresh)"
                            : "s.reported_at >= :fresh",
                    "fresh",
                    fresh.atOffset(ZoneOffset.UTC));
        }
        if (version != null) {
            where.and("g.version = :version", "version", version);
        }
        if (cloneSuspected != null) {
            where.and(cloneSuspected ? "g.clone_suspected" : "not g.clone_suspected");
        }
    }

    private static Refusal refusal(String parameter, String message) {
        return Refusal.of(
                ProblemCode.BAD_PARAMETER,
                "a filter is wrong",
                List.of(InputError.in(parameter, message)));
    }
}
