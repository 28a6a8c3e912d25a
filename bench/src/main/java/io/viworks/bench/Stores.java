package io.viworks.bench;

import io.viworks.embedded.EmbeddedPostgres;
import io.viworks.embedded.EmbeddedRedis;
import io.viworks.schema.SchemaMigration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A Redis and a migrated Postgres of this run, durable as shipped. */
public final class Stores implements AutoCloseable {
    private static final String DATABASE = "viworks";

    private final EmbeddedRedis redis;
    private final EmbeddedPostgres postgres;

    private Stores(EmbeddedRedis redis, EmbeddedPostgres postgres) {
        this.redis = redis;
        this.postgres = postgres;
    }

    /**
     * Starts both.
     *
     * @param settings of Postgres, as of postgresql.conf
     */
    public static Stores start(Path folder, Map<String, String> settings) throws IOException {
        EmbeddedRedis redis = EmbeddedRedis.start(folder.resolve("redis"), 0, List.of());
        EmbeddedPostgres postgres = EmbeddedPostgres.start(folder.resolve("postgres"), 0, settings);
        postgres.createDatabase(DATABASE);
        Stores stores = new Stores(redis, postgres);
        SchemaMigration.migrate(
                stores.jdbcUrl(),
                postgres.user(),
                postgres.password(),
                SchemaMigration.ROLES.stream()
                        .collect(Collectors.toMap(role -> role, _ -> stores.rolePassword())));
        return stores;
    }

    /** Runs a file of statements as the owner of the schema. */
    public void run(Path sql, Map<String, Integer> settings) throws IOException, SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (Map.Entry<String, Integer> setting : settings.entrySet()) {
                statement.execute("set " + setting.getKey() + " = '" + setting.getValue() + "'");
            }
            for (String one : Statements.of(Files.readString(sql))) {
                statement.execute(one);
            }
        }
    }

    /** A connection as the owner of the schema. */
    public Connection connect() throws SQLException {
        return DriverManager.getConnection(jdbcUrl(), postgres.user(), postgres.password());
    }

    /** What a service of this role is told of both. */
    public Map<String, String> settings(String role) {
        return Map.of(
                "VIW_REDIS_URL",
                redisUrl(),
                "VIW_JDBC_URL",
                jdbcUrl(),
                "VIW_JDBC_USER",
                role,
                "VIW_JDBC_PASSWORD",
                rolePassword());
    }

    /** Processor time of all of Postgres that lives, in steps of 10 ms. */
    public static Duration postgresCpu() {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info().command().orElse("").endsWith("/postgres"))
                .map(process -> process.info().totalCpuDuration().orElse(Duration.ZERO))
                .reduce(Duration.ZERO, Duration::plus);
    }

    /** How far Postgres' log has come, in bytes. */
    public static long walPosition(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Where Redis is. */
    public String redisUrl() {
        return redis.url();
    }

    String jdbcUrl() {
        return postgres.jdbcUrl(DATABASE);
    }

    /** Of all roles: nobody else reaches this Postgres. */
    String rolePassword() {
        return postgres.password();
    }

    @Override
    public void close() {
        redis.close();
        postgres.close();
    }
}
