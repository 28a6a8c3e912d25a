package io.viworks.ledger;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Values between Java and the ledger's SQL: instants, ids, and columns of a set as arrays. */
public final class Sql {
    private Sql() {}

    /** An instant as the driver takes it. */
    public static OffsetDateTime at(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }

    /** One column of a set, for {@code unnest(cast(:name as type[]))}. */
    public static <T> @Nullable String[] column(
            Collection<T> rows, Function<? super T, @Nullable Object> value) {
        @Nullable String[] texts = new String[rows.size()];
        int i = 0;
        for (T row : rows) {
            Object one = value.apply(row);
            texts[i++] = one == null ? null : one.toString();
        }
        return texts;
    }

    public static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    public static CorrelationId correlationId(ResultSet row) throws SQLException {
        return new CorrelationId(row.getObject("correlation_id", UUID.class));
    }

    public static AgentId agentId(ResultSet row) throws SQLException {
        return AgentId.of(row.getString("agent_id"));
    }

    /** What {@link #moved} reads of a row called {@code c}. */
    static final String MOVED =
            "c.correlation_id, c.agent_id, c.verb, c.state, c.attempt, c.batch_id, c.ended_by,"
                    + " c.error_code";

    static Moved moved(ResultSet row) throws SQLException {
        String endedBy = row.getString("ended_by");
        return new Moved(
                correlationId(row),
                agentId(row),
                row.getString("verb"),
                CommandState.valueOf(row.getString("state")),
                row.getInt("attempt"),
                row.getObject("batch_id", UUID.class),
                endedBy == null ? null : EndedBy.ofColumn(endedBy),
                row.getString("error_code"));
    }
}
