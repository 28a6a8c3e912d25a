package io.viworks.schema;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;

/**
 * Brings a database to this build's schema and gives the services' roles their passwords. May be
 * run again, and by several at once: they take turns.
 */
public final class SchemaMigration {
    /** The roles the migrations make, one per service with a database. */
    public static final List<String> ROLES =
            List.of("telemetry_writer", "results_writer", "admin_api");

    /** Waits for its turn this often, once a second, while another migrates. */
    private static final int LOCK_RETRIES = 120;

    private SchemaMigration() {}

    /**
     * Migrates.
     *
     * @param user the owner of the schema, who may make roles
     * @param rolePasswords passwords to set, by role; a role that is not named keeps its own
     * @throws IllegalArgumentException when a role is not one of {@link #ROLES}
     * @throws org.flywaydb.core.api.FlywayException when the database cannot be migrated
     */
    public static void migrate(
            String jdbcUrl, String user, String password, Map<String, String> rolePasswords) {
        for (String role : rolePasswords.keySet()) {
            if (!ROLES.contains(role)) {
                throw new IllegalArgumentException("unknown role " + role + "; there are " + ROLES);
            }
        }
        Flyway.configure()
                .dataSource(jdbcUrl, user, password)
                .locations("classpath:db/migration")
                .lockRetryCount(LOCK_RETRIES)
                .validateMigrationNaming(true)
                .load()
                .migrate();
        setPasswords(jdbcUrl, user, password, rolePasswords);
    }

    /** One at a time; see {@link #ALTERING_ROLES}. */
    private static void setPasswords(
            String jdbcUrl, String user, String password, Map<String, String> rolePasswords) {
        try (Connection connection = DriverManager.getConnection(jdbcUrl, user, password);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("select pg_advisory_xact_lock(" + ALTERING_ROLES + ")");
            statement.execute("set local password_encryption = 'scram-sha-256'");
            for (Map.Entry<String, String> entry : rolePasswords.entrySet()) {
                statement.execute(
                        "alter role "
                                + statement.enquoteIdentifier(entry.getKey(), true)
                                + " password "
                                + statement.enquoteLiteral(entry.getValue()));
            }
            connection.commit();
        } catch (SQLException e) {
            throw new IllegalStateException(
                    "the roles' passwords could not be set: SQLSTATE " + e.getSQLState(), e);
        }
    }

    /** Two sessions that alter one role at once fail with "tuple concurrently updated". */
    private static final long ALTERING_ROLES = 7_042_001L;

    /**
     * The compose stack's {@code migrate} job. Reads {@code VIW_JDBC_URL}, {@code VIW_JDBC_USER},
     * {@code VIW_JDBC_PASSWORD} and {@code VIW_DB_PASSWORD_<ROLE>}, each secret also as {@code
     * …_FILE}. Exits with 0, or with 2 and every mistake.
     */
    public static void main(String[] args) {
        List<String> mistakes = new ArrayList<>();
        Map<String, String> environment = System.getenv();
        String url = read(environment, "VIW_JDBC_URL", mistakes);
        String user = read(environment, "VIW_JDBC_USER", mistakes);
        String password = read(environment, "VIW_JDBC_PASSWORD", mistakes);
        Map<String, String> passwords = new LinkedHashMap<>();
        for (String role : ROLES) {
            String name = "VIW_DB_PASSWORD_" + role.toUpperCase(java.util.Locale.ROOT);
            passwords.put(role, read(environment, name, mistakes));
        }
        if (!mistakes.isEmpty()) {
            mistakes.forEach(System.err::println);
            System.exit(2);
        }
        migrate(url, user, password, passwords);
        System.out.println("migrated");
    }

    private static String read(
            Map<String, String> environment, String name, List<String> mistakes) {
        @Nullable String value = environment.get(name);
        @Nullable String file = environment.get(name + "_FILE");
        if (value != null && !value.isBlank()) {
            return value;
        }
        if (file == null || file.isBlank()) {
            mistakes.add(name + " (or " + name + "_FILE) is missing");
            return "";
        }
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException e) {
            mistakes.add(name + "_FILE cannot be read: " + file);
            return "";
        }
    }
}
