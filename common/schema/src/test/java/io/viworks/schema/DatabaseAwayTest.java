package io.viworks.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseAwayTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "08001", "08006", "53300", "53100", "57P01", "57P03", "57014", "40P01", "40001",
                "25006", "55P03", "58030"
            })
    void anAbsentBusyOrRestartingServerIsAway(String state) {
        assertThat(DatabaseAway.isCauseOf(wrapped(new SQLException("x", state)))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"22P05", "22003", "23505", "23514", "42501", "42P01", "22021"})
    void aWrongStatementOrValueIsNot(String state) {
        assertThat(DatabaseAway.isCauseOf(wrapped(new SQLException("x", state)))).isFalse();
    }

    @Test
    void aPoolWithoutConnectionsIsAway() {
        assertThat(DatabaseAway.isCauseOf(new SQLTransientConnectionException("timed out")))
                .isTrue();
        assertThat(DatabaseAway.isCauseOf(new SQLException(new IOException("broken pipe"))))
                .isTrue();
        assertThat(DatabaseAway.isCauseOf(new IllegalStateException("bug"))).isFalse();
    }

    @Test
    void aConnectionThatDiedBeforeItsRollbackIsAway() {
        assertThat(DatabaseAway.isCauseOf(wrapped(new SQLException("Connection is closed"))))
                .isTrue();
    }

    private static RuntimeException wrapped(SQLException cause) {
        return new IllegalStateException(new IllegalArgumentException(cause));
    }
}
