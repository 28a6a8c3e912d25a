package io.viworks.admin.gateway;

import io.viworks.admin.paging.Cursor;
import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which gateways a list shows.
 *
 * @param status exactly this status; without it all but decommissioned ones
 * @param site exactly this site, as admins set it
 * @param labels all of these labels, as admins set them
 * @param q part of the id, of the display name or of the hostname, in any case
 * @param stale only those without fresh telemetry, or only those with it
 * @param after the last id of the page before
 */
record GatewayFilter(
        @Nullable String status,
        @Nullable String site,
        Map<String, String> labels,
        @Nullable String q,
        @Nullable Boolean stale,
        @Nullable String after) {
    private static final String LIST = "gateways";
    private static final Set<String> STATUSES =
            Set.of("expected", "connected", "disconnected", "unknown", "decommissioned");
    private static final int MAX_LABELS = 16;

    GatewayFilter {
        labels = Map.copyOf(labels);
    }

    /** Reads the query parameters. */
    static GatewayFilter of(
            @Nullable String status,
            @Nullable String site,
            @Nullable List<String> label,
            @Nullable String q,
            @Nullable Boolean stale,
            @Nullable String cursor) {
        if (status != null && !STATUSES.contains(status)) {
            throw refusal("status", "must be one of " + String.join(", ", STATUSES));
        }
        return new GatewayFilter(
                status,
                site,
                labels(label == null ? List.of() : label),
                q,
                stale,
                cursor == null ? null : Cursor.parse(cursor, LIST, 1).key().getFirst());
    }

    /** The cursor behind a gateway. */
    static Cursor cursorAt(GatewaySummary gateway) {
        return new Cursor(LIST, List.of(gateway.agentId().value()));
    }

    private static Map<String, String> labels(List<String> parameters) {
        if (parameters.size() > MAX_LABELS) {
            throw refusal("label", "may be given at most " + MAX_LABELS + " times");
        }
        Map<String, String> labels = new LinkedHashMap<>();
        for (String parameter : parameters) {
            int equals = parameter.indexOf('=');
            if (equals < 1) {
                throw refusal("label", "must be key=value");
            }
            labels.put(parameter.substring(0, equals), parameter.substring(equals + 1));
        }
        return labels;
    }

    private static Refusal refusal(String parameter, String message) {
        return Refusal.of(
                ProblemCode.BAD_PARAMETER,
                "a filter is wrong",
                List.of(InputError.in(parameter, message)));
    }
}
