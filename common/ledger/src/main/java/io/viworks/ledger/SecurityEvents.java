package io.viworks.ledger;

import io.viworks.protocol.AgentId;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Writes what must show to {@code agent_events} (spec 4). */
final class SecurityEvents {
    private final JdbcClient jdbc;

    SecurityEvents(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * What must show about a command.
     *
     * @param row as it was before
     */
    record Alarm(Step.Alarm alarm, CommandRow row) {
        String type() {
            return alarm.name().toLowerCase(Locale.ROOT);
        }
    }

    void alarms(List<Alarm> alarms) {
        if (alarms.isEmpty()) {
            return;
        }
        jdbc.sql(
                        """
                        insert into agent_events (type, agent_id, payload)
                        select u.type, u.agent,
                               jsonb_build_object('correlation_id', u.id, 'verb', u.verb,
                                                  'was', u.was)
                        from unnest(cast(:types as text[]), cast(:agents as text[]),
                                    cast(:ids as text[]), cast(:verbs as text[]),
                                    cast(:was as text[]))
                             u (type, agent, id, verb, was)
                        """)
                .param("types", Sql.column(alarms, Alarm::type))
                .param("agents", Sql.column(alarms, a -> a.row().agentId()))
                .param("ids", Sql.column(alarms, a -> a.row().correlationId()))
                .param("verbs", Sql.column(alarms, a -> a.row().verb()))
                .param("was", Sql.column(alarms, a -> a.row().state()))
                .update();
    }

    void foreignResults(Map<AgentId, Integer> perAgent) {
        List<Map.Entry<AgentId, Integer>> rows = List.copyOf(perAgent.entrySet());
        if (rows.isEmpty()) {
            return;
        }
        jdbc.sql(
                        """
                        insert into agent_events (type, agent_id, payload)
                        select 'foreign_result', u.agent, jsonb_build_object('count', u.n)
                        from unnest(cast(:agents as text[]), cast(:counts as int[])) u (agent, n)
                        """)
                .param("agents", Sql.column(rows, Map.Entry::getKey))
                .param("counts", Sql.column(rows, Map.Entry::getValue))
                .update();
    }
}
