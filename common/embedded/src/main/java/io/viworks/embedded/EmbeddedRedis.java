package io.viworks.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * A Redis server (6.2) on loopback as a child process, from the binary this build brings: never
 * evicts, and keeps an append-only file unless configured otherwise. Thread-safe.
 */
public final class EmbeddedRedis implements AutoCloseable {
    private final int port;
    private final ServerProcess server;

    private EmbeddedRedis(int port, ServerProcess server) {
        this.port = port;
        this.server = server;
    }

    /**
     * Starts a server and returns when it answers.
     *
     * @param dataDir where its files live; kept when it stops
     * @param port 0 for any free one
     * @param config further lines of redis.conf; later lines win
     * @throws IOException with what is missing, or the end of the server's log
     */
    public static EmbeddedRedis start(Path dataDir, int port, List<String> config)
            throws IOException {
        Files.createDirectories(dataDir);
        int chosen = FreePort.or(port);
        List<String> lines =
                new ArrayList<>(
                        List.of(
                                "bind 127.0.0.1",
                                "port " + chosen,
                                "dir \"" + dataDir.toAbsolutePath() + "\"",
                                "maxmemory-policy noeviction",
                                "appendonly yes",
                                "appendfsync everysec",
                                "save \"\"",
                                "daemonize no"));
        lines.addAll(config);
        return start("Redis", dataDir, chosen, lines, List.of());
    }

    /**
     * Starts a sentinel of the same binary: it watches over the masters its configuration names,
     * and writes into that what it learns.
     *
     * @param config further lines of its configuration, {@code sentinel monitor …} among them
     */
    public static EmbeddedRedis startSentinel(Path dataDir, List<String> config)
            throws IOException {
        Files.createDirectories(dataDir);
        int chosen = FreePort.or(0);
        List<String> lines =
                new ArrayList<>(
                        List.of(
                                "bind 127.0.0.1",
                                "port " + chosen,
                                "dir \"" + dataDir.toAbsolutePath() + "\"",
                                "daemonize no"));
        lines.addAll(config);
        return start("Sentinel", dataDir, chosen, lines, List.of("--sentinel"));
    }

    private static EmbeddedRedis start(
            String name, Path dataDir, int chosen, List<String> lines, List<String> options)
            throws IOException {
        Path file = dataDir.resolve("redis.conf");
        Files.deleteIfExists(file);
        Files.createFile(
                file,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(file, lines);
        List<String> command =
                new ArrayList<>(
                        List.of(Binaries.redis().toString(), file.toAbsolutePath().toString()));
        command.addAll(options);
        ServerProcess server =
                new ServerProcess(
                        name,
                        List.of(),
                        command,
                        dataDir.resolve("server.log"),
                        "TERM",
                        () -> answers(chosen));
        server.start();
        return new EmbeddedRedis(chosen, server);
    }

    /** PONG, or a refusal to somebody without a password; not while it loads its data. */
    private static boolean answers(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(1000);
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            byte[] answer = new byte[64];
            int length = socket.getInputStream().read(answer);
            String text = new String(answer, 0, Math.max(0, length), StandardCharsets.US_ASCII);
            return text.startsWith("+PONG") || text.startsWith("-NOAUTH");
        }
    }

    public int port() {
        return port;
    }

    /** {@code redis://127.0.0.1:port}, without a login. */
    public String url() {
        return "redis://127.0.0.1:" + port;
    }

    /** The server's process, of its latest start. */
    public Process process() {
        return server.process();
    }

    /** Stops it as an operator would (SIGTERM). */
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

    /** Freezes it (SIGSTOP): connections stay open and nothing answers. */
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
