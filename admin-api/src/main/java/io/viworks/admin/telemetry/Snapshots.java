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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Reads the latest telemetry of a gateway. Thread-safe. */
@Component
final class Snapshots {
    private final JdbcClient jdbc;
    private final Columns columns;

    Snapshots(JdbcClient jdbc, Columns columns) {
        this.jdbc = jdbc;
        this.columns = columns;
    }

    /**
     * The latest telemetry.
     *
     * @throws Refusal when there is no such gateway for the caller, or it has not reported yet
     */
    Snapshot latest(Caller caller, AgentId agentId) {
        Conditions where = Visibility.ofGateways(caller, new Conditions());
        where.and("g.agent_id = :agent_id", "agent_id", agentId.value());
        Optional<Found> found =
                jdbc.sql(
                                """
                                select s.reported_at, s.ts, s.payload, s.containers, s.services
                                from os_gateways g left join os_gateway_status s using (agent_id)
                                where %s
                                """
                                        .formatted(where.sql()))
                        .params(where.parameters())
                        .query((row, _) -> new Found(snapshot(agentId, row)))
                        .optional();
        if (found.isEmpty()) {
            throw Refusal.of(
                    ProblemCode.UNKNOWN_GATEWAY, "there is no gateway \"" + agentId + "\"");
        }
        Snapshot snapshot = found.get().snapshot();
        if (snapshot == null) {
            throw Refusal.of(
                    ProblemCode.NO_TELEMETRY, "nothing was reported by \"" + agentId + "\" yet");
        }
        return snapshot;
    }

    private @Nullable Snapshot snapshot(AgentId agentId, ResultSet row) throws SQLException {
        return Columns.instant(row, "reported_at") == null
                ? null
                : new Snapshot(
                        agentId,
                        Objects.requireNonNull(Columns.instant(row, "reported_at")),
                        Columns.instant(row, "ts"),
                        columns.object(row, "payload"),
                        columns.array(row, "containers"),
                        columns.object(row, "services"));
    }

    private record Found(@Nullable Snapshot snapshot) {}

    /** What was reported last. */
    record Snapshot(
            AgentId agentId,
            Instant reportedAt,
            @Nullable Instant ts,
            Map<String, Object> metrics,
            List<Object> containers,
            Map<String, Object> services) {}
}
