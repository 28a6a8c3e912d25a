package io.viworks.conformance.failure;

import io.viworks.embedded.FreePort;
import io.viworks.schema.SchemaMigration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A primary and a standby that streams from it, of the Postgres that is installed on this machine;
 * what is committed is at both. As the user {@code postgres}, for a server does not run as root.
 */
final class PostgresPair implements AutoCloseable {
    private static final String PASSWORD = "owner";
    private static final Map<String, String> ROLES =
            Map.of("telemetry_writer", "tw", "results_writer", "rw", "admin_api", "aa");

    private final Path programs;
    private final Path folder;
    private final int first;
    private final int second;

    private PostgresPair(Path programs, Path folder, int first, int second) {
        this.programs = programs;
        this.folder = folder;
        this.first = first;
        this.second = second;
    }

    /** The newest programs there are; without pg_basebackup there is no standby. */
    static Optional<Path> programs() throws IOException {
        Path all = Path.of("/usr/lib/postgresql");
        if (!Files.isDirectory(all)) {
            return Optional.empty();
        }
        try (Stream<Path> versions = Files.list(all)) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("pg_basebackup")))
                    .max(Comparator.naturalOrder());
        }
    }

    /** Starts both, with the schema. */
    static PostgresPair start(Path programs) throws Exception {
        Path folder = Files.createTempDirectory("postgres-pair-");
        PostgresPair pair = new PostgresPair(programs, folder, FreePort.or(0), FreePort.or(0));
        run("chown", "postgres", folder.toString());
        pair.primary();
        pair.standby();
        SchemaMigration.migrate(pair.url(pair.first), "postgres", PASSWORD, ROLES);
        return pair;
    }

    private void primary() throws Exception {
        Path secret = Files.writeString(folder.resolve("secret"), PASSWORD);
        run("chmod", "644", secret.toString());
        postgres(
                "initdb",
                "-D",
                data("first"),
                "-U",
                "postgres",
                "--auth=scram-sha-256",
                "--pwfile=" + secret,
                "-E",
                "UTF8");
        control("first", first, "-c synchronous_standby_names=second");
        try (Connection connection = connect("postgres", first);
                var statement = connection.createStatement()) {
            // Nothing is at a standby yet that could confirm it.
            statement.execute("set synchronous_commit = local");
            statement.execute("create database viworks");
        }
    }

    private void standby() throws Exception {
        postgres(
                "pg_basebackup",
                "-D",
                data("second"),
                "-R",
                "-X",
                "stream",
                "-d",
                "host=127.0.0.1 port=%d user=postgres password=%s application_name=second"
                        .formatted(first, PASSWORD));
        control("second", second, "-c synchronous_standby_names=");
        Awaitility.await("the standby")
                .ignoreExceptions()
                .until(() -> {
                    try (Connection connection = connect("postgres", first);
                            var statement = connection.createStatement();
                            var rows =
                                    statement.executeQuery(
                                            "select sync_state from pg_stat_replication")) {
                        return rows.next() && rows.getString(1).equals("sync");
                    }
                });
    }

    /** Kills the primary without a word, and lets the standby take its place. */
    void failOver() throws Exception {
        long postmaster =
                Long.parseLong(
                        Files.readAllLines(Path.of(data("first"), "postmaster.pid")).getFirst());
        List<ProcessHandle> all = new ArrayList<>();
        ProcessHandle.of(postmaster)
                .ifPresent(handle -> {
                    all.add(handle);
                    handle.descendants().forEach(all::add);
                });
        all.forEach(ProcessHandle::destroyForcibly);
        postgres("pg_ctl", "-D", data("second"), "-w", "promote");
    }

    /** What a service is told: both, and to look for the primary. */
    Map<String, String> environmentOf(String role) {
        return Map.of(
                "VIW_JDBC_URL",
                "jdbc:postgresql://127.0.0.1:%d,127.0.0.1:%d/viworks?targetServerType=primary"
                                .formatted(first, second)
                        + "&connectTimeout=2&socketTimeout=10",
                "VIW_JDBC_USER",
                role,
                "VIW_JDBC_PASSWORD",
                String.valueOf(ROLES.get(role)));
    }

    /** As the owner, at whichever is the primary. */
    Connection connect() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:%d,127.0.0.1:%d/viworks?targetServerType=primary"
                        .formatted(first, second),
                "postgres",
                PASSWORD);
    }

    private Connection connect(String database, int port) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + port + "/" + database, "postgres", PASSWORD);
    }

    private String url(int port) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/viworks";
    }

    private String data(String name) {
        return folder.resolve(name).toString();
    }

    private void control(String name, int port, String options) throws Exception {
        postgres(
                "pg_ctl",
                "-D",
                data(name),
                "-w",
                "-l",
                folder.resolve(name + ".log").toString(),
                "-o",
                "-p "
                        + port
                        + " -c listen_addresses=127.0.0.1 -c unix_socket_directories="
                        + folder
                        + " -c max_connections=200 "
                        + options,
                "start");
    }

    private void postgres(String program, String... arguments) throws Exception {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                "setpriv",
                                "--reuid=postgres",
                                "--regid=postgres",
                                "--clear-groups",
                                programs.resolve(program).toString()));
        command.addAll(List.of(arguments));
        run(command.toArray(String[]::new));
    }

    private static void run(String... command) throws Exception {
        Path said = Files.createTempFile("postgres-pair-", ".log");
        int rc =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(said.toFile())
                        .start()
                        .waitFor();
        String text = Files.readString(said);
        Files.delete(said);
        if (rc != 0) {
            throw new IOException(String.join(" ", command) + " ended with " + rc + ": " + text);
        }
    }

    @Override
    public void close() {
        for (String name : List.of("first", "second")) {
            try {
                postgres("pg_ctl", "-D", data(name), "-m", "immediate", "stop");
            } catch (Exception e) {
                // It does not run any more.
            }
        }
        try {
            run("rm", "-rf", folder.toString());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
