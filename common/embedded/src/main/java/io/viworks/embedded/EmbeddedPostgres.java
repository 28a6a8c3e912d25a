package io.viworks.embedded;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A Postgres server on loopback as a child process, from the binaries this build brings; durable
 * unless configured otherwise. Works as root and as an ordinary user ({@link Identity}). In its
 * data folder: {@code cluster/}, the superuser's {@code password} (0600), {@code server.log}. Where
 * nobody runs it and cannot reach that folder, {@code cluster/} is a link to one beside the
 * unpacked programs. Thread-safe.
 */
public final class EmbeddedPostgres implements AutoCloseable {
    private static final String USER = "postgres";

    private final int port;
    private final String password;
    private final ServerProcess server;

    private EmbeddedPostgres(int port, String password, ServerProcess server) {
        this.port = port;
        this.password = password;
        this.server = server;
    }

    /**
     * Starts a server, making its cluster first where there is none, and returns when it accepts
     * connections.
     *
     * @param dataDir where the cluster lives; kept when it stops
     * @param port 0 for any free one
     * @param config server settings, as of postgresql.conf
     * @throws IOException with what is missing, or the end of the server's log
     */
    public static EmbeddedPostgres start(Path dataDir, int port, Map<String, String> config)
            throws IOException {
        Files.createDirectories(dataDir);
        Path programs = Binaries.postgres();
        Identity identity = Identity.find();
        Path cluster = dataDir.toAbsolutePath().resolve("cluster");
        Path passwordFile = dataDir.resolve("password");
        if (!Files.exists(cluster.resolve("PG_VERSION"))) {
            if (!identity.reaches(dataDir)) {
                Files.deleteIfExists(cluster);
                Files.createSymbolicLink(cluster, Binaries.emptyFolderFor(dataDir));
            }
            initialise(programs, identity, dataDir.toAbsolutePath(), cluster, passwordFile);
        }
        if (Files.isSymbolicLink(cluster)) {
            cluster = cluster.toRealPath();
        }
        removeStalePid(cluster.resolve("postmaster.pid"));
        int chosen = FreePort.or(port);
        String password = Files.readString(passwordFile).strip();
        List<String> command =
                new ArrayList<>(
                        List.of(
                                programs.resolve("bin/postgres").toString(),
                                "-D",
                                cluster.toString(),
                                "-p",
                                String.valueOf(chosen),
                                "-c",
                                "listen_addresses=127.0.0.1",
                                "-c",
                                "unix_socket_directories="));
        config.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
        String probeUrl = url(chosen, USER);
        ServerProcess server =
                new ServerProcess(
                        "Postgres",
                        identity.wrapper(),
                        command,
                        dataDir.resolve("server.log"),
                        "INT", // A fast shutdown: sessions are ended, the data is written.
                        () -> accepts(probeUrl, password));
        server.start();
        return new EmbeddedPostgres(chosen, password, server);
    }

    private static void initialise(
            Path programs, Identity identity, Path dataDir, Path cluster, Path passwordFile)
            throws IOException {
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        Files.deleteIfExists(passwordFile);
        Files.createFile(
                passwordFile,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(passwordFile, HexFormat.of().formatHex(random));
        Files.createDirectories(cluster);
        Files.setPosixFilePermissions(cluster, PosixFilePermissions.fromString("rwx------"));
        if (identity == Identity.NOBODY) {
            own(cluster, passwordFile);
        }
        List<String> command = new ArrayList<>(identity.wrapper());
        command.addAll(
                List.of(
                        programs.resolve("bin/initdb").toString(),
                        "-D",
                        cluster.toString(),
                        "-U",
                        USER,
                        // Opened by us: the path to it may be closed to whom initdb runs as.
                        "--pwfile=/dev/stdin",
                        "-A",
                        "scram-sha-256",
                        "-E",
                        "UTF8",
                        "--locale=C"));
        File log = dataDir.resolve("initdb.log").toFile();
        Process initdb =
                new ProcessBuilder(command)
                        .directory(new File("/"))
                        .redirectInput(passwordFile.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log)
                        .start();
        try {
            if (!initdb.waitFor(120, TimeUnit.SECONDS) || initdb.exitValue() != 0) {
                initdb.destroyForcibly();
                throw new IOException(
                        "initdb failed ("
                                + identity
                                + "): "
                                + Files.readString(log.toPath()).strip());
            }
        } catch (InterruptedException e) {
            initdb.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while making the cluster", e);
        }
    }

    private static void own(Path... paths) throws IOException {
        for (Path path : paths) {
            Files.setAttribute(path, "unix:uid", Identity.NOBODY_ID);
            Files.setAttribute(path, "unix:gid", Identity.NOBODY_ID);
        }
    }

    /**
     * Removes the pid file of a server that was killed, when the process it names is no Postgres:
     * the number may be somebody else's by now, which would stop the start.
     */
    private static void removeStalePid(Path file) throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        String pid = Files.readAllLines(file).getFirst().strip();
        Path name = Path.of("/proc", pid, "comm");
        if (!Files.exists(name) || !Files.readString(name).strip().equals("postgres")) {
            Files.deleteIfExists(file);
        }
    }

    private static boolean accepts(String url, String password) throws IOException {
        try (Connection connection = DriverManager.getConnection(url, USER, password)) {
            return connection.isValid(1);
        } catch (SQLException e) {
            throw new IOException(e);
        }
    }

    private static String url(int port, String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    public int port() {
        return port;
    }

    /** The URL of a database, without a login. */
    public String jdbcUrl(String database) {
        return url(port, database);
    }

    /** The superuser. */
    public String user() {
        return USER;
    }

    /** The superuser's password, random and made with the cluster. */
    public String password() {
        return password;
    }

    /** Makes a database unless it is there. */
    public void createDatabase(String name) {
        if (!name.matches("[a-z][a-z0-9_]*")) {
            throw new IllegalArgumentException("a database is named [a-z][a-z0-9_]*");
        }
        try (Connection connection = DriverManager.getConnection(url(port, USER), USER, password);
                Statement statement = connection.createStatement()) {
            boolean exists =
                    statement
                            .executeQuery(
                                    "select 1 from pg_database where datname = '" + name + "'")
                            .next();
            if (!exists) {
                statement.execute("create database " + name);
            }
        } catch (SQLException e) {
            throw new UncheckedIOException(new IOException(e));
        }
    }

    /** The server's process, of its latest start. */
    public Process process() {
        return server.process();
    }

    /** Stops it as an operator would (a fast shutdown). */
    public void stop() {
        server.stop();
    }

    /** Ends it without a word (SIGKILL). */
    public void kill() {
        server.kill();
    }

    /** Starts it again on the same port with the same data. */
    public void startAgain() throws IOException {
        server.start();
    }

    /** Freezes it (SIGSTOP to the server and its sessions' parent). */
    public void pause() {
        server.signal("STOP");
    }

    /** Ends {@link #pause}. */
    public void resume() {
        server.signal("CONT");
    }

    @Override
    public void close() {
        server.stop();
    }
}
