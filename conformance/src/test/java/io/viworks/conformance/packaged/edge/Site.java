package io.viworks.conformance.packaged.edge;

import static org.awaitility.Awaitility.await;

import io.viworks.conformance.Checkout;
import io.viworks.embedded.ChildProcesses;
import io.viworks.embedded.FreePort;
import io.viworks.launcher.Child;
import io.viworks.launcher.Console;
import io.viworks.launcher.Home;
import io.viworks.launcher.Options;
import io.viworks.launcher.Programs;
import io.viworks.launcher.RunFile;
import io.viworks.launcher.Stack;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The services as real processes, certificates, and an edge before them. The bridges believe the
 * edge from 127.0.0.1 alone; a test that comes from 127.0.0.2 is a neighbour.
 */
final class Site implements AutoCloseable {
    /** Where the edges are, as bridges see it. */
    static final String EDGE = "127.0.0.1";

    /** Somebody on the same network. */
    static final String NEIGHBOUR = "127.0.0.2";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Set<String> OPEN = Set.of("QUEUED", "DISPATCHED", "ACKED");
    private final HttpClient http = HttpClient.newHttpClient();
    private final Path folder;
    private final Home home;
    private final Stack stack;
    private final RunFile run;
    private final Certificates certificates;
    private final Edge edge;
    private final List<Process> agents = new CopyOnWriteArrayList<>();

    private Site(
            Path folder,
            Home home,
            Stack stack,
            RunFile run,
            Certificates certificates,
            Edge edge) {
        this.folder = folder;
        this.home = home;
        this.stack = stack;
        this.run = run;
        this.certificates = certificates;
        this.edge = edge;
    }

    /** Starts it all, without agents. Admin-api issues by a CA of its own. */
    static Site start(Path folder) throws Exception {
        Certificates certificates = Certificates.in(folder.resolve("certificates"));
        Certificates issuing = Certificates.in(folder.resolve("issuing"));
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        Path secret =
                Files.writeString(
                        folder.resolve("edge-secret"), HexFormat.of().formatHex(random) + "\n");
        int port = FreePort.or(0);
        Home home = Home.open(folder.resolve("home"), true);
        Stack stack =
                new Stack(
                        new Options(false, true, 1, 1, 1, 1, 0),
                        home,
                        new Console(System.out),
                        new Programs(Checkout.root()),
                        Map.of(
                                "agent-bridge",
                                Map.of(
                                        "AGENT_BRIDGE_TRUSTED_PROXIES",
                                        EDGE + "/32",
                                        "AGENT_EDGE_SECRET_FILE",
                                        secret.toString()),
                                "admin-api",
                                Map.of(
                                        "VIW_CA_CERT_FILE", issuing.ca().toString(),
                                        "VIW_CA_KEY_FILE", issuing.caKey().toString(),
                                        "VIW_CA_CRL_FILE", issuedCrl(folder).toString(),
                                        "AGENT_BRIDGE_TRUSTED_PROXIES", EDGE + "/32",
                                        "AGENT_EDGE_SECRET_FILE", secret.toString())));
        try {
            RunFile run = stack.start();
            Edge edge =
                    Edge.start(
                            folder.resolve("edge"),
                            port,
                            settings(folder, certificates, run.bridges(), run.adminApis()));
            return new Site(folder, home, stack, run, certificates, edge);
        } catch (Exception | AssertionError e) {
            stack.close();
            home.close();
            throw e;
        }
    }

    /** As make-certs prints them: lines of a word and a pin. */
    private static String pins(Certificates certificates) throws Exception {
        return String.join(
                ",",
                certificates.make("pins").lines().map(line -> line.split(" +", -1)[1]).toList());
    }

    private static Map<String, String> settings(
            Path folder, Certificates certificates, List<String> bridges, List<String> apis) {
        Map<String, String> settings = new HashMap<>();
        settings.put("CERT_FILE", certificates.serverCertificate().toString());
        settings.put("KEY_FILE", certificates.serverKey().toString());
        settings.put("CLIENT_CA_FILES", certificates.ca() + "," + folder.resolve("issuing/ca.crt"));
        settings.put("CRL_FILES", certificates.crl() + "," + issuedCrl(folder));
        settings.put("SECRET_FILE", folder.resolve("edge-secret").toString());
        settings.put("BRIDGES", addresses(bridges));
        settings.put("ENROLMENT", addresses(apis));
        return settings;
    }

    /** The revocation list that admin-api writes. */
    private static Path issuedCrl(Path folder) {
        return folder.resolve("issued.crl");
    }

    /** Both authorities, in one file. */
    Path bundle() throws IOException {
        return Files.writeString(
                folder.resolve("bundle.pem"),
                Files.readString(certificates.ca())
                        + Files.readString(folder.resolve("issuing/ca.crt")));
    }

    private static String addresses(List<String> urls) {
        return String.join(",", urls.stream().map(url -> URI.create(url).getAuthority()).toList());
    }

    /** The settings of this site's edge, for another one. */
    Map<String, String> edgeSettings() {
        return settings(folder, certificates, run.bridges(), run.adminApis());
    }

    /** One more edge, which differs in some settings. */
    Edge anotherEdge(String name, Map<String, String> changed) throws Exception {
        Map<String, String> settings = edgeSettings();
        settings.putAll(changed);
        return Edge.start(folder.resolve(name), FreePort.or(0), settings);
    }

    Edge edge() {
        return edge;
    }

    Certificates certificates() {
        return certificates;
    }

    Path folder() {
        return folder;
    }

    Stack stack() {
        return stack;
    }

    Path edgeSecretFile() {
        return folder.resolve("edge-secret");
    }

    String edgeSecret() throws IOException {
        return Files.readString(edgeSecretFile()).strip();
    }

    String sharedSecret() {
        return run.tokens().sharedSecret();
    }

    int bridgePort() {
        return URI.create(run.bridges().getFirst()).getPort();
    }

    String adminApi() {
        return run.adminApis().getFirst();
    }

    RunFile run() {
        return run;
    }

    /**
     * One more bridge with settings of its own; returns once it is ready.
     *
     * @return its port
     */
    int anotherBridge(String name, Map<String, String> settings) throws Exception {
        int port = FreePort.or(0);
        int management = FreePort.or(0);
        Map<String, String> all = new HashMap<>(settings);
        all.put("AGENT_BRIDGE_BIND", "127.0.0.1:" + port);
        all.put("VIW_MANAGEMENT_BIND", "127.0.0.1:" + management);
        Child like = stack.processes("agent-bridge").getFirst();
        Child child = stack.startAnother(like, name, all);
        await().atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() ->
                        !child.isAlive()
                                || get("http://127.0.0.1:"
                                                        + management
                                                        + "/actuator/health/readiness")
                                                .statusCode()
                                        == 200);
        if (!child.isAlive()) {
            throw new AssertionError(name + " ended, see its log");
        }
        return port;
    }

    /**
     * Starts the packaged agent, pointed at the edge, with the shared secret unless it has a key.
     *
     * @param settings win over those of here
     */
    void agent(String name, Map<String, String> settings) throws Exception {
        Map<String, String> all = new HashMap<>();
        all.put("VIW_AGENT_AGENT_ID", name);
        all.put("VIW_AGENT_BACKEND_URL", "wss://localhost:" + edge.port() + "/agent/ws");
        all.put("VIW_AGENT_TRUST_BUNDLE", certificates.ca().toString());
        all.put("VIW_AGENT_BACKEND_SPKI_PIN", pins(certificates));
        all.put("VIW_AGENT_DATA_DIR", folder.resolve(name).toString());
        if (!settings.containsKey("VIW_AGENT_IDENTITY_KEY_FILE")) {
            Path secret = Files.writeString(folder.resolve(name + ".secret"), sharedSecret());
            Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
            all.put("VIW_AGENT_SHARED_SECRET_FILE", secret.toString());
        }
        all.putAll(settings);
        String version = System.getProperty("viw.version", "0.1.0");
        Path jar = Checkout.root().resolve("agent/target/agent-" + version + ".jar");
        ProcessBuilder builder =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                                "-Xmx64m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-jar",
                                jar.toString(),
                                "run")
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve(name + ".log").toFile());
        builder.environment()
                .keySet()
                .removeIf(key -> key.startsWith("VIW_") || key.startsWith("AGENT_"));
        builder.environment().putAll(all);
        agents.add(ChildProcesses.start(builder));
    }

    /** What an agent is told to show a certificate of make-certs. */
    static Map<String, String> showing(Certificates issuer, String gateway) {
        return Map.of(
                "VIW_AGENT_CERT_PATH", issuer.certificateOf(gateway).toString(),
                "VIW_AGENT_KEY_PATH", issuer.keyOf(gateway).toString());
    }

    private HttpResponse<String> get(String url) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(60)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** GET, or POST of a JSON body, at the API as an admin. */
    JsonNode call(String path, String body) throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(adminApi() + path))
                        .timeout(Duration.ofSeconds(60))
                        .header("Authorization", "Bearer " + run.tokens().admin());
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body));
        }
        HttpResponse<String> answer =
                http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() / 100 != 2) {
            throw new AssertionError(path + ": " + answer.statusCode() + " " + answer.body());
        }
        return JSON.readTree(answer.body());
    }

    /** DELETE at the API as an admin. */
    void delete(String path) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(adminApi() + path))
                        .timeout(Duration.ofSeconds(60))
                        .header("Authorization", "Bearer " + run.tokens().admin())
                        .DELETE()
                        .build();
        int status = http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        if (status / 100 != 2) {
            throw new AssertionError(path + ": " + status);
        }
    }

    void awaitConnected(String agent) {
        await().atMost(Duration.ofSeconds(90))
                .ignoreExceptions()
                .until(() ->
                        call("/gateways/" + agent, "")
                                .path("status")
                                .asString()
                                .equals("connected"));
    }

    /** The state in which an echo to a gateway ends. */
    String echo(String agent) throws Exception {
        String path = "/gateways/" + agent + "/commands";
        String id =
                call(path, "{\"command\":\"echo\",\"parameters\":{\"message\":\"hi\"}}")
                        .path("correlation_id")
                        .asString();
        return await().atMost(Duration.ofSeconds(60))
                .until(
                        () -> call(path + "/" + id, "").path("state").asString(),
                        state -> !OPEN.contains(state));
    }

    /** The address that a bridge takes an agent's to be. */
    Optional<String> addressOf(int bridgePort, String agent) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(
                                URI.create(
                                        "http://127.0.0.1:"
                                                + bridgePort
                                                + "/internal/agent/agents"))
                        .header("Authorization", "Bearer " + run.tokens().bridgeAdmin())
                        .build();
        JsonNode agents =
                JSON.readTree(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
        return agents.valueStream()
                .filter(row -> row.path("agent_id").asString().equals(agent))
                .map(row -> row.path("ip").asString())
                .findFirst();
    }

    @Override
    public void close() {
        agents.forEach(Process::destroy);
        edge.close();
        stack.close();
        home.close();
    }
}
