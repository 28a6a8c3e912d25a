package io.viworks.conformance.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.conformance.Checkout;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Agents get certificates from the authority of admin-api and serve by them at a bridge that ends
 * the TLS itself and wants certificate and signature: all real processes.
 */
class EnrolledCertificateTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Set<String> OPEN = Set.of("QUEUED", "DISPATCHED", "ACKED");
    private static final AtomicReference<Running> RUNNING = new AtomicReference<>();

    private record Running(Home home, Stack stack, RunFile file, Path folder, int port) {}

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        Path authority = folder.resolve("authority");
        makeCerts(folder, "--dir", authority.toString(), "init", "localhost,127.0.0.1");
        Home home = Home.open(folder.resolve("home"), true);
        Stack stack =
                new Stack(
                        new Options(false, true, 1, 1, 1, 1, 1),
                        home,
                        new Console(System.out),
                        new Programs(Checkout.root()),
                        Map.of(
                                "admin-api",
                                Map.of(
                                        "VIW_CA_CERT_FILE",
                                        authority.resolve("ca.crt").toString(),
                                        "VIW_CA_KEY_FILE",
                                        authority.resolve("ca.key").toString())));
        int port = FreePort.or(0);
        RUNNING.set(new Running(home, stack, stack.start(), folder, port));
        startTlsBridge(stack, authority, port);
    }

    @AfterAll
    static void stop() {
        Running running = RUNNING.get();
        if (running != null) {
            running.stack().close();
            running.home().close();
        }
    }

    private static void makeCerts(Path folder, String... arguments) throws Exception {
        Path script = Checkout.root().resolve("deploy/certs/make-certs");
        List<String> command = new ArrayList<>(List.of(script.toString()));
        command.addAll(List.of(arguments));
        Path said = folder.resolve("make-certs.log");
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(said.toFile())
                        .start();
        assertThat(process.waitFor()).as(Files.readString(said)).isZero();
    }

    private static void startTlsBridge(Stack stack, Path authority, int port) throws Exception {
        int management = FreePort.or(0);
        Map<String, String> settings = new HashMap<>();
        settings.put("AGENT_BRIDGE_BIND", "127.0.0.1:" + port);
        settings.put("VIW_MANAGEMENT_BIND", "127.0.0.1:" + management);
        settings.put("AGENT_BRIDGE_AUTH", "hmac+mtls");
        settings.put("AGENT_CA_BUNDLE", authority.resolve("ca.crt").toString());
        settings.put("AGENT_BRIDGE_TLS_CERT_FILE", authority.resolve("server.crt").toString());
        settings.put("AGENT_BRIDGE_TLS_KEY_FILE", authority.resolve("server.key").toString());
        Child like = stack.processes("agent-bridge").getFirst();
        Child bridge = stack.startAnother(like, "tls-bridge", settings);
        URI ready = URI.create("http://127.0.0.1:" + management + "/actuator/health/readiness");
        await().atMost(Duration.ofSeconds(90))
                .ignoreExceptions()
                .until(() -> !bridge.isAlive() || get(ready, "").statusCode() == 200);
        assertThat(bridge.isAlive()).as("the bridge with TLS").isTrue();
    }

    private static HttpResponse<String> get(URI url, String body) throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(url)
                        .timeout(Duration.ofSeconds(60))
                        .header("Authorization", "Bearer " + RUNNING.get().file().tokens().admin());
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body));
        }
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static JsonNode call(String path, String body) throws Exception {
        URI url = URI.create(RUNNING.get().file().adminApis().getFirst() + path);
        HttpResponse<String> answer = get(url, body);
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
        return JSON.readTree(answer.body());
    }

    /** What an agent that enrols is told; the token is for it alone. */
    private static Map<String, String> enrolling(String name) throws Exception {
        String body = "{\"agent_id\":\"%s\",\"name\":\"New\"}".formatted(name);
        String token = call("/gateways/register", body).path("token").asString();
        Path folder = RUNNING.get().folder();
        Path file = Files.writeString(folder.resolve(name + ".token"), token);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        Map<String, String> settings = new HashMap<>();
        String api = RUNNING.get().file().adminApis().getFirst();
        settings.put("VIW_AGENT_AGENT_ID", name);
        settings.put("VIW_AGENT_DATA_DIR", folder.resolve(name).toString());
        settings.put("VIW_AGENT_ENROLL_URL", api.replace("/admin/api", "/agent/enroll"));
        settings.put("VIW_AGENT_ENROLL_TOKEN_FILE", file.toString());
        settings.put("VIW_AGENT_IDENTITY_KEY_FILE", folder.resolve(name + ".json").toString());
        return settings;
    }

    private static Map<String, String> certified(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        all.put("VIW_AGENT_ENROLL_CERTIFICATE", "true");
        all.put(
                "VIW_AGENT_BACKEND_URL",
                "wss://127.0.0.1:%d/agent/ws".formatted(RUNNING.get().port()));
        all.put(
                "VIW_AGENT_TRUST_BUNDLE",
                RUNNING.get().folder().resolve("authority/ca.crt").toString());
        return all;
    }

    private static Child agent(String process, Map<String, String> settings) throws IOException {
        Stack stack = RUNNING.get().stack();
        return stack.startAnother(stack.processes("agent").getFirst(), process, settings);
    }

    private static void assertServes(String agent) throws Exception {
        String path = "/gateways/" + agent + "/commands";
        await().atMost(Duration.ofSeconds(90))
                .ignoreExceptions()
                .until(() ->
                        call("/gateways/" + agent, "")
                                .path("status")
                                .asString()
                                .equals("connected"));
        String id =
                call(path, "{\"command\":\"echo\",\"parameters\":{\"message\":\"hi\"}}")
                        .path("correlation_id")
                        .asString();
        await().atMost(Duration.ofSeconds(60))
                .until(() -> !OPEN.contains(call(path + "/" + id, "").path("state").asString()));
        assertThat(call(path + "/" + id, "").path("state").asString()).isEqualTo("SUCCEEDED");
    }

    private static void awaitDisconnected(String agent) {
        await().atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() ->
                        call("/gateways/" + agent, "")
                                .path("status")
                                .asString()
                                .equals("disconnected"));
    }

    @Test
    void anAgentServesByACertificateThatItsTokenGaveIt() throws Exception {
        Map<String, String> settings = certified(enrolling("certified"));
        Child first = agent("certified", settings);
        assertServes("certified");
        assertThat(call("/gateways/certified/credentials", "").toString())
                .contains("ed25519", "certificate");
        assertThat(RUNNING.get().folder().resolve("certified.json.crt"))
                .content()
                .contains("BEGIN CERTIFICATE")
                .doesNotContain("PRIVATE");

        first.kill();
        first.awaitEnd(Duration.ofSeconds(60));
        Files.delete(RUNNING.get().folder().resolve("certified.token"));
        Files.writeString(RUNNING.get().folder().resolve("certified.token"), "of no more use");
        awaitDisconnected("certified");
        Child _ = agent("certified-again", settings);
        assertServes("certified");
    }

    @Test
    void anAgentWithAKeyAloneGetsACertificateByIt() throws Exception {
        Map<String, String> settings = enrolling("climber");
        Child keyOnly = agent("climber", settings);
        assertServes("climber");
        String before = call("/gateways/climber/credentials", "").toString();
        assertThat(before).contains("ed25519").doesNotContain("\"certificate\"");
        keyOnly.terminate();
        keyOnly.awaitEnd(Duration.ofSeconds(60));
        awaitDisconnected("climber");

        Child _ = agent("climber-with-certificate", certified(settings));
        assertServes("climber");
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() ->
                        assertThat(call("/gateways/climber/credentials", "").toString())
                                .contains("certificate")
                                .contains("revoked"));
    }
}
