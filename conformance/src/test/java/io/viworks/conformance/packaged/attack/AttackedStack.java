package io.viworks.conformance.packaged.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.conformance.Checkout;
import io.viworks.launcher.Console;
import io.viworks.launcher.Home;
import io.viworks.launcher.Options;
import io.viworks.launcher.Programs;
import io.viworks.launcher.RunFile;
import io.viworks.launcher.Stack;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.handshake.EnrolmentText;
import io.viworks.protocol.handshake.HandshakeHeaders;
import io.viworks.protocol.handshake.HandshakeSignature;
import io.viworks.testkit.ScriptedHandshake;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** All real processes with one real agent, as talkative as they can be, and the ways to them. */
final class AttackedStack implements AutoCloseable {
    /** A real agent with a key of its own, to whom nothing may happen. */
    static final String BYSTANDER = "demo-gateway-1";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Set<String> OPEN = Set.of("QUEUED", "DISPATCHED", "ACKED");
    private static final Map<String, String> TALKATIVE =
            Map.of("LOGGING_LEVEL_IO_VIWORKS", "DEBUG");

    private final HttpClient http = HttpClient.newHttpClient();
    private final Path home;
    private final Home opened;
    private final Stack stack;
    private final RunFile run;

    private AttackedStack(Path home, Home opened, Stack stack, RunFile run) {
        this.home = home;
        this.opened = opened;
        this.stack = stack;
        this.run = run;
    }

    static AttackedStack start(Path folder) throws Exception {
        Path home = folder.resolve("home");
        Home opened = Home.open(home, true);
        Stack stack =
                new Stack(
                        new Options(false, true, 1, 1, 1, 1, 1),
                        opened,
                        new Console(System.out),
                        new Programs(Checkout.root()),
                        Map.of(
                                "admin-api",
                                        Map.of(
                                                "LOGGING_LEVEL_IO_VIWORKS", "DEBUG",
                                                // Its silence would hide what is asked here.
                                                "VIW_API_FAILURE_RATE", "100000"),
                                "agent-bridge", TALKATIVE,
                                "telemetry-writer", TALKATIVE,
                                "results-writer", TALKATIVE,
                                "agent", Map.of("VIW_AGENT_LOG_LEVEL", "debug")));
        try {
            AttackedStack attacked = new AttackedStack(home, opened, stack, stack.start());
            attacked.awaitConnected(BYSTANDER);
            return attacked;
        } catch (Exception | AssertionError e) {
            stack.close();
            opened.close();
            throw e;
        }
    }

    RunFile run() {
        return run;
    }

    int bridgePort() {
        return URI.create(run.bridges().getFirst()).getPort();
    }

    int apiPort() {
        return URI.create(run.adminApis().getFirst()).getPort();
    }

    // ---- agents

    /** The handshake of an agent on the shared secret. */
    ScriptedHandshake shared(String agentId) {
        return ScriptedHandshake.to(bridgePort(), agentId).secret(run.tokens().sharedSecret());
    }

    /** An agent's id and its own key. */
    record Enrolled(String agentId, String keyId, KeyPair pair) {
        ScriptedHandshake handshake(AttackedStack stack) {
            return ScriptedHandshake.to(stack.bridgePort(), agentId).key(keyId, pair.getPrivate());
        }
    }

    /** Enrols an agent by a token for it alone; its bridges know it when this returns. */
    Enrolled enrol(String agentId) throws Exception {
        String token =
                post("/enrollment-tokens", admin(), Map.of("agent_id", agentId))
                        .path("token")
                        .asString();
        Enrolled enrolled = newKey(agentId);
        HttpResponse<String> answer = enrol(enrolled, token);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> shared(agentId).answer().body().contains("\"credential_required\""));
        return enrolled;
    }

    static Enrolled newKey(String agentId) throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        return new Enrolled(
                agentId, HandshakeSignature.keyId(HandshakeSignature.raw(pair.getPublic())), pair);
    }

    /** Asks for the key to be enrolled. */
    HttpResponse<String> enrol(Enrolled wanted, String token) throws Exception {
        String body =
                JSON.writeValueAsString(
                        Map.of(
                                "token",
                                token,
                                "agent_id",
                                wanted.agentId(),
                                "public_key",
                                Base64.getEncoder()
                                        .encodeToString(
                                                HandshakeSignature.raw(
                                                        wanted.pair().getPublic()))));
        String timestamp = Rfc3339.format(Instant.now());
        String nonce = UUID.randomUUID().toString();
        EnrolmentText text =
                new EnrolmentText(
                        "POST",
                        EnrolmentText.PATH,
                        timestamp,
                        nonce,
                        AgentId.of(wanted.agentId()),
                        Bytes.of(body.getBytes(StandardCharsets.UTF_8)));
        return http.send(
                HttpRequest.newBuilder(
                                URI.create("http://127.0.0.1:" + apiPort() + EnrolmentText.PATH))
                        .timeout(Duration.ofSeconds(60))
                        .header("Content-Type", "application/json")
                        .header(HandshakeHeaders.AGENT_ID, wanted.agentId())
                        .header(HandshakeHeaders.TIMESTAMP, timestamp)
                        .header(HandshakeHeaders.NONCE, nonce)
                        .header(HandshakeHeaders.KEY_ID, wanted.keyId())
                        .header(
                                HandshakeHeaders.SIGNATURE,
                                HandshakeSignature.sign(wanted.pair().getPrivate(), text))
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    void awaitConnected(String agentId) {
        await().atMost(Duration.ofSeconds(90))
                .ignoreExceptions()
                .until(() -> gateway(agentId).path("status").asString().equals("connected"));
    }

    // ---- callers

    String admin() {
        return run.tokens().admin();
    }

    /** Sends a request to the API as it is. */
    HttpResponse<String> send(
            String method, String path, String token, String body, String... headers)
            throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(run.adminApis().getFirst() + path))
                        .timeout(Duration.ofSeconds(60))
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** GET as an admin. */
    JsonNode get(String path) throws Exception {
        return fine(send("GET", path, admin(), ""));
    }

    JsonNode post(String path, String token, Map<String, ?> body) throws Exception {
        return fine(send("POST", path, token, JSON.writeValueAsString(body)));
    }

    JsonNode gateway(String agentId) throws Exception {
        return get("/gateways/" + agentId);
    }

    private static JsonNode fine(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
        return JSON.readTree(answer.body());
    }

    /** Accepts an echo for a gateway, and says its id. */
    String echo(String agentId, String message) throws Exception {
        return post(
                        "/gateways/" + agentId + "/commands",
                        admin(),
                        Map.of(
                                "command",
                                "echo",
                                "parameters",
                                Map.of("message", message),
                                "ttl_s",
                                300))
                .path("correlation_id")
                .asString();
    }

    JsonNode command(String agentId, String id) throws Exception {
        return get("/gateways/" + agentId + "/commands/" + id);
    }

    /** A command once it has ended. */
    JsonNode ended(String agentId, String id) {
        return await().atMost(Duration.ofSeconds(60))
                .until(
                        () -> command(agentId, id),
                        command -> !OPEN.contains(command.path("state").asString()));
    }

    // ---- behind the services

    /** The first column of a query, by the owner of the database. */
    List<String> query(String sql) throws Exception {
        try (Connection connection = database();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> all = new ArrayList<>();
            while (rows.next()) {
                all.add(String.valueOf(rows.getString(1)));
            }
            return all;
        }
    }

    void update(String sql) throws Exception {
        try (Connection connection = database();
                Statement statement = connection.createStatement()) {
            int _ = statement.executeUpdate(sql);
        }
    }

    private Connection database() throws Exception {
        return DriverManager.getConnection(
                run.jdbcUrl(), stack.postgres().user(), stack.postgres().password());
    }

    // ---- the question after every attack

    /**
     * The bystander is connected under its own key and runs a command; no table is gone; nothing
     * was set aside; no log has a line that its service did not write.
     */
    void stands() throws Exception {
        JsonNode bystander = gateway(BYSTANDER);
        assertThat(bystander.path("status").asString()).isEqualTo("connected");
        assertThat(bystander.path("auth").asString()).isEqualTo("key");
        assertThat(bystander.path("clone_suspected").asBoolean()).isFalse();
        JsonNode ended = ended(BYSTANDER, echo(BYSTANDER, "still here"));
        assertThat(ended.path("state").asString()).isEqualTo("SUCCEEDED");
        assertThat(ended.at("/results/0/data/message").asString()).isEqualTo("still here");
        assertThat(
                        query(
                                """
                                select table_name from information_schema.tables
                                where table_schema = 'public' order by table_name
                                """))
                .contains(
                        "agent_command_results",
                        "agent_commands",
                        "agent_credentials",
                        "api_tokens",
                        "audit_log",
                        "os_gateway_status",
                        "os_gateways");
        LogLines.assertAreTheirServices(home.resolve("logs"));
    }

    @Override
    public void close() {
        http.shutdownNow();
        stack.close();
        opened.close();
    }
}
