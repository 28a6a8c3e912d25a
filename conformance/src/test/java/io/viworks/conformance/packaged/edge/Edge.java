package io.viworks.conformance.packaged.edge;

import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import io.viworks.conformance.Checkout;
import io.viworks.embedded.ChildProcesses;
import io.viworks.embedded.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A real nginx, started by {@code deploy/nginx/edge} in a folder of its own. */
final class Edge implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Path PROGRAM = Checkout.root().resolve("deploy/nginx/edge");

    private final Process process;
    private final Path folder;
    private final int port;

    private Edge(Process process, Path folder, int port) {
        this.process = process;
        this.folder = folder;
        this.port = port;
    }

    /** Skips the tests where nginx is not installed, unless it must be. */
    static void needsNginx() {
        boolean there =
                List.of("/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx").stream()
                        .anyMatch(file -> Files.isExecutable(Path.of(file)));
        if (there) {
            return;
        }
        String what = "nginx is not installed: apt-get install nginx-light";
        if ("1".equals(System.getenv("VIW_REQUIRE_NGINX"))) {
            fail(what + " (VIW_REQUIRE_NGINX=1 says that these tests must run)");
        }
        abort(what + ". The tests of the edge are skipped.");
    }

    /**
     * Starts one, and returns once it listens.
     *
     * @param folder its own, for its configuration and its logs
     * @param settings {@code VIW_EDGE_} names without their beginning
     */
    static Edge start(Path folder, int port, Map<String, String> settings) throws Exception {
        Files.createDirectories(folder);
        Process process = ChildProcesses.start(builder("run", folder, port, settings));
        Edge edge = new Edge(process, folder, port);
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> edge.answers() || !process.isAlive());
        if (!process.isAlive()) {
            throw new AssertionError("the edge ended:\n" + edge.said());
        }
        return edge;
    }

    /** Runs {@code edge check} or {@code edge config}; its exit code and its output are written. */
    static String ask(String command, Path folder, Map<String, String> settings) throws Exception {
        Files.createDirectories(folder);
        ProcessBuilder builder = builder(command, folder, FreePort.or(0), settings);
        int rc = builder.start().waitFor();
        return "exit " + rc + "\n" + Files.readString(folder.resolve("said.log"));
    }

    private static ProcessBuilder builder(
            String command, Path folder, int port, Map<String, String> settings)
            throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(new ArrayList<>(List.of(PROGRAM.toString(), command)))
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("said.log").toFile());
        Map<String, String> all = new HashMap<>();
        all.put("RUN", folder.resolve("run").toString());
        all.put("BIND", "127.0.0.1:" + port);
        all.put("HEALTH_BIND", "127.0.0.1:" + FreePort.or(0));
        all.put("ACCESS_LOG", folder.resolve("access.log").toString());
        all.put("LOOK_EVERY", "1");
        all.putAll(settings);
        builder.environment().keySet().removeIf(name -> name.startsWith("VIW_"));
        String path = builder.environment().getOrDefault("PATH", "/usr/bin:/bin");
        builder.environment().put("PATH", path + ":/usr/sbin:/usr/local/sbin");
        all.forEach((name, value) -> builder.environment().put("VIW_EDGE_" + name, value));
        return builder;
    }

    /**
     * Whether nginx itself listens. Before it becomes nginx the program lets another one read the
     * configuration, and that listens for a moment, too.
     */
    private boolean answers() {
        if (process.info().command().filter(command -> command.endsWith("/nginx")).isEmpty()) {
            return false;
        }
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException _) {
            return false;
        }
    }

    int port() {
        return port;
    }

    Path folder() {
        return folder;
    }

    /** What the program and nginx's error log said. */
    String said() throws IOException {
        return Files.readString(folder.resolve("said.log"));
    }

    String accessLog() throws IOException {
        return Files.readString(folder.resolve("access.log"));
    }

    /** The access log's lines, each held to be one JSON object. */
    List<JsonNode> requests() throws IOException {
        return accessLog().lines().map(JSON::readTree).toList();
    }

    /** Waits for one more reload than there were. */
    void awaitReload(int before) {
        await().atMost(Duration.ofSeconds(60)).until(() -> reloads() > before);
    }

    int reloads() throws IOException {
        return said().split("\"event\":\"reloaded\"", -1).length - 1;
    }

    long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
