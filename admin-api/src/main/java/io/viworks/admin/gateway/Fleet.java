package io.viworks.admin.gateway;

import io.viworks.admin.sql.Conditions;
import io.viworks.admin.token.Caller;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Counts gateways, for the first page of a panel. Thread-safe. */
final class Fleet {
    /** Sites that are named, those with the most gateways; the others are in the totals. */
    static final int MAX_SITES = 500;

    private final JdbcClient jdbc;
    private final InstantSource clock;
    private final Duration staleAfter;

    Fleet(JdbcClient jdbc, InstantSource clock, Duration staleAfter) {
        this.jdbc = jdbc;
        this.clock = clock;
        this.staleAfter = staleAfter;
    }

    /**
     * How many gateways a caller sees.
     *
     * @param total all but decommissioned ones
     * @param byStatus every status, decommissioned too
     * @param stale how many of the total are without fresh telemetry
     * @param cloneSuspected how many of the total get no commands until an admin has cleared them
     * @param sites how many sites they are of
     * @param bySite the sites with the most gateways, at most 500
     */
    record Counts(
            long total,
            Map<String, Long> byStatus,
            long stale,
            long cloneSuspected,
            int sites,
            List<SiteCounts> bySite) {}

    /**
     * How many gateways one site has.
     *
     * @param site null: gateways without one
     * @param total all but decommissioned ones
     */
    record SiteCounts(
            @Nullable String site,
            long total,
            long stale,
            long cloneSuspected,
            Map<String, Long> byStatus) {}

    /** Counts what the caller may see. */
    Counts counts(Caller caller) {
        Conditions where = Visibility.ofGateways(caller, new Conditions());
        Map<String, Sum> sites = new LinkedHashMap<>();
        Sum all = new Sum(null);
        jdbc.sql(
                        """
                        select g.site, g.status, count(*) as gateways,
                               count(*) filter (where s.reported_at is null
                                                   or s.reported_at < :fresh) as stale,
                               count(*) filter (where g.clone_suspected) as suspected
                        from os_gateways g left join os_gateway_status s using (agent_id)
                        where %s
                        group by g.site, g.status
                        """
                                .formatted(where.sql()))
                .params(where.parameters())
                .param("fresh", clock.instant().minus(staleAfter).atOffset(ZoneOffset.UTC))
                .query(row -> {
                    String site = row.getString("site");
                    for (Sum sum :
                            List.of(
                                    all,
                                    sites.computeIfAbsent(
                                            Objects.requireNonNullElse(site, ""),
                                            _ -> new Sum(site)))) {
                        sum.add(
                                row.getString("status"),
                                row.getLong("gateways"),
                                row.getLong("stale"),
                                row.getLong("suspected"));
                    }
                });
        return new Counts(
                all.total,
                all.byStatus,
                all.stale,
                all.suspected,
                sites.size(),
                sites.values().stream()
                        .map(Sum::counts)
                        .sorted(
                                Comparator.comparingLong(SiteCounts::total)
                                        .reversed()
                                        .thenComparing(
                                                SiteCounts::site,
                                                Comparator.nullsLast(Comparator.naturalOrder())))
                        .limit(MAX_SITES)
                        .toList());
    }

    /** What is added up of one site, or of all. */
    private static final class Sum {
        private final @Nullable String site;
        private final Map<String, Long> byStatus = new LinkedHashMap<>();
        private long total;
        private long stale;
        private long suspected;

        Sum(@Nullable String site) {
            this.site = site;
            GatewayFilter.STATUSES.forEach(status -> byStatus.put(status, 0L));
        }

        void add(String status, long gateways, long staleOnes, long suspectedOnes) {
            byStatus.merge(status, gateways, Long::sum);
            if (!status.equals("decommissioned")) {
                total += gateways;
                stale += staleOnes;
                suspected += suspectedOnes;
            }
        }

        SiteCounts counts() {
            return new SiteCounts(site, total, stale, suspected, byStatus);
        }
    }
}
