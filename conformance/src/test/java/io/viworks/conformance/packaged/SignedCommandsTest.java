package io.viworks.conformance.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.api.sync.RedisCommands;
import io.viworks.conformance.Checkout;
import io.viworks.launcher.Child;
import io.viworks.launcher.Console;
import io.viworks.launcher.Home;
import io.viworks.launcher.Options;
import io.viworks.launcher.Programs;
import io.viworks.launcher.RunFile;
import io.viworks.launcher.Stack;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.signing.EnvelopeSigner;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Whoever has Redis or Postgres cannot make an agent run anything: all real processes. */
class SignedCommandsTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Set<String> OPEN = Set.of("QUEUED", "DISPATCHED", "ACKED");
    private static final AtomicReference<Running> RUNNING = new AtomicReference<>();

    /** Everything, and where its keys are. */
    private record Running(Home home, Stack stack, RunFile file, Path folder) {}

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        Files.createDirectory(folder.resolve("trusted"));
        newKey(folder, "first");
        Home home = Home.open(folder.resolve("home"), true);
        Stack stack =
                new Stack(
                        new Options(false, true, 1, 1, 1, 1, 2),
                        home,
                        new Console(System.out),
                        new Programs(Checkout.root()),
                        Map.of(
                                "admin-api",
                                Map.of(
                                        "VIW_SIGNING_KEY_FILE",
                                        folder.resolve("signing.key").toString()),
                                "agent-bridge",
                                Map.of("AGENT_ENVELOPE_JWS_REQUIRED", "false"),
                                "agent",
                                Map.of(
                                        "VIW_AGENT_VERIFY_KEYS",
                                        folder.resolve("trusted").toString(),
                                        "VIW_AGENT_RUN_LOG",
                                        folder.resolve("runs").toString())));
        RUNNING.set(new Running(home, stack, stack.start(), folder));
        for (String agent : stack.agentNames()) {
            awaitStatus(agent, "connected");
        }
    }

    @AfterAll
    static void stop() {
        Running running = RUNNING.get();
        if (running != null) {
            running.stack().close();
            running.home().close();
        }
    }

    private static Running running() {
        return RUNNING.get();
    }

    /** From now on admin-api, once it is started, signs with a new key that agents trust, too. */
    private static void newKey(Path folder, String name) throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        pem(folder.resolve("trusted").resolve(name + ".pem"), "PUBLIC KEY", pair.getPublic());
        pem(folder.resolve("signing.key"), "PRIVATE KEY", pair.getPrivate());
    }

    private static Path pem(Path file, String kind, Key key) throws Exception {
        return Files.writeString(
                file,
                "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
                        .formatted(kind, Base64.getEncoder().encodeToString(key.getEncoded())));
    }

    private static JsonNode call(String path, String body) throws Exception {
        RunFile file = running().file();
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(file.adminApis().getFirst() + path))
                        .timeout(Duration.ofSeconds(60))
                        .header("Authorization", "Bearer " + file.tokens().operator());
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body));
        }
        HttpResponse<String> answer =
                HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
        return JSON.readTree(answer.body());
    }

    private static void awaitStatus(String agent, String status) {
        await().atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() ->
                        call("/gateways/" + agent, "").path("status").asString().equals(status));
    }

    private static String echo(String agent) throws Exception {
        return call(
                        "/gateways/" + agent + "/commands",
                        """
                        {"command":"echo","parameters":{"message":"signed"},"ttl_s":300}\
                        """)
                .path("correlation_id")
                .asString();
    }

    private static JsonNode ended(String agent, String id) {
        String path = "/gateways/" + agent + "/commands/" + id;
        return await().atMost(Duration.ofSeconds(60))
                .until(
                        () -> call(path, ""),
                        command -> !OPEN.contains(command.path("state").asString()));
    }

    private static void assertSucceeds(String agent) throws Exception {
        assertThat(ended(agent, echo(agent)).path("state").asString()).isEqualTo("SUCCEEDED");
    }

    private static long runs(String id) throws Exception {
        try (var lines = Files.lines(running().folder().resolve("runs"))) {
            return lines.filter(line -> line.contains(id)).count();
        }
    }

    private static Connection database() throws Exception {
        Stack stack = running().stack();
        return DriverManager.getConnection(
                running().file().jdbcUrl(), stack.postgres().user(), stack.postgres().password());
    }

    private static Child agent(String name) {
        return running().stack().processes("agent").stream()
                .filter(child -> child.name().equals(name) && child.isAlive())
                .findFirst()
                .orElseThrow();
    }

    private static String jws(String id) throws Exception {
        try (Connection connection = database();
                var query =
                        connection.prepareStatement(
                                "select jws from agent_commands where correlation_id = ?")) {
            query.setObject(1, UUID.fromString(id));
            try (var rows = query.executeQuery()) {
                assertThat(rows.next()).isTrue();
                return rows.getString(1);
            }
        }
    }

    /** What somebody does who has the database; the envelope is changed in every case. */
    private static void forge(String id, String jws) throws Exception {
        try (Connection connection = database();
                var update =
                        connection.prepareStatement(
                                """
                                update agent_commands set jws = nullif(?, ''),
                                  envelope = convert_to(
                                    replace(convert_from(envelope, 'UTF8'), 'signed', 'forged'),
                                    'UTF8')
                                where correlation_id = ?
                                """)) {
            update.setString(1, jws);
            update.setObject(2, UUID.fromString(id));
            assertThat(update.executeUpdate()).isOne();
        }
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void whatSomebodyWithTheDatabaseChangesIsRefusedByTheAgentAndEndsRejected() throws Exception {
        String name = running().stack().agentNames().getFirst();
        assertSucceeds(name);
        Child agent = agent(name);
        agent.kill();
        awaitStatus(name, "disconnected");

        Map<String, String> forged = new HashMap<>();
        int length = 0;
        for (int i = 0; i < 24; i++) { // a letter here and there: header, payload and signature
            String id = echo(name);
            String jws = jws(id);
            length = jws.length();
            int at = (length - 1) * i / 24;
            char other = jws.charAt(at) == 'A' ? 'B' : 'A';
            forged.put(id, jws.substring(0, at) + other + jws.substring(at + 1));
        }
        forged.put(echo(name), "");
        String none = echo(name);
        String[] parts = jws(none).split("[.]", -1);
        forged.put(
                none,
                base64("{\"alg\":\"none\",\"typ\":\"viw-command\",\"kid\":\"k\"}")
                        + "."
                        + parts[1]
                        + ".");
        String another = echo(name);
        forged.put(another, jws(none)); // signed, but another command
        KeyPair stranger = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        EnvelopeSigner unknown =
                EnvelopeSigner.read(
                        pem(
                                running().folder().resolve("stranger.key"),
                                "PRIVATE KEY",
                                stranger.getPrivate()));
        String strange = echo(name);
        forged.put(
                strange,
                unknown.sign(
                        Bytes.of(Base64.getUrlDecoder().decode(jws(strange).split("[.]", -1)[1]))));
        String untouched = echo(name);
        for (var one : forged.entrySet()) {
            forge(one.getKey(), one.getValue());
        }
        Child _ = running().stack().restart(agent);

        for (String id : forged.keySet()) {
            JsonNode command = ended(name, id);
            assertThat(command.path("state").asString()).isEqualTo("REJECTED");
            assertThat(command.path("error_code").asString()).isEqualTo("BadSignature");
            assertThat(runs(id)).isZero();
        }
        assertThat(ended(name, untouched).path("state").asString()).isEqualTo("SUCCEEDED");
        assertThat(runs(untouched)).isOne();
    }

    @Test
    void whatSomebodyWithRedisRepeatsOrChangesIsNotRun() throws Exception {
        String first = running().stack().agentNames().getFirst();
        String second = running().stack().agentNames().getLast();
        awaitStatus(first, "connected");
        awaitStatus(second, "connected");
        String id;
        try (RedisClient client = RedisClient.create(running().file().redis())) {
            RedisCommands<String, String> redis = client.connect().sync();
            List<Map<String, String>> commands = tail(client, "viw.commands");
            List<Map<String, String>> answers = tail(client, "viw.command_results");
            id = echo(first);
            assertThat(ended(first, id).path("state").asString()).isEqualTo("SUCCEEDED");
            String there = echo(second);
            assertThat(ended(second, there).path("state").asString()).isEqualTo("SUCCEEDED");
            Map<String, String> record = record(commands, id);
            assertThat(record).containsKeys("jws", "envelope", "life");

            Map<String, String> later = new HashMap<>(record);
            later.put("attempt", "9");
            String _ = redis.xadd("viw.commands", later);

            // To another gateway, under a new name, with what was signed for the first.
            Map<String, String> elsewhere = copy(record, id, first, second);
            elsewhere.put("instance_uid", record(commands, there).getOrDefault("instance_uid", ""));
            String _ = redis.xadd("viw.commands", elsewhere);
            Map<String, String> renamed = copy(record, id, first, first);
            String _ = redis.xadd("viw.commands", renamed);
            Map<String, String> stripped = copy(record, id, first, first);
            stripped.remove("jws");
            String _ = redis.xadd("viw.commands", stripped);
            // With its own name: signed, but not for this gateway.
            Map<String, String> foreign = new HashMap<>(elsewhere);
            foreign.put("correlation_id", id);
            foreign.put("attempt", "12");
            foreign.put("envelope", record.getOrDefault("envelope", "").replace(first, second));
            String _ = redis.xadd("viw.commands", foreign);
            String _ =
                    redis.xadd(
                            "viw.commands",
                            Map.of(
                                    "agent_id", first,
                                    "command", "echo",
                                    "params", "{\"message\":\"by hand\"}"));

            for (Map<String, String> one : List.of(elsewhere, renamed, stripped)) {
                String name = one.getOrDefault("correlation_id", "");
                await().atMost(Duration.ofSeconds(60))
                        .untilAsserted(() ->
                                assertThat(acks(answers, name))
                                        .anyMatch(ack -> ack.contains("BadSignature")));
                assertThat(runs(name)).isZero();
            }
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() ->
                            assertThat(acks(answers, id))
                                    .anyMatch(ack ->
                                            ack.contains(second)
                                                    && ack.contains("ValidationFailed")));
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() ->
                            assertThat(call("/gateways/" + first + "/commands", "").path("items"))
                                    .anySatisfy(command -> {
                                        assertThat(command.path("origin").asString())
                                                .isEqualTo("stream");
                                        assertThat(command.path("state").asString())
                                                .isEqualTo("REJECTED");
                                        assertThat(command.path("error_code").asString())
                                                .isEqualTo("BadSignature");
                                    }));
        }
        assertThat(runs(id)).isOne();
        assertThat(ended(first, id).path("state").asString()).isEqualTo("SUCCEEDED");
    }

    /** Under another name, to a gateway. */
    private static Map<String, String> copy(
            Map<String, String> record, String id, String from, String to) {
        String name = UUID.randomUUID().toString();
        Map<String, String> copy = new HashMap<>();
        record.forEach((field, value) ->
                copy.put(
                        field,
                        field.equals("jws") ? value : value.replace(id, name).replace(from, to)));
        return copy;
    }

    /** What goes through a stream, before anybody trims it. */
    @SuppressWarnings("unchecked") // the array of one that varargs make
    private static List<Map<String, String>> tail(RedisClient client, String stream) {
        List<Map<String, String>> seen = new CopyOnWriteArrayList<>();
        RedisCommands<String, String> redis = client.connect().sync();
        AtomicReference<String> last = new AtomicReference<>("0-0");
        Thread _ =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                while (true) {
                                    redis.xread(
                                                    XReadArgs.Builder.block(1_000),
                                                    StreamOffset.from(stream, last.get()))
                                            .forEach(message -> {
                                                last.set(message.getId());
                                                seen.add(message.getBody());
                                            });
                                }
                            } catch (RedisException e) {
                                // The client was closed: the test is over.
                            }
                        });
        return seen;
    }

    private static Map<String, String> record(List<Map<String, String>> seen, String id) {
        return await().atMost(Duration.ofSeconds(60))
                .until(
                        () ->
                                seen.stream()
                                        .filter(body -> id.equals(body.get("correlation_id")))
                                        .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    private static List<String> acks(List<Map<String, String>> seen, String id) {
        return seen.stream()
                .map(Map::toString)
                .filter(body -> body.contains("kind=ACK") && body.contains(id))
                .toList();
    }

    @Test
    void theSigningKeyIsReplacedWhileCommandsWait() throws Exception {
        String name = running().stack().agentNames().getLast();
        awaitStatus(name, "connected");
        Child agent = agent(name);
        agent.kill();
        awaitStatus(name, "disconnected");
        String before = echo(name);
        newKey(running().folder(), "second");
        Child api = running().stack().processes("admin-api").getFirst();
        api.terminate();
        api.awaitEnd(Duration.ofSeconds(60));
        Child _ = running().stack().restart(api);
        awaitStatus(name, "disconnected");
        String after = echo(name);
        assertThat(kid(before)).isNotEqualTo(kid(after));
        Child _ = running().stack().restart(agent);
        assertThat(ended(name, before).path("state").asString()).isEqualTo("SUCCEEDED");
        assertThat(ended(name, after).path("state").asString()).isEqualTo("SUCCEEDED");
    }

    private static String kid(String id) throws Exception {
        String header = jws(id).split("[.]", -1)[0];
        return JSON.readTree(Base64.getUrlDecoder().decode(header)).path("kid").asString();
    }
}
