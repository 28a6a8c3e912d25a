package io.viworks.admin.telemetry;

import io.viworks.admin.gateway.Visibility;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.sql.Columns;
import io.viworks.admin.sql.Conditions;
import io.viworks.admin.token.Caller;
import io.viworks.protocol.AgentId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Reads how the figures of a gateway went. Thread-safe. */
@Component
final class Series {
    private static final List<String> METRICS = List.of("cpu", "mem", "disk", "load");

    /**
     * The bounds stand as parameters beside the partition key alone, so that days outside of them
     * are not even opened.
     */
    static final String SQL =
            """
            select date_bin(make_interval(secs => :step_s), m.bucket,
                            timestamptz '1970-01-01 00:00:00Z') as at, %s
            from os_gateway_metrics m
            where m.agent_id = :agent_id and m.bucket >= :from and m.bucket < :to
            group by 1
            """
                    .formatted(
                            METRICS.stream()
                                    .flatMap(Series::aggregates)
                                    .collect(Collectors.joining(", ")));

    private final JdbcClient jdbc;

    Series(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * One step. A metric without a sample in it is null: it was not measured, which is neither zero
     * nor what its neighbours say.
     *
     * @param at its beginning
     * @param cpu percent of all cores
     * @param mem percent of the memory
     * @param disk percent of the disk
     * @param load load average of a minute
     */
    record Point(
            Instant at,
            @Nullable Figure cpu,
            @Nullable Figure mem,
            @Nullable Figure disk,
            @Nullable Figure load) {
        static Point empty(Instant at) {
            return new Point(at, null, null, null, null);
        }
    }

    /**
     * A metric in one step.
     *
     * @param avg the mean of its samples
     * @param samples how many frames of telemetry told it
     */
    record Figure(double avg, @Nullable Double max, long samples) {}

    /**
     * Every step that was asked for, in order.
     *
     * @throws Refusal when there is no such gateway for the caller
     */
    List<Point> points(Caller caller, AgentId agentId, SeriesAsk ask) {
        require(caller, agentId);
        Map<Instant, Point> measured = new HashMap<>();
        jdbc.sql(SQL)
                .param("agent_id", agentId.value())
                .param("step_s", (double) ask.step().toSeconds())
                .param("from", ask.from().atOffset(ZoneOffset.UTC))
                .param("to", ask.to().atOffset(ZoneOffset.UTC))
                .query(row -> {
                    Point point = point(row);
                    measured.put(point.at(), point);
                });
        List<Point> points = new ArrayList<>(ask.points());
        for (Instant at = ask.from(); at.isBefore(ask.to()); at = at.plus(ask.step())) {
            points.add(measured.getOrDefault(at, Point.empty(at)));
        }
        return points;
    }

    private void require(Caller caller, AgentId agentId) {
        Conditions where = Visibility.ofGateways(caller, new Conditions());
        where.and("g.agent_id = :agent_id", "agent_id", agentId.value());
        boolean there =
                jdbc.sql("select true from os_gateways g where " + where.sql())
                        .params(where.parameters())
                        .query(Boolean.class)
                        .optional()
                        .isPresent();
        if (!there) {
            throw Refusal.of(
                    ProblemCode.UNKNOWN_GATEWAY, "there is no gateway \"" + agentId + "\"");
        }
    }

    private static Stream<String> aggregates(String metric) {
        return Stream.of(
                "sum(m.%1$s_sum) as %1$s_sum".formatted(metric),
                "max(m.%1$s_max) as %1$s_max".formatted(metric),
                "sum(m.%1$s_samples) as %1$s_samples".formatted(metric));
    }

    private static Point point(ResultSet row) throws SQLException {
        return new Point(
                Objects.requireNonNull(Columns.instant(row, "at")),
                figure(row, "cpu"),
                figure(row, "mem"),
                figure(row, "disk"),
                figure(row, "load"));
    }

    private static @Nullable Figure figure(ResultSet row, String metric) throws SQLException {
        long samples = row.getLong(metric + "_samples");
        return samples == 0
                ? null
                : new Figure(
                        row.getDouble(metric + "_sum") / samples,
                        Columns.number(row, metric + "_max"),
                        samples);
    }
}
