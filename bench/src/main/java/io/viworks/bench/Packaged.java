package io.viworks.bench;

import io.viworks.embedded.ChildProcesses;
import io.viworks.embedded.FreePort;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A packaged service as a process of its own, with the JVM flags it is shipped with. Thread-safe.
 */
public final class Packaged implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String HEAP = "-Xmx384m";

    private final String name;
    private final Process process;
    private final Path log;

    private Packaged(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
    }

    /**
     * Starts it and returns when it is ready. {@code VIW_BENCH_JVM} may hold more flags of its JVM,
     * for whoever looks into it.
     *
     * @param name of its module
     * @param folder where its log goes
     * @param settings by their documented names; where it answers for its health is added
     * @throws IOException with where its log is, when it does not become ready
     */
    public static Packaged start(
            String name, Path checkout, Path folder, Map<String, String> settings)
            throws IOException {
        Path jar = checkout.resolve(name + "/target/" + name + "-0.1.0-exec.jar");
        if (!Files.isRegularFile(jar)) {
            throw new IllegalStateException(jar + " is missing: run ./viw build");
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("@" + checkout.resolve("deploy/docker/jvm.options"));
        command.add(HEAP);
        command.addAll(moreFlags());
        command.addAll(List.of("-jar", jar.toString()));
        int management = FreePort.or(0);
        Map<String, String> environment = new HashMap<>(settings);
        environment.put("VIW_MANAGEMENT_BIND", "127.0.0.1:" + management);
        Path log = folder.resolve(name + ".log");
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectInput(new File("/dev/null"))
                        .redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        Packaged started = new Packaged(name, ChildProcesses.start(builder), log);
        started.awaitReady(
                URI.create("http://127.0.0.1:" + management + "/actuator/health/readiness"));
        return started;
    }

    /** The flags of {@code VIW_BENCH_JVM}: more for the JVM of what is measured. */
    public static List<String> moreFlags() {
        String more = System.getenv().getOrDefault("VIW_BENCH_JVM", "").strip();
        return more.isEmpty() ? List.of() : List.of(more.split(" +", -1));
    }

    private void awaitReady(URI health) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        try (HttpClient client = HttpClient.newHttpClient()) {
            while (System.nanoTime() < end && process.isAlive()) {
                if (isReady(client, health)) {
                    return;
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        close();
        throw new IOException(name + " did not become ready; see " + log);
    }

    private static boolean isReady(HttpClient client, URI health) throws InterruptedException {
        try {
            HttpRequest request = HttpRequest.newBuilder(health).build();
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false; // not there yet
        }
    }

    /** Processor time used since it started, of all its threads, in steps of 10 ms. */
    public Duration cpu() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /**
     * Fails when it has ended.
     *
     * @throws IOException with where its log is
     */
    public void check() throws IOException {
        if (!process.isAlive()) {
            throw new IOException(name + " has ended; see " + log);
        }
    }

    @Override
    public void close() {
        Ending.of(process);
    }
}
