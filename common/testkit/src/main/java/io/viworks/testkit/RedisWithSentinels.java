package io.viworks.testkit;

import io.viworks.embedded.EmbeddedRedis;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A master, a replica of it and three sentinels, as real processes on loopback: the sentinels make
 * the replica the master within a few seconds after the master is gone.
 */
public final class RedisWithSentinels implements AutoCloseable {
    public static final String MASTER = "viw";

    /** How long a master is silent before a sentinel takes it for dead. */
    private static final int DOWN_AFTER_MS = 1_000;

    private final Path folder;
    private final String password;
    private final EmbeddedRedis first;
    private final EmbeddedRedis second;
    private final List<EmbeddedRedis> sentinels;

    private RedisWithSentinels(
            Path folder,
            String password,
            EmbeddedRedis first,
            EmbeddedRedis second,
            List<EmbeddedRedis> sentinels) {
        this.folder = folder;
        this.password = password;
        this.first = first;
        this.second = second;
        this.sentinels = sentinels;
    }

    /**
     * Starts them.
     *
     * @param password of the default user, by which they also know each other
     * @param config lines of both servers' redis.conf, {@code user …} lines among them
     */
    public static RedisWithSentinels start(String password, List<String> config) {
        try {
            Path folder = Files.createTempDirectory("test-sentinels-");
            List<String> lines =
                    new ArrayList<>(
                            List.of(
                                    "requirepass " + password,
                                    "masterauth " + password,
                                    "repl-diskless-sync yes",
                                    "repl-diskless-sync-delay 0"));
            lines.addAll(config);
            EmbeddedRedis first = EmbeddedRedis.start(folder.resolve("first"), 0, lines);
            List<String> ofReplica = new ArrayList<>(lines);
            ofReplica.add("replicaof 127.0.0.1 " + first.port());
            EmbeddedRedis second = EmbeddedRedis.start(folder.resolve("second"), 0, ofReplica);
            List<EmbeddedRedis> sentinels = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                sentinels.add(
                        EmbeddedRedis.startSentinel(
                                folder.resolve("sentinel" + i),
                                List.of(
                                        "sentinel monitor "
                                                + MASTER
                                                + " 127.0.0.1 "
                                                + first.port()
                                                + " 2",
                                        "sentinel auth-pass " + MASTER + " " + password,
                                        "sentinel down-after-milliseconds "
                                                + MASTER
                                                + " "
                                                + DOWN_AFTER_MS,
                                        "sentinel failover-timeout " + MASTER + " 10000")));
            }
            return new RedisWithSentinels(folder, password, first, second, sentinels);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What VIW_REDIS_URL is to be for a user. */
    public String url(String user, String password) {
        return "redis-sentinel://"
                + user
                + ":"
                + password
                + "@"
                + sentinels.stream()
                        .map(one -> "127.0.0.1:" + one.port())
                        .collect(Collectors.joining(","))
                + "#"
                + MASTER;
    }

    /** The master they began with. */
    public EmbeddedRedis first() {
        return first;
    }

    /** The replica they began with. */
    public EmbeddedRedis second() {
        return second;
    }

    /** By its own word. */
    public boolean secondIsMaster() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), second.port())) {
            socket.setSoTimeout(1_000);
            socket.getOutputStream()
                    .write(
                            ("AUTH " + password + "\r\nROLE\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
            byte[] answer = new byte[64];
            int length =
                    socket.getInputStream()
                            .readNBytes(answer, 0, "+OK\r\n*3\r\n$6\r\nmaster".length());
            return new String(answer, 0, length, StandardCharsets.US_ASCII).endsWith("master");
        } catch (IOException e) {
            return false;
        }
    }

    public List<EmbeddedRedis> sentinels() {
        return List.copyOf(sentinels);
    }

    @Override
    public void close() {
        sentinels.forEach(EmbeddedRedis::close);
        second.close();
        first.close();
        try {
            Folders.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
