package io.viworks.testkit;

import io.viworks.embedded.EmbeddedRedis;
import io.viworks.patience.Patience;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.images.builder.Transferable;

/**
 * A real Redis for tests: the shared one, started once per JVM, or one of a test's own that it may
 * stop, kill and pause. Append-only and never evicting, as in production. Thread-safe.
 */
public final class TestRedis implements AutoCloseable {
    private static @Nullable TestRedis shared;

    private final Switchable server;

    private TestRedis(Switchable server) {
        this.server = server;
    }

    /** The one all tests of this JVM share, emptied. */
    public static synchronized TestRedis shared() {
        if (shared == null) {
            shared = start();
            Runtime.getRuntime().addShutdownHook(new Thread(shared::close));
        }
        shared.flush();
        return shared;
    }

    /**
     * One of the test's own, to be closed by it.
     *
     * @param config lines of redis.conf, {@code user …} lines among them
     */
    public static TestRedis start(String... config) {
        try {
            return new TestRedis(
                    switch (Backends.chosen()) {
                        case EMBEDDED -> embedded(List.of(config));
                        case CONTAINERS -> container(List.of(config));
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Switchable embedded(List<String> config) throws IOException {
        Path dir = Files.createTempDirectory("test-redis-");
        EmbeddedRedis redis = EmbeddedRedis.start(dir, 0, config);
        return new Switchable() {
            @Override
            public int port() {
                return redis.port();
            }

            @Override
            public void stop() {
                redis.stop();
            }

            @Override
            public void kill() {
                redis.kill();
            }

            @Override
            public void startAgain() throws IOException {
                redis.startAgain();
            }

            @Override
            public void pause() {
                redis.pause();
            }

            @Override
            public void resume() {
                redis.resume();
            }

            @Override
            public void close() throws IOException {
                redis.close();
                Folders.delete(dir);
            }
        };
    }

    // The container outlives this method: it is closed with the server around it.
    @SuppressWarnings("resource")
    private static Switchable container(List<String> config) throws IOException {
        List<String> lines =
                new ArrayList<>(
                        List.of("appendonly yes", "maxmemory-policy noeviction", "save \"\""));
        lines.addAll(config);
        return new ServerInContainer(
                new GenericContainer<>("redis:7-alpine")
                        .withExposedPorts(6379)
                        .withCopyToContainer(
                                Transferable.of(String.join("\n", lines) + "\n"), "/viw/redis.conf")
                        .withCommand("redis-server", "/viw/redis.conf"),
                6379);
    }

    public int port() {
        return server.port();
    }

    /** Without a login. */
    public String url() {
        return "redis://127.0.0.1:" + port();
    }

    /** As this user. */
    public String url(String user, String password) {
        return "redis://" + user + ":" + password + "@127.0.0.1:" + port();
    }

    /** Forgets everything, as the default user without a password. */
    public void flush() {
        command("FLUSHALL");
    }

    /** Sends one command in the inline form and returns the first line of the answer. */
    public String command(String line) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
            socket.setSoTimeout(Math.toIntExact(Patience.LONGEST.toMillis()));
            socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
            InputStream in = socket.getInputStream();
            StringBuilder answer = new StringBuilder();
            for (int c = in.read(); c >= 0 && c != '\r'; c = in.read()) {
                answer.append((char) c);
            }
            return answer.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stops it as an operator would. */
    public void stop() {
        Unchecked.run(server::stop);
    }

    /** Ends it without a word. */
    public void kill() {
        Unchecked.run(server::kill);
    }

    /** Starts it again on the same port with the data it wrote. */
    public void startAgain() {
        Unchecked.run(server::startAgain);
    }

    /** Freezes it: connections stay open and nothing answers. */
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
}
