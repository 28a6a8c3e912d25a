package io.viworks.bench.soak;

import io.viworks.bench.ChildJvm;
import io.viworks.bench.Stores;
import io.viworks.embedded.FreePort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Redis, Postgres and the four packaged services, with the flags of the JVM they are shipped with
 * and the heap that they have in a container of 512 MB.
 */
final class SoakStack implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String HEAP = "-Xmx280m";

    private final Path checkout;
    private final Path folder;
    private final Stores stores;
    private final Map<String, ChildJvm> services = new LinkedHashMap<>();
    private final HttpClient client = HttpClient.newHttpClient();
    private final String token;
    private int agentPort;
    private String api = "";
    private final Map<String, URI> health = new LinkedHashMap<>();

    private SoakStack(Path checkout, Path folder, Stores stores, String token) {
        this.checkout = checkout;
        this.folder = folder;
        this.stores = stores;
        this.token = token;
    }

    /**
     * Starts all and returns when all are ready.
     *
     * @param secret of the fleet
     */
    static SoakStack start(Path checkout, Path folder, String secret)
            throws IOException, InterruptedException {
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        SoakStack stack =
                new SoakStack(
                        checkout,
                        folder,
                        Stores.start(folder, Map.of()),
                        HexFormat.of().formatHex(random));
        try {
            stack.startServices(secret);
            return stack;
        } catch (IOException | InterruptedException | RuntimeException e) {
            stack.close();
            throw e;
        }
    }

    private void startServices(String secret) throws IOException, InterruptedException {
        Path tokens = folder.resolve("tokens");
        Files.writeString(tokens, "bench admin " + sha256(token) + "\n");
        int admin = FreePort.or(0);
        api = "http://127.0.0.1:" + admin + "/admin/api";
        start(
                "admin-api",
                stores.settings("admin_api"),
                Map.of(
                        "VIW_ADMIN_BIND",
                        "127.0.0.1:" + admin,
                        "VIW_API_TOKENS_FILE",
                        tokens.toString()));
        start("telemetry-writer", stores.settings("telemetry_writer"), Map.of());
        start("results-writer", stores.settings("results_writer"), Map.of());
        agentPort = FreePort.or(0);
        start(
                "agent-bridge",
                Map.of("VIW_REDIS_URL", stores.redisUrl()),
                Map.of(
                        "AGENT_BRIDGE_ENABLED",
                        "true",
                        "AGENT_BRIDGE_BIND",
                        "127.0.0.1:" + agentPort,
                        "AGENT_BRIDGE_SHARED_SECRET",
                        secret,
                        // The last 50 frames of each agent fill for 25 minutes as shipped: what
                        // rises beside them could not be told from them.
                        "AGENT_BRIDGE_RECENT_TOTAL",
                        "4MB"));
        awaitReady();
    }

    private void start(String name, Map<String, String> of, Map<String, String> own)
            throws IOException {
        int management = FreePort.or(0);
        Map<String, String> environment = new HashMap<>(of);
        environment.putAll(own);
        environment.put("VIW_MANAGEMENT_BIND", "127.0.0.1:" + management);
        ChildJvm service =
                ChildJvm.jar(
                        checkout.resolve(name + "/target/" + name + "-0.1.0-exec.jar"),
                        List.of("@" + checkout.resolve("deploy/docker/jvm.options"), HEAP),
                        environment,
                        folder.resolve(name + ".log"));
        services.put(name, service);
        health.put(
                name, URI.create("http://127.0.0.1:" + management + "/actuator/health/readiness"));
    }

    private void awaitReady() throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        for (Map.Entry<String, URI> one : health.entrySet()) {
            ChildJvm service = services.get(one.getKey());
            while (!isReady(one.getValue())) {
                if (System.nanoTime() > end || service == null || !service.process().isAlive()) {
                    throw new IOException(
                            one.getKey() + " did not become ready; see its log in " + folder);
                }
                TimeUnit.MILLISECONDS.sleep(200);
            }
        }
    }

    private boolean isReady(URI health) throws InterruptedException {
        try {
            HttpRequest request = HttpRequest.newBuilder(health).build();
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false; // not there yet
        }
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Where agents connect. */
    int agentPort() {
        return agentPort;
    }

    Stores stores() {
        return stores;
    }

    /** By name, in the order of their start. */
    Map<String, ChildJvm> services() {
        return services;
    }

    /** Sends a command to a gateway, as an admin does. */
    HttpResponse<String> command(String agent) throws IOException, InterruptedException {
        String body =
                """
                {"command":"echo","parameters":{"message":"soak"},"ttl_s":120}\
                """;
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(api + "/gateways/" + agent + "/commands"))
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    @Override
    public void close() {
        services.values().forEach(ChildJvm::close);
        stores.close();
        client.close();
    }
}
