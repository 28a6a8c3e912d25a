package io.viworks.ledger;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.ArgumentPreparedStatementSetter;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.namedparam.MapSqlParameterSource;
import org.springframework.jdbc.core.namedparam.NamedParameterUtils;
import org.springframework.jdbc.core.namedparam.ParsedSql;
import org.springframework.jdbc.core.namedparam.SqlParameterSource;

/**
 * Several statements in one round trip to Postgres: sent together and run in their order, each on
 * what is committed when it begins. So one that follows a lock sees what the lock's last holder
 * left, as it would in a round trip of its own. For one thread, once.
 */
public final class RoundTrip {
    private final StringJoiner sql = new StringJoiner(";\n");
    private final List<@Nullable Object> arguments = new ArrayList<>();
    private final List<@Nullable Answer<?>> answers = new ArrayList<>();

    /** The rows of one statement, once the round trip has been made. */
    public static final class Answer<T> {
        private final Query<T> query;
        private final List<T> rows = new ArrayList<>();

        private Answer(Query<T> query) {
            this.query = query;
        }

        private void read(ResultSet result) throws SQLException {
            while (result.next()) {
                rows.add(query.row().mapRow(result, rows.size()));
            }
        }

        /** All of them. */
        public List<T> rows() {
            return List.copyOf(rows);
        }

        /** The first of them, when there is one. */
        public Optional<T> first() {
            return rows.stream().findFirst();
        }
    }

    /** Adds a statement that answers rows. */
    public <T> Answer<T> ask(Query<T> query) {
        add(query.sql(), new MapSqlParameterSource(query.parameters()));
        Answer<T> answer = new Answer<>(query);
        answers.add(answer);
        return answer;
    }

    /** Adds a statement of which nothing is to be known. */
    void tell(String statement, SqlParameterSource parameters) {
        add(statement, parameters);
        answers.add(null);
    }

    private void add(String statement, SqlParameterSource parameters) {
        ParsedSql parsed = NamedParameterUtils.parseSqlStatement(statement);
        sql.add(NamedParameterUtils.substituteNamedParameters(parsed, parameters));
        arguments.addAll(
                Arrays.asList(NamedParameterUtils.buildValueArray(parsed, parameters, null)));
    }

    /** Sends them all and reads every answer; without any it does nothing. */
    public void make(JdbcOperations jdbc) {
        if (answers.isEmpty()) {
            return;
        }
        jdbc.execute(
                connection -> connection.prepareStatement(sql.toString()),
                (PreparedStatement statement) -> {
                    new ArgumentPreparedStatementSetter(arguments.toArray()).setValues(statement);
                    statement.execute();
                    for (@Nullable Answer<?> answer : answers) {
                        if (answer != null) {
                            answer.read(statement.getResultSet());
                        }
                        statement.getMoreResults();
                    }
                    return answers;
                });
    }
}
