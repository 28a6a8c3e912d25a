package io.viworks.bench.peers;

import io.viworks.bench.Cpu;
import io.viworks.bench.Ending;
import io.viworks.embedded.ChildProcesses;
import io.viworks.embedded.FreePort;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A broker of this machine as a process of its own, durable as its manual says. */
final class PeerServer implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final String program;
    private final Process process;
    private final int port;
    private final Path log;

    private PeerServer(String program, Process process, int port, Path log) {
        this.program = program;
        this.process = process;
        this.port = port;
        this.log = log;
    }

    /**
     * NATS with a stream of telemetry in files.
     *
     * @param control where its clients without WebSocket connect
     */
    static PeerServer nats(Path folder, int control) throws IOException {
        int port = FreePort.or(0);
        Path file =
                write(
                        folder,
                        "nats.conf",
                        """
                        listen: "127.0.0.1:%d"
                        websocket { listen: "127.0.0.1:%d", no_tls: true }
                        jetstream { store_dir: "%s" }
                        max_connections: 60000
                        """
                                .formatted(control, port, folder.resolve("jetstream")));
        PeerServer server =
                start("nats-server", List.of("-c", file.toString()), port, folder)
                        .awaitPort(control);
        NatsStream.create(control);
        return server;
    }

    /** Mosquitto that writes its messages and sessions to its file each second. */
    static PeerServer mosquitto(Path folder) throws IOException {
        int port = FreePort.or(0);
        // Version 2.0.11 takes websockets alone for no listener at all and does not start.
        int plain = FreePort.or(0);
        Path store = Files.createDirectories(folder.resolve("mosquitto"));
        Path file =
                write(
                        folder,
                        "mosquitto.conf",
                        """
                        user %s
                        listener %d 127.0.0.1
                        listener %d 127.0.0.1
                        protocol websockets
                        allow_anonymous true
                        persistence true
                        persistence_location %s/
                        autosave_interval 1
                        max_inflight_messages 1000
                        max_queued_messages 0
                        set_tcp_nodelay true
                        """
                                .formatted(System.getProperty("user.name"), plain, port, store));
        return start("mosquitto", List.of("-c", file.toString()), port, folder);
    }

    private static Path write(Path folder, String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private static PeerServer start(String program, List<String> arguments, int port, Path folder)
            throws IOException {
        Path log = folder.resolve(program + ".log");
        ProcessBuilder builder =
                new ProcessBuilder(
                                Stream.concat(
                                                Stream.of(find(program).toString()),
                                                arguments.stream())
                                        .toList())
                        .redirectErrorStream(true)
                        .redirectInput(new File("/dev/null"))
                        .redirectOutput(log.toFile());
        return new PeerServer(program, ChildProcesses.start(builder), port, log).awaitPort(port);
    }

    /** On the PATH, or where Debian keeps servers. */
    private static Path find(String program) {
        String path = System.getenv().getOrDefault("PATH", "/usr/bin") + ":/usr/sbin";
        return Stream.of(path.split(":", -1))
                .map(folder -> Path.of(folder.isEmpty() ? "." : folder, program))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                program
                                        + " is not on the PATH: install the Debian package "
                                        + program
                                        + ", or leave it out (--only)"));
    }

    private PeerServer awaitPort(int listened) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end && process.isAlive()) {
            try (var _ = new Socket(InetAddress.getLoopbackAddress(), listened)) {
                return this;
            } catch (IOException e) {
                pause();
            }
        }
        close();
        throw new IOException(program + " did not come up; see " + log);
    }

    private static void pause() throws IOException {
        try {
            TimeUnit.MILLISECONDS.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Where its WebSocket is. */
    int port() {
        return port;
    }

    /** Processor time it has used so far. */
    Duration cpu() throws IOException {
        return Cpu.of(process.pid());
    }

    @Override
    public void close() {
        Ending.of(process);
    }
}
