package io.viworks.admin.gateway;

import io.viworks.admin.paging.Fields;
import io.viworks.admin.paging.Kind;
import io.viworks.admin.paging.ListShape;
import io.viworks.admin.paging.Page;
import io.viworks.admin.paging.PageReader;
import io.viworks.admin.paging.Sort;
import io.viworks.admin.paging.SortColumn;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.sql.Columns;
import io.viworks.admin.sql.Conditions;
import io.viworks.admin.token.Caller;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Reads the inventory of gateways. Thread-safe. */
final class Gateways {
    /** Results shown with a gateway. */
    private static final int LAST_RESULTS = 10;

    /** What can be asked of the list of gateways. */
    static final ListShape LIST =
            new ListShape(
                    "gateways",
                    Sort.choice(
                            "agent_id",
                            SortColumn.indexed("agent_id", "g.agent_id", Kind.TEXT),
                            SortColumn.nullable("display_name", "g.display_name", Kind.TEXT),
                            SortColumn.nullable("site", "g.site", Kind.TEXT),
                            SortColumn.of("status", "g.status", Kind.TEXT),
                            SortColumn.nullable("last_seen", "g.last_seen", Kind.INSTANT),
                            SortColumn.nullable("first_seen", "g.first_seen", Kind.INSTANT),
                            SortColumn.nullable("cpu_pct", "s.cpu_pct", Kind.NUMBER),
                            SortColumn.nullable("mem_pct", "s.mem_pct", Kind.NUMBER),
                            SortColumn.nullable("disk_pct", "s.disk_pct", Kind.NUMBER)),
                    Fields.of(GatewaySummary.class, "agent_id"));

    private static final String SUMMARY =
            """
            g.agent_id, g.display_name, g.site, g.labels, g.status, g.hostname, g.version,
            g.reported_site, g.reported_labels, g.clone_suspected, g.first_seen, g.last_seen,
            s.cpu_pct, s.mem_pct, s.disk_pct, s.load1, s.containers_running, s.reported_at
            """;

    private final JdbcClient jdbc;
    private final PageReader pages;
    private final Columns columns;
    private final InstantSource clock;
    private final Duration staleAfter;

    Gateways(
            JdbcClient jdbc,
            PageReader pages,
            Columns columns,
            InstantSource clock,
            Duration staleAfter) {
        this.jdbc = jdbc;
        this.pages = pages;
        this.columns = columns;
        this.clock = clock;
        this.staleAfter = staleAfter;
    }

    /** The page that was asked for, as far as the caller may see. */
    Page<GatewaySummary> list(Caller caller, GatewayFilter filter, ListShape.Ask ask) {
        Instant fresh = clock.instant().minus(staleAfter);
        Conditions where = Visibility.ofGateways(caller, new Conditions());
        filter.addTo(where, fresh);
        return pages.read(
                ask,
                new PageReader.Rows(
                        SUMMARY,
                        "os_gateways g left join os_gateway_status s using (agent_id)",
                        where),
                (row, _) -> summary(row, fresh));
    }

    /**
     * Everything about one gateway.
     *
     * @throws Refusal when there is none that the caller may see
     */
    GatewayDetails details(Caller caller, AgentId agentId) {
        Conditions where = Visibility.ofGateways(caller, new Conditions());
        where.and("g.agent_id = :agent_id", "agent_id", agentId.value());
        Instant fresh = clock.instant().minus(staleAfter);
        Optional<GatewayDetails.Session> session = session(agentId);
        List<GatewayDetails.LastResult> results = lastResults(caller, agentId);
        return jdbc.sql(
                        """
                        select %s, g.notes, g.version_min, g.capabilities, g.supported_verbs,
                               g.features, g.max_concurrency, g.auth, g.instance_uid,
                               g.clock_skew_ms, g.created_by, g.decommissioned_at, g.edit_version
                        from os_gateways g left join os_gateway_status s using (agent_id)
                        where %s
                        """
                                .formatted(SUMMARY, where.sql()))
                .params(where.parameters())
                .query((row, _) -> details(row, fresh, session, results))
                .optional()
                .orElseThrow(() -> unknown(agentId));
    }

    /** The refusal for a gateway that does not exist for the caller. */
    static Refusal unknown(AgentId agentId) {
        return Refusal.of(ProblemCode.UNKNOWN_GATEWAY, "there is no gateway \"" + agentId + "\"");
    }

    private Optional<GatewayDetails.Session> session(AgentId agentId) {
        return jdbc.sql(
                        """
                        select session_id, bridge_id, conn_id, connected_at, last_heartbeat_at,
                               remote_ip, version
                        from agent_sessions
                        where agent_id = :agent_id and disconnected_at is null
                        order by epoch desc
                        limit 1
                        """)
                .param("agent_id", agentId.value())
                .query((row, _) ->
                        new GatewayDetails.Session(
                                row.getString("session_id"),
                                row.getString("bridge_id"),
                                row.getString("conn_id"),
                                Objects.requireNonNull(Columns.instant(row, "connected_at")),
                                Columns.instant(row, "last_heartbeat_at"),
                                row.getString("remote_ip"),
                                row.getString("version")))
                .optional();
    }

    private List<GatewayDetails.LastResult> lastResults(Caller caller, AgentId agentId) {
        Conditions where = Visibility.ofCommands(caller, new Conditions());
        where.and("r.agent_id = :agent_id", "agent_id", agentId.value());
        return jdbc.sql(
                        """
                        select r.correlation_id, r.command, r.status, r.rc, r.error_code,
                               r.finished_at, r.duration_ms
                        from agent_command_results r
                        join agent_commands c using (correlation_id)
                        join os_gateways g on g.agent_id = c.agent_id
                        where %s
                        order by r.id desc
                        limit %d
                        """
                                .formatted(where.sql(), LAST_RESULTS))
                .params(where.parameters())
                .query((row, _) ->
                        new GatewayDetails.LastResult(
                                new CorrelationId(row.getObject("correlation_id", UUID.class)),
                                row.getString("command"),
                                row.getString("status"),
                                Columns.integer(row, "rc"),
                                row.getString("error_code"),
                                Columns.instant(row, "finished_at"),
                                Columns.bigint(row, "duration_ms")))
                .list();
    }

    private GatewaySummary summary(ResultSet row, Instant fresh) throws SQLException {
        Instant reportedAt = Columns.instant(row, "reported_at");
        return new GatewaySummary(
                AgentId.of(row.getString("agent_id")),
                row.getString("display_name"),
                row.getString("site"),
                columns.object(row, "labels"),
                row.getString("status"),
                reportedAt == null || reportedAt.isBefore(fresh),
                row.getString("hostname"),
                row.getString("version"),
                row.getString("reported_site"),
                columns.object(row, "reported_labels"),
                row.getBoolean("clone_suspected"),
                Columns.instant(row, "first_seen"),
                Columns.instant(row, "last_seen"),
                reportedAt == null
                        ? null
                        : new GatewaySummary.Figures(
                                Columns.number(row, "cpu_pct"),
                                Columns.number(row, "mem_pct"),
                                Columns.number(row, "disk_pct"),
                                Columns.number(row, "load1"),
                                Columns.integer(row, "containers_running"),
                                reportedAt));
    }

    private GatewayDetails details(
            ResultSet row,
            Instant fresh,
            Optional<GatewayDetails.Session> session,
            List<GatewayDetails.LastResult> results)
            throws SQLException {
        return new GatewayDetails(
                summary(row, fresh),
                row.getString("notes"),
                row.getString("version_min"),
                columns.array(row, "capabilities"),
                columns.array(row, "supported_verbs"),
                columns.array(row, "features"),
                Columns.integer(row, "max_concurrency"),
                row.getString("auth"),
                row.getObject("instance_uid", UUID.class),
                Columns.bigint(row, "clock_skew_ms"),
                row.getString("created_by"),
                Columns.instant(row, "decommissioned_at"),
                row.getLong("edit_version"),
                session.orElse(null),
                results);
    }
}
