package io.viworks.conformance.secrecy;

import static org.awaitility.Awaitility.await;

import io.viworks.conformance.Checkout;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * All real processes, as talkative as an operator may make them: services and agents log at DEBUG,
 * Postgres logs every statement with its values. Commands are signed, agents are enrolled.
 */
final class Suite implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Set<String> OPEN = Set.of("QUEUED", "DISPATCHED", "ACKED");
    private static final Map<String, String> TALKATIVE =
            Map.of(
                    "LOGGING_LEVEL_IO_VIWORKS", "DEBUG",
                    "LOGGING_LEVEL_ORG_SPRINGFRAMEWORK", "DEBUG");

    private final HttpClient http = HttpClient.newHttpClient();
    private final Path folder;
    private final Home home;
    private final Stack stack;
    private final RunFile file;

    private Suite(Path folder, Home home, Stack stack, RunFile file) {
        this.folder = folder;
        this.home = home;
        this.stack = stack;
        this.file = file;
    }

    /**
     * Starts it.
     *
     * @param scripts of the site, for both agents
     */
    static Suite start(Path folder, Path scripts) throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Path trusted = pem(folder.resolve("trusted.pem"), "PUBLIC KEY", pair.getPublic());
        Path signing = pem(folder.resolve("signing.key"), "PRIVATE KEY", pair.getPrivate());
        Map<String, String> admin = new LinkedHashMap<>(TALKATIVE);
        admin.put("VIW_SIGNING_KEY_FILE", signing.toString());
        Home home = Home.open(folder.resolve("home"), true);
        Stack stack =
                new Stack(
                        new Options(false, true, 1, 1, 1, 1, 2),
                        home,
                        new Console(System.out),
                        new Programs(Checkout.root()),
                        Map.of(
                                "admin-api", admin,
                                "agent-bridge", TALKATIVE,
                                "results-writer", TALKATIVE,
                                "telemetry-writer", TALKATIVE,
                                "agent",
                                        Map.of(
                                                "VIW_AGENT_VERIFY_KEYS", trusted.toString(),
                                                "VIW_AGENT_SCRIPTS_DIR", scripts.toString(),
                                                "VIW_AGENT_LOG_LEVEL", "debug")));
        Suite suite = new Suite(folder, home, stack, stack.start());
        suite.sql("alter system set log_statement = 'all'");
        suite.sql("select pg_reload_conf()");
        return suite;
    }

    private static Path pem(Path file, String kind, Key key) throws IOException {
        return Files.writeString(
                file,
                "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
                        .formatted(kind, Base64.getEncoder().encodeToString(key.getEncoded())));
    }

    List<String> gateways() {
        return stack.agentNames();
    }

    String redisUrl() {
        return file.redis();
    }

    Path homeFolder() {
        return folder.resolve("home");
    }

    Child process(String kind, String name) {
        return stack.processes(kind).stream()
                .filter(child -> child.name().equals(name) && child.isAlive())
                .findFirst()
                .orElseThrow();
    }

    void restart(Child ended) throws IOException {
        Child _ = stack.restart(ended);
    }

    void awaitStatus(String gateway, String status) {
        await().atMost(Duration.ofSeconds(90))
                .ignoreExceptions()
                .until(() -> get("/gateways/" + gateway).path("status").asString().equals(status));
    }

    // ---- REST

    /** Sends a command; the answer as it came. */
    String command(String gateway, String verb, Map<String, ?> parameters) throws Exception {
        String body =
                JSON.writeValueAsString(
                        Map.of("command", verb, "parameters", parameters, "ttl_s", 300));
        HttpRequest request =
                request(file.adminApis().getFirst() + "/gateways/" + gateway + "/commands")
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    static String id(String answer) {
        String id = JSON.readTree(answer).path("correlation_id").asString("");
        if (id.isEmpty()) {
            throw new AssertionError("not accepted: " + answer);
        }
        return id;
    }

    JsonNode get(String path) throws Exception {
        return JSON.readTree(read(file.adminApis().getFirst() + path));
    }

    private String read(String url) throws Exception {
        return http.send(request(url).GET().build(), HttpResponse.BodyHandlers.ofString()).body();
    }

    private HttpRequest.Builder request(String url) {
        return HttpRequest.newBuilder(URI.create(url))
                .timeout(Duration.ofSeconds(20))
                .header("Authorization", "Bearer " + file.tokens().admin());
    }

    JsonNode ended(String gateway, String id) {
        return await().atMost(Duration.ofSeconds(90))
                .until(
                        () -> get("/gateways/" + gateway + "/commands/" + id),
                        command -> !OPEN.contains(command.path("state").asString()));
    }

    /** Every answer somebody with all rights can get: of the API, the bridge and the metrics. */
    Map<String, byte[]> answers(List<String> commands) throws Exception {
        List<String> urls = new ArrayList<>();
        String api = file.adminApis().getFirst();
        for (String path : List.of("/gateways", "/commands", "/audit", "/verbs", "/dead-letters")) {
            urls.add(api + path);
        }
        for (JsonNode stream : get("/dead-letters").path("items")) {
            urls.add(api + "/dead-letters/" + stream.path("stream").asString());
        }
        for (String gateway : gateways()) {
            urls.add(api + "/gateways/" + gateway);
            urls.add(api + "/gateways/" + gateway + "/commands");
            commands.forEach(id -> urls.add(api + "/gateways/" + gateway + "/commands/" + id));
        }
        Map<String, byte[]> all = new LinkedHashMap<>();
        for (String url : urls) {
            all.put(url, read(url).getBytes(StandardCharsets.UTF_8));
        }
        for (String ops : file.bridgeOps()) {
            all.put(ops, bridge(ops + "/internal/agent/agents"));
            for (String gateway : gateways()) {
                String url = ops + "/internal/agent/agents/" + gateway + "/last-result";
                all.put(url, bridge(url));
            }
        }
        for (String kind :
                List.of("admin-api", "agent-bridge", "results-writer", "telemetry-writer")) {
            JsonNode environment =
                    JSON.readTree(Files.readString(homeFolder().resolve("run/" + kind + ".json")));
            for (String path : List.of("/actuator/prometheus", "/actuator/health")) {
                String url = "http://" + environment.path("VIW_MANAGEMENT_BIND").asString() + path;
                all.put(url, read(url).getBytes(StandardCharsets.UTF_8));
            }
        }
        return all;
    }

    private byte[] bridge(String url) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(url))
                        .timeout(Duration.ofSeconds(20))
                        .header("Authorization", "Bearer " + file.tokens().bridgeAdmin())
                        .build();
        return http.send(request, HttpResponse.BodyHandlers.ofByteArray()).body();
    }

    // ---- Postgres

    private Connection database() throws SQLException {
        return DriverManager.getConnection(
                file.jdbcUrl(), stack.postgres().user(), stack.postgres().password());
    }

    void sql(String statement) throws SQLException {
        try (Connection connection = database();
                Statement one = connection.createStatement()) {
            boolean _ = one.execute(statement);
        }
    }

    /** The first column of the first row. */
    String one(String query) throws SQLException {
        try (Connection connection = database();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            return rows.next() ? String.valueOf(rows.getString(1)) : "";
        }
    }

    /** Every column of every row of every table, bytes as they are. */
    Map<String, byte[]> tables() throws SQLException {
        Map<String, byte[]> all = new LinkedHashMap<>();
        try (Connection connection = database();
                Statement statement = connection.createStatement()) {
            List<String> names = new ArrayList<>();
            try (ResultSet rows =
                    statement.executeQuery(
                            """
                            select quote_ident(table_schema) || '.' || quote_ident(table_name)
                            from information_schema.tables
                            where table_type = 'BASE TABLE'
                              and table_schema not in ('pg_catalog', 'information_schema')
                            """)) {
                while (rows.next()) {
                    names.add(rows.getString(1));
                }
            }
            for (String name : names) {
                try (ResultSet rows = statement.executeQuery("select * from " + name)) {
                    Contents contents = new Contents();
                    int columns = rows.getMetaData().getColumnCount();
                    while (rows.next()) {
                        for (int i = 1; i <= columns; i++) {
                            boolean bytes = rows.getMetaData().getColumnTypeName(i).equals("bytea");
                            contents.add(bytes ? rows.getBytes(i) : text(rows.getString(i)));
                        }
                    }
                    all.put(name, contents.bytes());
                }
            }
        }
        return all;
    }

    private static byte[] text(String value) {
        return value == null ? new byte[0] : value.getBytes(StandardCharsets.UTF_8);
    }

    // ---- files

    /** Every file there is: logs, journals, keys, and what Redis and Postgres keep. */
    Map<String, byte[]> files() throws IOException {
        Map<String, byte[]> all = new LinkedHashMap<>();
        Files.walkFileTree(
                homeFolder(),
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
                        try {
                            all.put(
                                    homeFolder().relativize(path).toString(),
                                    attributes.isRegularFile()
                                            ? Files.readAllBytes(path)
                                            : new byte[0]);
                        } catch (IOException e) {
                            // It went while it was looked for: Postgres moves its files.
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path path, IOException gone) {
                        return FileVisitResult.CONTINUE;
                    }
                });
        return all;
    }

    @Override
    public void close() {
        stack.close();
        home.close();
    }
}
