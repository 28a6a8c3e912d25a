package io.viworks.bench.lists;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The floor: one prepared statement on one connection, every column of every row read as text. */
final class BareSql implements AutoCloseable {
    private final PreparedStatement statement;
    private final int columns;

    BareSql(Connection connection, Question question) throws SQLException {
        statement = connection.prepareStatement(question.sql());
        for (int i = 0; i < question.values().size(); i++) {
            statement.setObject(i + 1, question.values().get(i));
        }
        columns = statement.getMetaData().getColumnCount();
    }

    /** Reads it, and says how many rows there were. */
    int read() throws SQLException {
        int rows = 0;
        long length = 0;
        try (ResultSet found = statement.executeQuery()) {
            while (found.next()) {
                rows++;
                for (int column = 1; column <= columns; column++) {
                    String text = found.getString(column);
                    length += text == null ? 0 : text.length();
                }
            }
        }
        return length < 0 ? 0 : rows;
    }

    /** What of a plan says how it works: its nodes with their conditions, and the time it took. */
    private static final Pattern TELLING =
            Pattern.compile("\\(actual|Cond: |Filter: |Sort Key: |Sort Method: |Execution Time");

    /** How Postgres goes about it. */
    static List<String> plan(Connection connection, Question question) throws SQLException {
        List<String> lines = new ArrayList<>();
        try (PreparedStatement explain =
                connection.prepareStatement(
                        "explain (analyze, buffers off, costs off, timing off) "
                                + question.sql())) {
            for (int i = 0; i < question.values().size(); i++) {
                explain.setObject(i + 1, question.values().get(i));
            }
            try (ResultSet found = explain.executeQuery()) {
                while (found.next()) {
                    String line = found.getString(1);
                    if (TELLING.matcher(line).find()) {
                        lines.add(line);
                    }
                }
            }
        }
        return lines;
    }

    /** One value. */
    static String value(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            found.next();
            return String.valueOf(found.getString(1));
        }
    }

    @Override
    public void close() throws SQLException {
        statement.close();
    }
}
