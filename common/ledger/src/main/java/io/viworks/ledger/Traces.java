package io.viworks.ledger;

import io.viworks.protocol.CorrelationId;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Which traces commands belong to; asked only by who takes them down. Thread-safe. */
public final class Traces {
    private final JdbcClient jdbc;

    public Traces(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** The traceparents these were accepted with; without those that have none. */
    public Map<CorrelationId, String> of(Collection<CorrelationId> commands) {
        Map<CorrelationId, String> traces = new HashMap<>();
        jdbc.sql(
                        """
                        select correlation_id, traceparent from agent_commands
                        where correlation_id = any (cast(:ids as uuid[]))
                          and traceparent is not null
                        """)
                .param("ids", Sql.column(commands, CorrelationId::value))
                .query((row, _) -> traces.put(Sql.correlationId(row), row.getString("traceparent")))
                .list();
        return traces;
    }
}
