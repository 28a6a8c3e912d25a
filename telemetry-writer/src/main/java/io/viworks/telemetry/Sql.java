package io.viworks.telemetry;

import io.viworks.backplane.WorldAway;
import io.viworks.schema.DatabaseAway;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Statements over whole batches: each parameter is an array, a column of the batch, so that one
 * plan serves any size. A database that is away becomes {@link WorldAway}. Thread-safe.
 */
final class Sql {
    private final JdbcTemplate jdbc;
    private final TransactionTemplate transactions;

    Sql(JdbcTemplate jdbc, TransactionTemplate transactions) {
        this.jdbc = jdbc;
        this.transactions = transactions;
    }

    /** One column of a batch: Postgres' name of its type, and a value per row. */
    static final class Column {
        private final String type;
        private final @Nullable Object[] values;

        private Column(String type, @Nullable Object[] values) {
            this.type = type;
            this.values = values;
        }

        static <T> Column of(
                String type, List<T> rows, Function<T, ? extends @Nullable Object> value) {
            @Nullable Object[] values = new Object[rows.size()];
            for (int i = 0; i < values.length; i++) {
                Object one = value.apply(rows.get(i));
                values[i] =
                        one instanceof Instant at ? at.atOffset(ZoneOffset.UTC).toString() : one;
            }
            return new Column(type, values);
        }
    }

    /** Runs all of it in one transaction. */
    <T> T transaction(Supplier<T> work) {
        try {
            return Objects.requireNonNull(transactions.execute(_ -> work.get()));
        } catch (RuntimeException e) {
            if (DatabaseAway.isCauseOf(e)) {
                throw new WorldAway("Postgres is away or busy", e);
            }
            throw e;
        }
    }

    int update(String sql, Column... columns) {
        return jdbc.update(sql, statement -> bind(statement, columns));
    }

    <T> List<T> query(String sql, RowMapper<T> mapper, Object... parameters) {
        return new ArrayList<>(
                jdbc.query(
                        sql,
                        statement -> {
                            for (int i = 0; i < parameters.length; i++) {
                                bind(statement, i + 1, parameters[i]);
                            }
                        },
                        mapper));
    }

    private static void bind(PreparedStatement statement, Column... columns) throws SQLException {
        for (int i = 0; i < columns.length; i++) {
            bind(statement, i + 1, columns[i]);
        }
    }

    private static void bind(PreparedStatement statement, int at, Object value)
            throws SQLException {
        if (value instanceof Column column) {
            statement.setArray(
                    at, statement.getConnection().createArrayOf(column.type, column.values));
        } else {
            statement.setObject(at, value);
        }
    }
}
