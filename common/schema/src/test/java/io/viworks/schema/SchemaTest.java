package io.viworks.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SchemaTest {
    private static final Map<String, String> PASSWORDS =
            Map.of("telemetry_writer", "t'w", "results_writer", "r\\w", "admin_api", "a\"w");

    private EmbeddedPostgres postgres;

    @BeforeAll
    void start(@TempDir Path dir) throws Exception {
        postgres = EmbeddedPostgres.start(dir, 0, Map.of("fsync", "off"));
        postgres.createDatabase("viworks");
        migrate("viworks");
    }

    @AfterAll
    void stop() {
        postgres.close();
    }

    @Test
    void migratingAgainAndByTwoAtOnceIsTheSameAsOnce() throws Exception {
        postgres.createDatabase("twice");
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            List<Callable<Boolean>> migrations = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                migrations.add(() -> {
                    migrate("twice");
                    return true;
                });
            }
            for (Future<Boolean> done : threads.invokeAll(migrations)) {
                assertThat(done.get()).isTrue();
            }
        }
        migrate("twice");
        assertThat(one("twice", "postgres", "select count(*) from os_gateways")).isEqualTo("0");
    }

    @Test
    void eachServiceLogsInWithItsOwnPassword() {
        PASSWORDS.forEach((role, password) ->
                assertThatCode(() -> connect("viworks", role, password).close())
                        .doesNotThrowAnyException());
        assertThatThrownBy(() -> connect("viworks", "admin_api", "wrong"))
                .isInstanceOf(SQLException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    telemetry_writer | select 1 from agent_commands
                    telemetry_writer | update agent_commands set state = state
                    telemetry_writer | select 1 from api_tokens
                    telemetry_writer | select 1 from agent_credentials
                    telemetry_writer | select 1 from enrollment_tokens
                    telemetry_writer | insert into audit_log (who, what, outcome) values ('a', 'b', 'c')
                    telemetry_writer | update os_gateways set site = 'x'
                    telemetry_writer | update os_gateways set labels = '{}'
                    telemetry_writer | update os_gateways set dir_rev = 9
                    telemetry_writer | delete from os_gateways
                    telemetry_writer | create table mine (a int)
                    telemetry_writer | drop table os_gateway_metrics
                    results_writer   | update os_gateways set status = 'unknown'
                    results_writer   | insert into os_gateway_status (agent_id, reported_at, epoch, n) values ('a', now(), 1, 1)
                    results_writer   | update agent_command_results set late = true
                    results_writer   | delete from agent_command_results
                    results_writer   | delete from agent_commands
                    results_writer   | select 1 from api_tokens
                    results_writer   | select 1 from audit_log
                    results_writer   | update agent_events set type = 'x'
                    results_writer   | select viw_maintain_partitions(3, 30)
                    admin_api        | update audit_log set who = 'x'
                    admin_api        | delete from audit_log
                    admin_api        | truncate audit_log
                    admin_api        | delete from agent_commands
                    admin_api        | insert into agent_command_results (correlation_id, execution_id, agent_id, status) values (gen_random_uuid(), gen_random_uuid(), 'a', 'success')
                    admin_api        | update os_gateways set epoch = 7
                    admin_api        | delete from agent_events
                    admin_api        | update agent_sessions set reason = 'x'
                    """)
    void aRoleMayNotDoWhatIsNotItsTask(String role, String sql) {
        assertThatThrownBy(() -> execute(role, sql))
                .isInstanceOfSatisfying(
                        SQLException.class,
                        e -> assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo("42501"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    telemetry_writer | insert into os_gateways (agent_id, status, epoch, n) values ('t-1', 'connected', 1, 0) on conflict (agent_id) do update set epoch = excluded.epoch
                    telemetry_writer | select * from viw_maintain_partitions(3, 30)
                    telemetry_writer | insert into os_gateway_metrics (agent_id, bucket, epoch, n) values ('t-1', date_trunc('minute', now()), 1, 1)
                    telemetry_writer | insert into agent_events (type) values ('x')
                    results_writer   | select status from os_gateways
                    results_writer   | insert into audit_log (who, what, outcome) values ('stream', 'b', 'c')
                    results_writer   | update agent_commands set state = state
                    admin_api        | select 1 from os_gateway_metrics
                    admin_api        | insert into audit_log (who, what, outcome) values ('a', 'b', 'c')
                    admin_api        | update os_gateways set site = 'x', edit_version = edit_version + 1, dir_rev = dir_rev + 1, dir_pending = true
                    admin_api        | insert into api_tokens (name, sha256, role) values ('n', repeat('a', 64), 'viewer')
                    """)
    void aRoleMayDoItsTask(String role, String sql) {
        assertThatCode(() -> execute(role, sql)).doesNotThrowAnyException();
    }

    @Test
    void partitionsAreMadeAheadAndDroppedAfterTheirRetention() throws Exception {
        execute(
                "postgres",
                """
                create table os_gateway_metrics_20200101 partition of os_gateway_metrics
                for values from ('2020-01-01 00:00Z') to ('2020-01-02 00:00Z')
                """);
        assertThat(
                        one(
                                "viworks",
                                "telemetry_writer",
                                "select dropped from viw_maintain_partitions(5, 30)"))
                .isEqualTo("1");
        assertThat(
                        one(
                                "viworks",
                                "telemetry_writer",
                                "select made + dropped from viw_maintain_partitions(5, 30)"))
                .isEqualTo("0");
        assertThat(
                        one(
                                "viworks",
                                "postgres",
                                """
                                select count(*) filter (where to_regclass('os_gateway_metrics_'
                                    || to_char(now() at time zone 'UTC' + day * interval '1 day',
                                               'YYYYMMDD')) is not null)
                                from generate_series(-1, 5) day
                                """))
                .isEqualTo("7");
    }

    @Test
    void severalMayMaintainPartitionsAtOnce() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Callable<String>> calls = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                calls.add(() ->
                        one(
                                "viworks",
                                "telemetry_writer",
                                "select made from viw_maintain_partitions(20, 30)"));
            }
            List<String> made = new ArrayList<>();
            for (Future<String> call : threads.invokeAll(calls)) {
                made.add(call.get());
            }
            assertThat(made.stream().filter(count -> !count.equals("0")))
                    .hasSizeLessThanOrEqualTo(1);
        }
    }

    private void migrate(String database) {
        SchemaMigration.migrate(
                postgres.jdbcUrl(database), postgres.user(), postgres.password(), PASSWORDS);
    }

    private Connection connect(String database, String role, String password) throws SQLException {
        return DriverManager.getConnection(postgres.jdbcUrl(database), role, password);
    }

    private void execute(String role, String sql) throws SQLException {
        try (Connection connection = connect("viworks", role, passwordOf(role));
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private String one(String database, String role, String sql) throws SQLException {
        try (Connection connection = connect(database, role, passwordOf(role));
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private String passwordOf(String role) {
        return PASSWORDS.getOrDefault(role, postgres.password());
    }
}
