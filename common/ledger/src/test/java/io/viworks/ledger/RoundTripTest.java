package io.viworks.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.patience.Patience;
import io.viworks.protocol.AgentId;
import io.viworks.testkit.TestPostgres;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.namedparam.MapSqlParameterSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.support.TransactionTemplate;

class RoundTripTest {
    private static final String WAITING =
            """
            select from pg_locks
            where locktype = 'advisory' and not granted
              and database = (select oid from pg_database where datname = current_database())
            """;

    private static final AgentId AGENT = AgentId.of("gw-1");

    private final TestPostgres.Database database = TestPostgres.shared().database();
    private final DriverManagerDataSource source =
            new DriverManagerDataSource(database.url(), database.user(), database.password());
    private final JdbcTemplate db = new JdbcTemplate(source);
    private final TransactionTemplate transaction =
            new TransactionTemplate(new DataSourceTransactionManager(source));

    private static Query<Integer> number(String sql, Map<String, ?> parameters) {
        return new Query<>(sql, parameters, (row, _) -> row.getInt(1));
    }

    @Test
    void answersEachStatementByItselfInTheirOrder() {
        db.execute("create table counted (n integer not null)");
        RoundTrip trip = new RoundTrip();
        RoundTrip.Answer<Integer> before = trip.ask(number("select n from counted", Map.of()));
        trip.tell(
                "insert into counted select generate_series(:from, :to)",
                new MapSqlParameterSource().addValue("from", 1).addValue("to", 3));
        RoundTrip.Answer<Integer> all =
                trip.ask(number("select n from counted order by n", Map.of()));
        RoundTrip.Answer<Integer> some =
                trip.ask(
                        number(
                                "select n from counted where n > :from order by n",
                                Map.of("from", 2)));

        trip.make(db);

        assertThat(before.rows()).isEmpty();
        assertThat(all.rows()).containsExactly(1, 2, 3);
        assertThat(some.first()).contains(3);
    }

    /** What makes it right to decide by what was read in the same round trip as the lock. */
    @Test
    void seesBehindALockWhatItsLastHolderLeft() {
        db.execute("create table counted (n integer not null)");
        RoundTrip trip = new RoundTrip();
        var _ = trip.ask(GatewayLock.taking(List.of(AGENT)));
        RoundTrip.Answer<Integer> seen = trip.ask(number("select n from counted", Map.of()));

        CompletableFuture<?> waiting =
                transaction.execute(_ -> {
                    var _ = GatewayLock.taking(List.of(AGENT)).first(JdbcClient.create(db));
                    CompletableFuture<?> other =
                            CompletableFuture.runAsync(
                                    () -> transaction.executeWithoutResult(_ -> trip.make(db)));
                    await().until(() -> !db.queryForList(WAITING).isEmpty());
                    db.update("insert into counted values (7)");
                    return other;
                });

        assertThat(waiting).succeedsWithin(Patience.LONGEST);
        assertThat(seen.rows()).containsExactly(7);
    }

    @Test
    void doesNothingWithoutAStatement() {
        new RoundTrip().make(db);
    }
}
