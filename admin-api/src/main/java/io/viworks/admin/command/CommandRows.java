package io.viworks.admin.command;

import io.viworks.admin.export.Exports;
import io.viworks.admin.gateway.Visibility;
import io.viworks.admin.paging.Fields;
import io.viworks.admin.paging.Kind;
import io.viworks.admin.paging.ListShape;
import io.viworks.admin.paging.Page;
import io.viworks.admin.paging.PageReader;
import io.viworks.admin.paging.Sort;
import io.viworks.admin.paging.SortColumn;
import io.viworks.admin.sql.Columns;
import io.viworks.admin.sql.Conditions;
import io.viworks.admin.token.Caller;
import io.viworks.ledger.Query;
import io.viworks.ledger.RoundTrip;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Reads commands and their results from the ledger. Thread-safe. */
@Component
final class CommandRows {
    /** Members of a command that a list does not show. */
    private static final String RESULTS = "results";

    private static final Fields FIELDS = fields();

    /** What can be asked of a list of commands. */
    static final ListShape LIST =
            new ListShape(
                    "commands",
                    Sort.choice(
                            "-issued_at",
                            SortColumn.of("correlation_id", "c.correlation_id", Kind.UUID),
                            SortColumn.indexed("issued_at", "c.issued_at", Kind.INSTANT)),
                    FIELDS);

    private static Fields fields() {
        Fields all = Fields.of(CommandView.class, "correlation_id", "agent_id");
        return new Fields(
                all.known().stream().filter(member -> !member.equals(RESULTS)).toList(), all.id());
    }

    private static final String COLUMNS =
            """
            c.correlation_id, c.agent_id, c.verb, c.args, c.state, c.ended_by, c.error_code,
            c.reason, c.delivery, c.origin, c.attempt, c.released, c.issued_by_admin_id,
            c.batch_id,            c.issued_at, c.expires_at, c.timeout_s, c.sent_at, c.dispatched_at, c.acked_at,
            c.finished_at, c.cancel_requested_at
            """;

    /** Whoever may see all sites also sees commands of gateways that are not there. */
    private static final String FROM = "agent_commands c left join os_gateways g using (agent_id)";

    /**
     * Gateways of sites that are looked up first, each with its commands. Of more the newest
     * commands are looked through instead: some of theirs will be among them soon. A few whose
     * commands are all old would have the whole ledger read.
     */
    private static final int FEW_GATEWAYS = 1_000;

    private final JdbcOperations operations;
    private final JdbcClient jdbc;
    private final PageReader pages;
    private final Columns columns;

    CommandRows(JdbcOperations operations, PageReader pages, Columns columns) {
        this.operations = operations;
        this.jdbc = JdbcClient.create(operations);
        this.pages = pages;
        this.columns = columns;
    }

    /** The page that was asked for, as far as the caller may see. */
    Page<CommandView> list(Caller caller, CommandFilter filter, ListShape.Ask ask) {
        return pages.read(
                ask,
                new PageReader.Rows(COLUMNS, FROM, where(caller, filter).conditions()),
                (row, _) -> view(row, null));
    }

    /** All of them for a file, as far as the caller may see. */
    Exports.Query<CommandView> export(Caller caller, CommandFilter filter, ListShape.Ask ask) {
        Where where = where(caller, filter);
        return new Exports.Query<>(
                "commands",
                FIELDS.known().stream()
                        .filter(member -> ask.fields().isEmpty() || ask.fields().contains(member))
                        .toList(),
                """
                select %s
                from %s
                where %s
                order by %s
                """
                        .formatted(COLUMNS, FROM, where.conditions().sql(), ask.sort().orderBy()),
                where.conditions().parameters(),
                !where.byGateway(),
                (row, _) -> view(row, null));
    }

    /**
     * The conditions of a list.
     *
     * @param byGateway whether its gateways are looked up first
     */
    private record Where(Conditions conditions, boolean byGateway) {}

    private Where where(Caller caller, CommandFilter filter) {
        Conditions where = filter.conditions(caller);
        Set<String> sites = filter.sites(caller);
        if (sites.isEmpty() || !filter.agents().isEmpty() || !areFew(sites)) {
            return new Where(where, false);
        }
        where.and(
                """
                c.agent_id = any (array(
                    select s.agent_id from os_gateways s where s.site = any (:sites)))
                """,
                "sites",
                sites.toArray(String[]::new));
        return new Where(where, true);
    }

    private boolean areFew(Set<String> sites) {
        return jdbc.sql(
                                """
                                select count(*)
                                from (select from os_gateways s where s.site = any (:sites)
                                      limit %d) counted
                                """
                                        .formatted(FEW_GATEWAYS + 1))
                        .param("sites", sites.toArray(String[]::new))
                        .query(Integer.class)
                        .single()
                <= FEW_GATEWAYS;
    }

    /** One command of a gateway with its results, when the caller may see it. */
    Optional<CommandView> find(Caller caller, AgentId agentId, CorrelationId correlationId) {
        RoundTrip trip = new RoundTrip();
        // the command first: whoever reads that it has ended must find how
        RoundTrip.Answer<CommandView> command = trip.ask(asking(caller, agentId, correlationId));
        RoundTrip.Answer<CommandView.ResultView> results =
                trip.ask(askingResults(agentId, correlationId));
        trip.make(operations);
        return command.first().map(found -> found.with(results.rows()));
    }

    private Query<CommandView> asking(Caller caller, AgentId agentId, CorrelationId correlationId) {
        Conditions where = Visibility.ofCommands(caller, new Conditions());
        where.and("c.agent_id = :agent_id", "agent_id", agentId.value())
                .and("c.correlation_id = :id", "id", correlationId.value());
        return new Query<>(
                """
                select %s
                from agent_commands c join os_gateways g using (agent_id)
                where %s
                """
                        .formatted(COLUMNS, where.sql()),
                where.parameters(),
                (row, _) -> view(row, null));
    }

    private Query<CommandView.ResultView> askingResults(
            AgentId agentId, CorrelationId correlationId) {
        return new Query<>(
                """
                select execution_id, status, rc, stdout_redacted, stderr_redacted, data,
                       truncated, error_code, error_msg, started_at, finished_at, duration_ms,
                       late
                from agent_command_results
                where correlation_id = :id and agent_id = :agent_id
                order by id
                """,
                Map.of("id", correlationId.value(), "agent_id", agentId.value()),
                (row, _) -> result(row));
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
                row.getObject("batch_id", UUID.class),
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
