package io.viworks.testkit;

import io.viworks.embedded.EmbeddedPostgres;
import io.viworks.schema.SchemaMigration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * A real Postgres for tests: the shared one, started once per JVM, or one of a test's own that it
 * may stop, kill and pause. Each {@link #database} is new and migrated. Thread-safe.
 */
public final class TestPostgres implements AutoCloseable {
    private static final String TEMPLATE = "migrated";
    private static @Nullable TestPostgres shared;

    private final Switchable server;
    private final String user;
    private final String password;
    private final AtomicInteger databases = new AtomicInteger();

    private TestPostgres(Switchable server, String user, String password) {
        this.server = server;
        this.user = user;
        this.password = password;
        execute("postgres", "create database " + TEMPLATE);
        SchemaMigration.migrate(url(TEMPLATE), user, password, rolePasswords());
    }

    /** The one all tests of this JVM share. */
    public static synchronized TestPostgres shared() {
        if (shared == null) {
            shared = start(Map.of("fsync", "off", "synchronous_commit", "off"));
            Runtime.getRuntime().addShutdownHook(new Thread(shared::close));
        }
        return shared;
    }

    /** One of the test's own, durable, to be closed by it. */
    public static TestPostgres start() {
        return start(Map.of());
    }

    private static TestPostgres start(Map<String, String> config) {
        try {
            return switch (Backends.chosen()) {
                case EMBEDDED -> embedded(config);
                case CONTAINERS -> container();
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TestPostgres embedded(Map<String, String> config) throws IOException {
        Path dir = Files.createTempDirectory("test-postgres-");
        Map<String, String> settings = new LinkedHashMap<>(config);
        settings.put("max_connections", "200");
        EmbeddedPostgres postgres = EmbeddedPostgres.start(dir, 0, settings);
        Switchable server =
                new Switchable() {
                    @Override
                    public int port() {
                        return postgres.port();
                    }

                    @Override
                    public void stop() {
                        postgres.stop();
                    }

                    @Override
                    public void kill() {
                        postgres.kill();
                    }

                    @Override
                    public void startAgain() throws IOException {
                        postgres.startAgain();
                    }

                    @Override
                    public void pause() {
                        postgres.pause();
                    }

                    @Override
                    public void resume() {
                        postgres.resume();
                    }

                    @Override
                    public void close() throws IOException {
                        postgres.close();
                        Folders.delete(dir);
                    }
                };
        return new TestPostgres(server, postgres.user(), postgres.password());
    }

    // The container outlives this method: it is closed with the server around it.
    @SuppressWarnings("resource")
    private static TestPostgres container() throws IOException {
        PostgreSQLContainer container = new PostgreSQLContainer("postgres:17");
        container.withDatabaseName("postgres");
        ServerInContainer server = new ServerInContainer(container, 5432);
        return new TestPostgres(server, container.getUsername(), container.getPassword());
    }

    private static Map<String, String> rolePasswords() {
        Map<String, String> passwords = new LinkedHashMap<>();
        SchemaMigration.ROLES.forEach(role -> passwords.put(role, passwordOf(role)));
        return passwords;
    }

    private static String passwordOf(String role) {
        return "test-" + role;
    }

    /** A new, empty, migrated database. */
    public Database database() {
        String name = "test_" + databases.incrementAndGet();
        execute("postgres", "create database " + name + " template " + TEMPLATE);
        return new Database(url(name), user, password);
    }

    /**
     * One database, with its owner's login; each service's role is one away.
     *
     * @param url without a login
     */
    public record Database(String url, String user, String password) {
        /** The same database as a service sees it: {@code telemetry_writer}, … */
        public Database as(String role) {
            return new Database(url, role, passwordOf(role));
        }

        /** A connection, to be closed by the caller. */
        public Connection connect() throws SQLException {
            return DriverManager.getConnection(url, user, password);
        }
    }

    public int port() {
        return server.port();
    }

    /** Stops it as an operator would. */
    public void stop() {
        Unchecked.run(server::stop);
    }

    /** Ends it without a word. */
    public void kill() {
        Unchecked.run(server::kill);
    }

    /** Starts it again on the same port with the same data. */
    public void startAgain() {
        Unchecked.run(server::startAgain);
    }

    /** Freezes the server's first process: new connections hang. */
    public void pause() {
        Unchecked.run(server::pause);
    }

    /** Ends {@link #pause}. */
    public void resume() {
        Unchecked.run(server::resume);
    }

    @Override
    public void close() {
        Unchecked.run(server::close);
    }

    private String url(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port() + "/" + database;
    }

    private void execute(String database, String sql) {
        try (Connection connection = DriverManager.getConnection(url(database), user, password);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }
}
