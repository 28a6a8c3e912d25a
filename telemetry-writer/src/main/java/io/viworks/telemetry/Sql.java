package io.viworks.telemetry;

import io.viworks.backplane.WorldAway;
import io.viworks.schema.DatabaseAway;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
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

    /**
     * One column of a batch: Postgres' name of its type, and a value per row, in an array of that
     * type alone, for only such a one travels in binary.
     */
    static final class Column {
        private final String type;
        private final @Nullable Object[] values;

        private Column(String type, @Nullable Object[] values) {
            this.type = type;
            this.values = values;
        }

        static <T> Column of(
                String type, List<T> rows, Function<T, ? extends @Nullable Object> value) {
            @Nullable Object[] values =
                    switch (type) {
                        case "text" -> new @Nullable String[rows.size()];
                        case "float8" -> new @Nullable Double[rows.size()];
                        case "int8" -> new @Nullable Long[rows.size()];
                        case "int4" -> new @Nullable Integer[rows.size()];
                        default -> throw new IllegalArgumentException("no column of " + type);
                    };
            for (int i = 0; i < values.length; i++) {
                values[i] = storable(value.apply(rows.get(i)));
            }
            return new Column(type, values);
        }

        /** Texts beside a frame may hold what Postgres takes in no text: U+0000. */
        private static @Nullable Object storable(@Nullable Object value) {
            return switch (value) {
                case Instant at -> at.atOffset(ZoneOffset.UTC).toString();
                case String text -> text.replace('\0', '\uFFFD');
                case null, default -> value;
            };
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

    /** The instant in a column, numbered from 1. */
    static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        OffsetDateTime at = row.getObject(column, OffsetDateTime.class);
        return at == null ? null : at.toInstant();
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
