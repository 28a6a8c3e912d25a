package io.viworks.ledger;

import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * A statement that answers rows, asked alone or in one {@link RoundTrip} with others.
 *
 * @param sql with named parameters, and without a semicolon
 */
public record Query<T>(String sql, Map<String, ?> parameters, RowMapper<T> row) {
    /** Asks it alone; empty when there is no row. */
    public Optional<T> first(JdbcClient jdbc) {
        return jdbc.sql(sql).params(parameters).query(row).list().stream().findFirst();
    }
}
