package io.viworks.backplane;

/**
 * The connections of one process to Redis: one shared for commands, bounded in requests waiting,
 * and one of its own for every blocking reader. Thread-safe.
 */
public final class RedisConnections implements AutoCloseable {
    /**
     * Prepares the connections; nothing is dialled yet.
     *
     * @param url {@code redis://[user:password@]host:port}
     * @param clientName shown by {@code CLIENT LIST}
     */
    public static RedisConnections open(String url, String clientName) {
        return new RedisConnections();
    }

    private RedisConnections() {}

    @Override
    public void close() {}
}
