package io.viworks.bench.lists;

import java.util.List;

/**
 * Something an admin panel asks, and the bare SQL that finds the same rows.
 *
 * @param about what is asked, for people
 * @param path below {@code /admin/api}
 * @param sql the best statement by hand, with {@code ?} for each of {@code values}
 */
record Question(String about, String path, String sql, List<Object> values) {
    private static final String GATEWAY_COLUMNS =
            """
            g.agent_id, g.display_name, g.site, g.labels, g.status, g.hostname, g.version,
            g.reported_site, g.reported_labels, g.clone_suspected, g.first_seen, g.last_seen,
            s.cpu_pct, s.mem_pct, s.disk_pct, s.load1, s.containers_running, s.reported_at
            """;

    private static final String COMMAND_COLUMNS =
            """
            c.correlation_id, c.agent_id, c.verb, c.args, c.state, c.ended_by, c.error_code,
            c.reason, c.delivery, c.origin, c.attempt, c.released, c.issued_by_admin_id,
            c.batch_id, c.issued_at, c.expires_at, c.timeout_s, c.sent_at, c.dispatched_at,
            c.acked_at, c.finished_at, c.cancel_requested_at
            """;

    Question {
        values = List.copyOf(values);
    }

    /** Gateways where {@code rest} says, which also orders and bounds them. */
    static Question ofGateways(String about, String query, String rest, Object... values) {
        return new Question(
                about,
                "/gateways" + query,
                "select "
                        + GATEWAY_COLUMNS
                        + " from os_gateways g left join os_gateway_status s using (agent_id) "
                        + rest,
                List.of(values));
    }

    /** Commands where {@code rest} says, which also orders and bounds them. */
    static Question ofCommands(String about, String query, String rest, Object... values) {
        return new Question(
                about,
                "/commands" + query,
                "select " + COMMAND_COLUMNS + " from agent_commands c " + rest,
                List.of(values));
    }
}
