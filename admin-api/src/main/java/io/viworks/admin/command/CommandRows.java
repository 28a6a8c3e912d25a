package io.viworks.admin.command;

import io.viworks.admin.gateway.Visibility;
import io.viworks.admin.paging.Cursor;
import io.viworks.admin.sql.Columns;
import io.viworks.admin.sql.Conditions;
import io.viworks.admin.token.Caller;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Reads commands and their results from the ledger. Thread-safe. */
@Component
final class CommandRows {
    private static final String LIST = "commands";

    private static final String COLUMNS =
            """
            c.correlation_id, c.agent_id, c.verb, c.args, c.state, c.ended_by, c.error_code,
            c.reason, c.delivery, c.origin, c.attempt, c.released, c.issued_by_admin_id,
            c.issued_at, c.expires_at, c.timeout_s, c.sent_at, c.dispatched_at, c.acked_at,
            c.finished_at, c.cancel_requested_at
            """;

    private final JdbcClient jdbc;
    private final Columns columns;

    CommandRows(JdbcClient jdbc, Columns columns) {
        this.jdbc = jdbc;
        this.columns = columns;
    }

    /** One more than {@code limit}, the newest first, as far as the caller may see. */
    List<CommandView> list(Caller caller, AgentId agentId, @Nullable String cursor, int limit) {
        Conditions where = Visibility.ofCommands(caller, new Conditions());
        where.and("c.agent_id = :agent_id", "agent_id", agentId.value());
        if (cursor != null) {
            after(cursor, where);
        }
        return jdbc.sql(
                        """
                        select %s
                        from agent_commands c join os_gateways g using (agent_id)
                        where %s
                        order by c.issued_at desc, c.correlation_id desc
                        limit :limit
                        """
                                .formatted(COLUMNS, where.sql()))
                .params(where.parameters())
                .param("limit", limit + 1)
                .query((row, _) -> view(row, null))
                .list();
    }

    /** The cursor behind a command. */
    static Cursor cursorAt(CommandView command) {
        return new Cursor(
                LIST, List.of(command.issuedAt().toString(), command.correlationId().toString()));
    }

    private static void after(String cursor, Conditions where) {
        List<String> key = Cursor.parse(cursor, LIST, 2).key();
        try {
            where.and(
                            "(c.issued_at, c.correlation_id) < (:issued_at, :correlation_id)",
                            "issued_at",
                            Instant.parse(key.get(0)).atOffset(java.time.ZoneOffset.UTC))
                    .parameters()
                    .put("correlation_id", UUID.fromString(key.get(1)));
        } catch (DateTimeParseException | IllegalArgumentException e) {
            throw Cursor.refusal();
        }
    }

    /** One command of a gateway with its results, when the caller may see it. */
    Optional<CommandView> find(Caller caller, AgentId agentId, CorrelationId correlationId) {
        Conditions where = Visibility.ofCommands(caller, new Conditions());
        where.and("c.agent_id = :agent_id", "agent_id", agentId.value())
                .and("c.correlation_id = :id", "id", correlationId.value());
        // the command first: whoever reads that it has ended must find how
        return jdbc.sql(
                        """
                        select %s
                        from agent_commands c join os_gateways g using (agent_id)
                        where %s
                        """
                                .formatted(COLUMNS, where.sql()))
                .params(where.parameters())
                .query((row, _) -> view(row, null))
                .optional()
                .map(command -> command.with(results(agentId, correlationId)));
    }

    private List<CommandView.ResultView> results(AgentId agentId, CorrelationId correlationId) {
        return jdbc.sql(
                        """
                        select execution_id, status, rc, stdout_redacted, stderr_redacted, data,
                               truncated, error_code, error_msg, started_at, finished_at,
                               duration_ms, late
                        from agent_command_results
                        where correlation_id = :id and agent_id = :agent_id
                        order by id
                        """)
                .param("id", correlationId.value())
                .param("agent_id", agentId.value())
                .query((row, _) -> result(row))
                .list();
    }

    private CommandView.ResultView result(ResultSet row) throws SQLException {
        return new CommandView.ResultView(
                row.getObject("execution_id", UUID.class),
                row.getString("status"),
                Columns.integer(row, "rc"),
                row.getString("stdout_redacted"),
                row.getString("stderr_redacted"),
                columns.value(row, "data"),
                row.getBoolean("truncated"),
                row.getString("error_code"),
                row.getString("error_msg"),
                Columns.instant(row, "started_at"),
                Columns.instant(row, "finished_at"),
                Columns.bigint(row, "duration_ms"),
                row.getBoolean("late"));
    }

    private CommandView view(ResultSet row, @Nullable List<CommandView.ResultView> results)
            throws SQLException {
        return new CommandView(
                new CorrelationId(row.getObject("correlation_id", UUID.class)),
                AgentId.of(row.getString("agent_id")),
                row.getString("verb"),
                columns.object(row, "args"),
                row.getString("state"),
                row.getString("ended_by"),
                row.getString("error_code"),
                row.getString("reason"),
                row.getString("delivery"),
                row.getString("origin"),
                row.getInt("attempt"),
                row.getInt("released"),
                row.getString("issued_by_admin_id"),
                Objects.requireNonNull(Columns.instant(row, "issued_at")),
                Objects.requireNonNull(Columns.instant(row, "expires_at")),
                row.getInt("timeout_s"),
                Columns.instant(row, "sent_at"),
                Columns.instant(row, "dispatched_at"),
                Columns.instant(row, "acked_at"),
                Columns.instant(row, "finished_at"),
                Columns.instant(row, "cancel_requested_at"),
                results);
    }
}
