package io.viworks.conformance.failure;

import io.viworks.conformance.failure.Witness.Testimony;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Whether promise 1 and 2 held (spec 1): every accepted command has ended in a true state, none was
 * run twice, none was run that had been cancelled or had expired before its start, and every result
 * is in Postgres once.
 *
 * @param commands rows of the ledger that were looked at
 * @param states how many ended in each state
 * @param settled from the end of the faults to the last end
 * @param violations what did not hold, in words; empty when all did
 */
record Verdict(
        int commands, Map<String, Integer> states, Duration settled, List<String> violations) {
    /** A start is seen by the script a moment after the agent decided about it. */
    private static final Duration TOLERANCE = Duration.ofSeconds(3);

    /** One row of the ledger with its results. */
    private record Row(
            String id,
            String state,
            String endedBy,
            Instant expiresAt,
            int results,
            String resultError,
            String agent) {}

    /**
     * Waits for every end, then compares the ledger with the witness.
     *
     * @param since only commands issued after it
     * @param mayBeUnknown whether this scenario takes from agents what they knew
     */
    static Verdict of(
            Fleet fleet, Load load, Instant since, Duration patience, boolean mayBeUnknown)
            throws SQLException {
        long begun = System.nanoTime();
        List<String> violations = new ArrayList<>();
        try {
            Awaitility.await("every command's end")
                    .atMost(patience)
                    .pollInterval(Duration.ofMillis(500))
                    .ignoreExceptions()
                    .until(() -> open(fleet, since) == 0);
        } catch (ConditionTimeoutException _) {
            violations.add(open(fleet, since) + " commands have not ended within " + patience);
        }
        Duration settled = Duration.ofNanos(System.nanoTime() - begun);
        Map<String, Row> rows = rows(fleet, since);
        for (UUID id : load.accepted()) {
            if (!rows.containsKey(id.toString())) {
                violations.add(id + " was accepted and is not in the ledger");
            }
        }
        Map<String, Testimony> testimonies = fleet.witness().read();
        Map<String, Integer> states = new TreeMap<>();
        for (Row row : rows.values()) {
            states.merge(row.state(), 1, Integer::sum);
            judge(row, testimonies.getOrDefault(row.id(), new Testimony()), mayBeUnknown)
                    .forEach(fault ->
                            violations.add(
                                    row.agent()
                                            + " "
                                            + row.id()
                                            + " "
                                            + row.state()
                                            + ": "
                                            + fault));
        }
        violations.addAll(alarms(fleet, since));
        return new Verdict(rows.size(), states, settled, violations);
    }

    private static List<String> judge(Row row, Testimony seen, boolean mayBeUnknown) {
        List<String> faults = new ArrayList<>();
        boolean ran = !seen.starts.isEmpty();
        if (seen.starts.size() > 1) {
            faults.add("run " + seen.starts.size() + " times");
        }
        if (ran && seen.starts.getFirst().isAfter(row.expiresAt().plus(TOLERANCE))) {
            faults.add("started at " + seen.starts.getFirst() + ", after its deadline");
        }
        if (row.results() > 1) {
            faults.add(row.results() + " results");
        }
        boolean byResult = row.endedBy().equals("result");
        if (byResult != (row.results() == 1)) {
            faults.add("ended by " + row.endedBy() + " with " + row.results() + " results");
        }
        switch (row.state()) {
            case "SUCCEEDED", "FAILED" -> {
                if (seen.ends != 1) {
                    faults.add("the script ended " + seen.ends + " times");
                }
            }
            case "EXPIRED", "REJECTED" -> {
                if (ran) {
                    faults.add("it was run all the same");
                }
            }
            case "CANCELLED" -> {
                if (ran && !byResult) {
                    faults.add("it was run all the same");
                }
            }
            case "EXEC_TIMED_OUT" -> {
                if (!ran) {
                    faults.add("it was never run");
                }
            }
            case "OUTCOME_UNKNOWN" -> {
                if (!mayBeUnknown) {
                    faults.add("nothing was taken from the agents here; " + row.resultError());
                }
            }
            default -> faults.add("it has not ended");
        }
        return faults;
    }

    private static long open(Fleet fleet, Instant since) throws SQLException {
        return number(
                fleet,
                "select count(*) from agent_commands where finished_at is null and issued_at >= ?",
                since);
    }

    /** How many wait or run now. */
    static long open(Fleet fleet) throws SQLException {
        return open(fleet, Instant.EPOCH);
    }

    private static long number(Fleet fleet, String query, Instant since) throws SQLException {
        try (Connection connection = fleet.database();
                PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setObject(1, since.atOffset(java.time.ZoneOffset.UTC));
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }

    private static List<String> alarms(Fleet fleet, Instant since) throws SQLException {
        List<String> found = new ArrayList<>();
        for (String type : List.of("double_run", "result_after_end")) {
            long count =
                    number(
                            fleet,
                            "select count(*) from agent_events where type = '"
                                    + type
                                    + "' and ts >= ?",
                            since);
            if (count > 0) {
                found.add(count + " alarms " + type);
            }
        }
        return found;
    }

    private static Map<String, Row> rows(Fleet fleet, Instant since) throws SQLException {
        Map<String, Row> rows = new HashMap<>();
        try (Connection connection = fleet.database();
                PreparedStatement statement =
                        connection.prepareStatement(
                                """
                                select c.correlation_id, c.agent_id, c.state,
                                       coalesce(c.ended_by, '') as ended_by, c.expires_at,
                                       (select count(*) from agent_command_results r
                                        where r.correlation_id = c.correlation_id) as results,
                                       coalesce(c.error_code, c.reason, '') as why
                                from agent_commands c
                                where c.issued_at >= ? and c.origin = 'api'
                                """)) {
            statement.setObject(1, since.atOffset(java.time.ZoneOffset.UTC));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    rows.put(
                            row.getString("correlation_id"),
                            new Row(
                                    row.getString("correlation_id"),
                                    row.getString("state"),
                                    row.getString("ended_by"),
                                    row.getObject("expires_at", OffsetDateTime.class).toInstant(),
                                    row.getInt("results"),
                                    row.getString("why"),
                                    row.getString("agent_id")));
                }
            }
        }
        return rows;
    }

    @Override
    public String toString() {
        return "%d commands %s, settled in %.1f s, %s"
                .formatted(
                        commands,
                        states,
                        settled.toMillis() / 1000.0,
                        violations.isEmpty() ? "all true" : violations.size() + " violations");
    }
}
