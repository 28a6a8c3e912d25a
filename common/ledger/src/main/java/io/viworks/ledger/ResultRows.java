package io.viworks.ledger;

import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.ExecutionId;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.springframework.jdbc.core.namedparam.MapSqlParameterSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Stores results, each run of a command once. */
final class ResultRows {
    private final JdbcClient jdbc;

    ResultRows(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** A RESULT and the row it belongs to. */
    record Stored(CommandRow row, CommandResult result, boolean late) {
        Run run() {
            return new Run(row.correlationId(), result.executionId());
        }
    }

    /** One run of a command: what tells a second run from a RESULT sent again. */
    record Run(CorrelationId correlationId, ExecutionId executionId) {}

    /** Those of these runs that are stored already. */
    Set<Run> known(List<Run> runs) {
        if (runs.isEmpty()) {
            return Set.of();
        }
        return new HashSet<>(
                jdbc.sql(
                                """
                                select r.correlation_id, r.execution_id
                                from agent_command_results r
                                join unnest(cast(:ids as uuid[]), cast(:runs as uuid[]))
                                     u (correlation_id, execution_id)
                                     using (correlation_id, execution_id)
                                """)
                        .param("ids", Sql.column(runs, Run::correlationId))
                        .param("runs", Sql.column(runs, Run::executionId))
                        .query((row, _) ->
                                new Run(
                                        Sql.correlationId(row),
                                        new ExecutionId(row.getObject("execution_id", UUID.class))))
                        .list());
    }

    /** Stores them; the caller holds the rows' locks and has left out what is known. */
    static void store(List<Stored> results, RoundTrip trip) {
        if (results.isEmpty()) {
            return;
        }
        List<Stored> rows =
                results.stream()
                        .sorted(Comparator.comparing(r -> r.row().correlationId().toString()))
                        .toList();
        trip.tell(
                """
                insert into agent_command_results
                    (correlation_id, execution_id, agent_id, command, status, rc,
                     stdout_redacted, stderr_redacted, data, truncated, stdout_bytes,
                     stderr_bytes, error_code, error_msg, started_at, finished_at,
                     duration_ms, issued_by_admin_id, late)
                select u.id, u.run, u.agent, u.verb, u.status, u.rc, u.stdout, u.stderr,
                       cast(u.data as jsonb), u.truncated, u.out_bytes, u.err_bytes,
                       u.code, u.msg, u.started, u.finished, u.duration,
                       c.issued_by_admin_id, u.late
                from unnest(cast(:ids as uuid[]), cast(:runs as uuid[]),
                            cast(:agents as text[]), cast(:verbs as text[]),
                            cast(:status as text[]), cast(:rc as int[]),
                            cast(:stdout as text[]), cast(:stderr as text[]),
                            cast(:data as text[]), cast(:truncated as boolean[]),
                            cast(:out_bytes as int[]), cast(:err_bytes as int[]),
                            cast(:codes as text[]), cast(:msgs as text[]),
                            cast(:started as timestamptz[]),
                            cast(:finished as timestamptz[]),
                            cast(:durations as bigint[]), cast(:late as boolean[]))
                     u (id, run, agent, verb, status, rc, stdout, stderr, data, truncated,
                        out_bytes, err_bytes, code, msg, started, finished, duration,
                        late)
                join agent_commands c on c.correlation_id = u.id
                on conflict (correlation_id, execution_id) do nothing
                """,
                new MapSqlParameterSource()
                        .addValue("ids", Sql.column(rows, r -> r.row().correlationId()))
                        .addValue("runs", Sql.column(rows, r -> r.result().executionId()))
                        .addValue("agents", Sql.column(rows, r -> r.row().agentId()))
                        .addValue("verbs", Sql.column(rows, r -> r.row().verb()))
                        .addValue(
                                "status",
                                Sql.column(rows, r -> r.result().success() ? "success" : "error"))
                        .addValue("rc", Sql.column(rows, r -> r.result().rc()))
                        .addValue("stdout", Sql.column(rows, r -> r.result().stdout()))
                        .addValue("stderr", Sql.column(rows, r -> r.result().stderr()))
                        .addValue("data", Sql.column(rows, r -> r.result().data()))
                        .addValue("truncated", Sql.column(rows, r -> r.result().truncated()))
                        .addValue("out_bytes", Sql.column(rows, r -> r.result().stdoutBytes()))
                        .addValue("err_bytes", Sql.column(rows, r -> r.result().stderrBytes()))
                        .addValue("codes", Sql.column(rows, r -> r.result().errorCode()))
                        .addValue("msgs", Sql.column(rows, r -> r.result().errorMessage()))
                        .addValue("started", Sql.column(rows, r -> r.result().startedAt()))
                        .addValue("finished", Sql.column(rows, r -> r.result().finishedAt()))
                        .addValue("durations", Sql.column(rows, r -> r.result().durationMs()))
                        .addValue("late", Sql.column(rows, Stored::late)));
    }
}
