package io.viworks.admin.paging;

import io.viworks.admin.problem.Refusal;
import io.viworks.admin.sql.Columns;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** What a column that a list is sorted by holds: how its values stand in a cursor, exactly. */
public enum Kind {
    TEXT {
        @Override
        @Nullable String read(ResultSet row, String column) throws SQLException {
            return row.getString(column);
        }

        @Override
        Object value(String text) {
            if (text.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("a text of Postgres holds no NUL");
            }
            return text;
        }
    },
    INSTANT {
        @Override
        @Nullable String read(ResultSet row, String column) throws SQLException {
            Instant value = Columns.instant(row, column);
            return value == null ? null : value.toString();
        }

        @Override
        Object value(String text) {
            Instant value = Instant.parse(text);
            if (value.isBefore(FIRST) || value.isAfter(LAST)) {
                throw new IllegalArgumentException("an instant that Postgres does not know");
            }
            return value.atOffset(ZoneOffset.UTC);
        }
    },
    NUMBER {
        @Override
        @Nullable String read(ResultSet row, String column) throws SQLException {
            Double value = Columns.number(row, column);
            return value == null ? null : value.toString();
        }

        @Override
        Object value(String text) {
            return Double.valueOf(text);
        }
    },
    WHOLE {
        @Override
        @Nullable String read(ResultSet row, String column) throws SQLException {
            Long value = Columns.bigint(row, column);
            return value == null ? null : value.toString();
        }

        @Override
        Object value(String text) {
            return Long.valueOf(text);
        }
    },
    UUID {
        @Override
        @Nullable String read(ResultSet row, String column) throws SQLException {
            java.util.UUID value = row.getObject(column, java.util.UUID.class);
            return value == null ? null : value.toString();
        }

        @Override
        Object value(String text) {
            return java.util.UUID.fromString(text);
        }
    };

    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999Z");

    /** The value of a row as a cursor holds it; null for NULL. */
    abstract @Nullable String read(ResultSet row, String column) throws SQLException;

    /** What {@link #read} gave, as a parameter of a query. */
    abstract Object value(String text);

    /**
     * A part of a cursor as a parameter of a query.
     *
     * @throws Refusal {@link Cursor#refusal} for what no row can hold: cursors are not signed
     */
    final Object parameter(String text) {
        try {
            return value(text);
        } catch (IllegalArgumentException | DateTimeException e) {
            throw Cursor.refusal();
        }
    }
}
