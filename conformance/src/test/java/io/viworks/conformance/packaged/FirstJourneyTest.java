package io.viworks.conformance.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisClient;
import io.viworks.conformance.MetricsDocument;
import io.viworks.testkit.TraceCollector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * The first journey (spec 1 and 7): this machine's own figures through socket, stream, database and
 * REST, and commands that come back, on all the real processes.
 */
class FirstJourneyTest {
    private static final String AGENT = "demo-gateway-1";

    /** A family of ours; the greatest value of a timer comes as a family of its own. */
    private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (viw_\\w+)(?<!_max) (\\w+)$");

    private static TraceCollector collector;
    private static RunningStack stack;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        collector = TraceCollector.start();
        stack =
                RunningStack.start(
                        folder,
                        Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint().toString()));
    }

    @AfterAll
    static void stop() throws Exception {
        stack.close();
        collector.close();
    }

    @Test
    void theLauncherShowsWhatItSaw() {
        assertThat(stack.launcher().output())
                .contains("demo-gateway-1 is connected and reports", "CPU", "memory", "disk")
                .contains("demo-gateway-2 is connected and reports", "services:", "containers:")
                .contains("echo on demo-gateway-1: SUCCEEDED")
                .contains("get_system_health on demo-gateway-2: SUCCEEDED")
                .contains("its result: \"hello from here\"");
    }

    @Test
    void bothAgentsAreConnectedAndTheirTelemetryIsFresh() throws Exception {
        Instant asked = Instant.now();
        await().atMost(RunningStack.PATIENCE)
                .untilAsserted(() -> {
                    List<JsonNode> gateways =
                            stack.get("/gateways").path("items").valueStream().toList();
                    assertThat(gateways)
                            .filteredOn(gateway ->
                                    gateway.path("agent_id").asString().startsWith("demo-gateway-"))
                            .hasSize(2)
                            .allSatisfy(gateway -> {
                                assertThat(gateway.path("status").asString())
                                        .isEqualTo("connected");
                                assertThat(gateway.path("stale").asBoolean()).isFalse();
                                assertThat(reportedAt(gateway.path("telemetry"))).isAfter(asked);
                            });
                });
    }

    @Test
    void telemetryIsVisibleWithinFiveSecondsOfBeingSent() {
        // One that a stall of this machine made late says nothing about the next.
        await().atMost(RunningStack.PATIENCE.multipliedBy(2))
                .until(() -> timeToSeeTelemetry().compareTo(Duration.ofSeconds(5)) < 0);
    }

    private static Duration timeToSeeTelemetry() throws Exception {
        Instant last = lastTelemetry();
        Instant seen =
                await().atMost(RunningStack.PATIENCE)
                        .pollInterval(Duration.ofMillis(20))
                        .until(
                                () -> lastTelemetry().isAfter(last) ? Instant.now() : last,
                                now -> now.isAfter(last));
        Instant sent =
                Instant.parse(
                        stack.get("/gateways/" + AGENT + "/telemetry/latest")
                                .path("ts")
                                .asString());
        return Duration.between(sent, seen);
    }

    @Test
    void theFiguresAreThoseOfThisMachine() throws Exception {
        JsonNode metrics = stack.get("/gateways/" + AGENT + "/telemetry/latest").path("metrics");
        assertThat(metrics.path("cpu_pct").asDouble(-1)).isBetween(0.0, 100.0);
        assertThat(metrics.path("disk_pct").asDouble(-1)).isBetween(0.0, 100.0);
        assertThat(metrics.path("load1").asDouble(-1)).isNotNegative();
        double used = 100 - 100.0 * memory("MemAvailable") / memory("MemTotal");
        assertThat(metrics.path("mem_pct").asDouble(-1)).isCloseTo(used, within(20.0));
    }

    @Test
    void echoComesBackInUnderASecond() throws Exception {
        AtomicInteger round = new AtomicInteger();
        await().pollInterval(Duration.ofMillis(10))
                .until(() ->
                        timeToEcho("hello " + round.incrementAndGet())
                                        .compareTo(Duration.ofSeconds(1))
                                < 0);
    }

    private static Duration timeToEcho(String message) throws Exception {
        Instant sent = Instant.now();
        String id = stack.command(AGENT, "echo", Map.of("message", message));
        JsonNode command = stack.ended(AGENT, id);
        Duration took = Duration.between(sent, Instant.now());
        assertThat(command.path("state").asString()).isEqualTo("SUCCEEDED");
        assertThat(command.at("/results/0/data/message").asString()).isEqualTo(message);
        return took;
    }

    @Test
    void theClientForPeopleShowsGatewaysAndRunsACommand(@TempDir Path folder) throws Exception {
        try (Run gateways = client(folder, "gateways", "--q", "demo-gateway")) {
            assertThat(gateways.exitWithin(RunningStack.STOP)).isZero();
            assertThat(gateways.output()).contains("GATEWAY", AGENT, "demo-gateway-2", "connected");
        }
        try (Run echo = client(folder, "run", AGENT, "echo", "message=from a terminal")) {
            assertThat(echo.exitWithin(RunningStack.STOP)).isZero();
            assertThat(echo.output()).contains("SUCCEEDED", "from a terminal");
        }
        try (Run wrong = client(folder, "run", AGENT, "shutdown_agent")) {
            assertThat(wrong.exitWithin(RunningStack.STOP)).isEqualTo(5);
            assertThat(wrong.output()).contains("The API refused: ", "409 verb_unsupported");
        }
    }

    private static Run client(Path folder, String... words) throws Exception {
        Map<String, String> environment = Map.of("VIW_HOME", stack.home().toString());
        return Run.of(Jars.cli(), List.of(words), environment, folder);
    }

    @Test
    void systemHealthTellsOfThisMachine() throws Exception {
        String id = stack.command("demo-gateway-2", "get_system_health", Map.of());
        JsonNode command = stack.ended("demo-gateway-2", id);
        assertThat(command.path("state").asString()).isEqualTo("SUCCEEDED");
        String data = command.at("/results/0/data").toString();
        assertThat(data).contains(System.getProperty("os.version"));
    }

    @Test
    void oneCommandIsInEveryLogAndIsOneTraceToTheHelperAndBack(@TempDir Path folder)
            throws Exception {
        try (HelpedAgent agent = HelpedAgent.start(stack, "helped-gateway", folder)) {
            agent.awaitConnected(stack);
            String id =
                    stack.command(
                            "helped-gateway",
                            "delete_panel_user",
                            Map.of("username", "anna"),
                            Map.of(
                                    "traceparent",
                                    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
            assertThat(stack.ended("helped-gateway", id).at("/results/0/stdout").asString())
                    .isEqualTo("deleted anna\n");
            CommandTrail trail = new CommandTrail(stack, id);
            trail.isInEveryLog(agent);
            trail.isOneTrace(collector, "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        }
    }

    @Test
    void aVerbThatTheAgentDoesNotOfferIsRefused() throws Exception {
        JsonNode verbs = stack.get("/gateways/" + AGENT).path("supported_verbs");
        assertThat(verbs.valueStream().map(JsonNode::asString))
                .contains("echo", "get_system_health", "get_service_status", "list_containers")
                .doesNotContain("shutdown_agent");
        assertThatThrownBy(() -> stack.command(AGENT, "shutdown_agent", Map.of()))
                .hasMessageContaining("409")
                .hasMessageContaining("verb_unsupported");
    }

    @Test
    void aCommandPutIntoTheStreamByHandReachesTheAgentAndItsEndTheDatabase() {
        try (RedisClient client = RedisClient.create(stack.told("redis"))) {
            client.connect()
                    .sync()
                    .xadd(
                            "viw.commands",
                            Map.of(
                                    "agent_id", AGENT,
                                    "command", "echo",
                                    "params", "{\"message\":\"by hand\"}"));
        }
        await().atMost(RunningStack.PATIENCE)
                .untilAsserted(() -> {
                    JsonNode commands = stack.get("/gateways/" + AGENT + "/commands").path("items");
                    assertThat(commands.valueStream())
                            .anySatisfy(command -> {
                                assertThat(command.path("origin").asString()).isEqualTo("stream");
                                assertThat(command.path("state").asString()).isEqualTo("SUCCEEDED");
                            });
                });
    }

    @Test
    void anAgentMadeByHandIsWelcomeAndItsTelemetryShowsAtTheBridgeAndInTheApi() throws Exception {
        try (HandMadeAgent agent = HandMadeAgent.connect(stack, "my-gateway")) {
            assertThat(agent.next().path("type").asString()).isEqualTo("HELLO_ACK");
            agent.send(
                    """
                    {"type":"HELLO","agent_id":"my-gateway","version":"0.1","capabilities":["echo"]}
                    """);
            assertThat(agent.next().path("type").asString()).isEqualTo("WELCOME");
            agent.send(
                    """
                    {"type":"TELEMETRY","agent_id":"my-gateway","ts":"%s","metrics":{"cpu_pct":12.5}}
                    """
                            .formatted(Instant.now()));
            await().atMost(RunningStack.PATIENCE)
                    .untilAsserted(() ->
                            assertThat(
                                            stack.ops("/internal/agent/agents/my-gateway/telemetry")
                                                    .toString())
                                    .contains("12.5"));
            await().atMost(RunningStack.PATIENCE)
                    .ignoreExceptions()
                    .untilAsserted(() ->
                            assertThat(
                                            stack.get("/gateways/my-gateway/telemetry/latest")
                                                    .at("/metrics/cpu_pct")
                                                    .asDouble())
                                    .isEqualTo(12.5));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"agent-bridge", "telemetry-writer", "results-writer", "admin-api"})
    void aServiceTellsNoMetricThatIsNotDescribedWithItsType(String kind) throws Exception {
        Map<String, String> described = MetricsDocument.types();
        assertThat(stack.metrics(kind))
                .isNotEmpty()
                .allSatisfy(told ->
                        assertThat(TYPE.matcher(told).results().toList())
                                .isNotEmpty()
                                .allSatisfy(found ->
                                        assertThat(described)
                                                .containsEntry(found.group(1), found.group(2))));
    }

    @Test
    void aPanelSeesAConnectionAndACommandAsTheyHappen() throws Exception {
        try (LiveEvents panel =
                        LiveEvents.open(stack, "/events?agent_id=live-gateway&agent_id=" + AGENT);
                HandMadeAgent agent = HandMadeAgent.connect(stack, "live-gateway")) {
            await().until(() -> panel.events().stream().anyMatch(e -> e.name().equals("ready")));
            assertThat(agent.next().path("type").asString()).isEqualTo("HELLO_ACK");
            agent.send(
                    """
                    {"type":"HELLO","agent_id":"live-gateway","version":"0.1","capabilities":[]}
                    """);
            await().atMost(RunningStack.PATIENCE)
                    .until(() ->
                            panel.events().stream()
                                    .anyMatch(e ->
                                            e.text("agent_id").equals("live-gateway")
                                                    && e.text("what").equals("connected")));
            String id = stack.command(AGENT, "echo", Map.of("message", "live"));
            await().atMost(RunningStack.PATIENCE)
                    .until(() ->
                            panel.events().stream()
                                    .anyMatch(e ->
                                            e.text("correlation_id").equals(id)
                                                    && e.text("state").equals("SUCCEEDED")));
            assertThat(panel.events().stream().filter(e -> e.text("correlation_id").equals(id)))
                    .extracting(e -> e.text("state"))
                    .startsWith("QUEUED")
                    .endsWith("SUCCEEDED");
            try (LiveEvents output =
                    LiveEvents.open(stack, "/gateways/" + AGENT + "/commands/" + id + "/output")) {
                await().atMost(RunningStack.PATIENCE).until(output::ended);
                assertThat(output.events().getLast().name()).isEqualTo("end");
                assertThat(output.events().getLast().data().at("/results/0/data/message"))
                        .hasToString("\"live\"");
            }
            panel.events().stream()
                    .filter(e -> !e.text("ts").isEmpty())
                    .forEach(e ->
                            System.out.printf(
                                    "from commit to panel: %s %s%s %d ms%n",
                                    e.name(),
                                    e.text("what"),
                                    e.text("state"),
                                    Duration.between(Instant.parse(e.text("ts")), e.at())
                                            .toMillis()));
        }
    }

    @Test
    void aSecondStartOnTheSameFolderSaysThatItIsInUse(@TempDir Path folder) throws Exception {
        try (Run second = RunningStack.launch(stack.home(), folder)) {
            assertThat(second.exitWithin(RunningStack.STOP)).isEqualTo(1);
            assertThat(second.output()).contains("is in use by another ./viw up");
        }
        assertThat(stack.home().resolve("run.json")).exists();
    }

    @Test
    void secretsStandInPrivateFilesAndOnNoCommandLine() throws Exception {
        List<String> secrets =
                Stream.of(
                                "admin_token",
                                "operator_token",
                                "viewer_token",
                                "bridge_admin_token",
                                "shared_secret")
                        .map(stack::told)
                        .toList();
        for (ProcessHandle process : stack.processes()) {
            assertThat(Files.readString(Path.of("/proc/" + process.pid() + "/cmdline")))
                    .doesNotContain(secrets);
        }
        try (Stream<Path> files = Files.list(stack.home().resolve("run"))) {
            assertThat(Stream.concat(files, Stream.of(stack.home().resolve("run.json"))))
                    .isNotEmpty()
                    .allSatisfy(file ->
                            assertThat(
                                            PosixFilePermissions.toString(
                                                    Files.getPosixFilePermissions(file)))
                                    .isEqualTo("rw-------"));
        }
        try (Stream<Path> logs = Files.list(stack.home().resolve("logs"))) {
            assertThat(logs)
                    .isNotEmpty()
                    .allSatisfy(log -> assertThat(Files.readString(log)).doesNotContain(secrets));
        }
    }

    private static Instant lastTelemetry() throws Exception {
        return reportedAt(stack.get("/gateways/" + AGENT + "/telemetry/latest"));
    }

    private static Instant reportedAt(JsonNode node) {
        return Instant.parse(node.path("reported_at").asString());
    }

    /** Kilobytes. */
    private static long memory(String name) throws Exception {
        return Files.readAllLines(Path.of("/proc/meminfo")).stream()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
    }
}
