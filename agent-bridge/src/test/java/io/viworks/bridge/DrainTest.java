package io.viworks.bridge;

import static io.viworks.bridge.Commands.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisAcl;
import io.viworks.bridge.BridgeFixture.Bridge;
import io.viworks.bridge.Commands.Draft;
import io.viworks.testkit.ScriptedAgent;
import io.viworks.testkit.ScriptedHandshake;
import io.viworks.testkit.TestRedis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The planned end of a bridge (spec 07). */
class DrainTest {
    /** What a bridge's start and its end take together on a busy machine, at the very most. */
    private static final Duration LONGEST = Duration.ofMinutes(2);

    /** What a bridge is given to end in, where it runs in a container. */
    private static final Duration GRACE = Duration.ofSeconds(35);

    private static final Pattern PORT = Pattern.compile("Netty started on port (\\d+)");

    private TestRedis redis;
    private BridgeFixture fixture;

    @TempDir private Path folder;

    @BeforeEach
    void start() {
        redis =
                TestRedis.start(
                        RedisAcl.line(RedisAcl.Service.AGENT_BRIDGE, BridgeFixture.REDIS_PASSWORD));
        fixture = BridgeFixture.on(redis);
    }

    @AfterEach
    void stop() {
        fixture.close();
        redis.close();
    }

    @Test
    void sendsEveryAgentAwayAndGivesBackWhatItHeld() {
        Bridge leaving = fixture.bridge();
        List<ScriptedAgent> agents =
                IntStream.range(0, 30).mapToObj(i -> leaving.join("gw-" + i)).toList();
        ScriptedAgent silent = leaving.connect("no-hello");
        String ownStream = Keys.commandsOf(leaving.id());

        Thread drain = Thread.startVirtualThread(leaving.context::close);
        for (ScriptedAgent agent : agents) {
            assertThat(agent.next("BYE").path("reason").asString()).isEqualTo("drain");
            assertThat(agent.closed().code()).isEqualTo(1001);
        }
        assertThat(silent.closed().code()).isEqualTo(1001);

        await().atMost(LONGEST).until(() -> !drain.isAlive());
        assertThat(fixture.raw.keys("viw:owner:*")).isEmpty();
        assertThat(fixture.raw.keys("viw:bridge:*")).isEmpty();
        assertThat(fixture.raw.exists(ownStream)).isZero();
        assertThat(
                        fixture.records(Keys.AGENT_HELLO).stream()
                                .filter(record -> "GONE".equals(record.get("kind")))
                                .filter(record -> "1001".equals(record.get("close_code"))))
                .hasSize(30);
    }

    @Test
    void takesNoAgentWhileItLeavesAndSaysSoByItsHealth() {
        Bridge leaving = fixture.bridge();
        List<ScriptedAgent> _ = lingering(leaving);

        Thread drain = Thread.startVirtualThread(leaving.context::close);

        await().until(() -> "draining".equals(refusal(leaving)));
        assertThat(drain.isAlive()).isTrue();
        await().atMost(LONGEST).until(() -> !drain.isAlive());
    }

    /** So many that the ramp lasts, and who let the bridge wait for them after it. */
    private static List<ScriptedAgent> lingering(Bridge bridge) {
        return IntStream.range(0, 60)
                .mapToObj(i -> bridge.join("gw-" + i).stopAnsweringClose())
                .toList();
    }

    private static String refusal(Bridge bridge) {
        var answer = bridge.handshake("new-" + UUID.randomUUID()).answer();
        return answer.status() == 503 ? answer.code() : "";
    }

    @Test
    void releasesCommandsForAgentsThatHaveLeftAlready() {
        Bridge leaving = fixture.bridge();
        List<ScriptedAgent> agents = lingering(leaving);
        try (Commands commands = new Commands(fixture)) {
            Thread drain = Thread.startVirtualThread(leaving.context::close);
            await().until(() -> agents.stream().anyMatch(one -> one.closedSoFar().isPresent()));
            String left =
                    agents.stream()
                            .filter(one -> one.closedSoFar().isPresent())
                            .findFirst()
                            .orElseThrow()
                            .agentId();

            Draft late = commands.echo(left, "sent by somebody who looked before");
            commands.send(leaving, commands.record(late));

            commands.said(late.id(), "RELEASED 1 offline");
            await().atMost(LONGEST).until(() -> !drain.isAlive());
        }
    }

    @Test
    void finishesTheResultsThatAreUnderWay() {
        Bridge leaving = fixture.bridge();
        ScriptedAgent agent = leaving.join("finishes");
        UUID id = UUID.randomUUID();
        redis.pause();
        Thread drain;
        try {
            agent.send(
                    agent.json("RESULT")
                            .put("correlation_id", id.toString())
                            .put("status", "success"));
            await().until(() -> leaving.gauge("records.underway") == 1);
            drain = Thread.startVirtualThread(leaving.context::close);
            await().until(() -> agent.closedSoFar().isPresent());
        } finally {
            redis.resume();
        }

        await().atMost(LONGEST).until(() -> !drain.isAlive());
        assertThat(fixture.records(Keys.COMMAND_RESULTS, "RESULT", "finishes")).hasSize(1);
    }

    // ---- the process

    @Test
    void endsWithZeroOnSigterm() throws Exception {
        Process process = process("VIW_MANAGEMENT_BIND=127.0.0.1:0");
        try {
            ScriptedAgent agent = join(process);

            process.destroy();

            assertThat(agent.next("BYE").path("reason").asString()).isEqualTo("drain");
            assertThat(agent.closed().code()).isEqualTo(1001);
            assertThat(process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
            assertThat(fixture.raw.keys("viw:owner:*")).isEmpty();
            agent.close();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void endsInTimeAlsoWhileRedisHangs() throws Exception {
        Process process = process("VIW_MANAGEMENT_BIND=127.0.0.1:0");
        try {
            ScriptedAgent agent = join(process);
            redis.pause();

            process.destroy();

            assertThat(agent.closed().code()).isEqualTo(1001);
            assertThat(process.waitFor(GRACE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
            agent.close();
        } finally {
            process.destroyForcibly();
            redis.resume();
        }
    }

    @Test
    void isDisabledUnlessSwitchedOn() throws Exception {
        Process process = process("AGENT_BRIDGE_ENABLED=");
        try {
            assertThat(process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
            assertThat(log()).contains("\"event\":\"disabled\"");
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void namesEveryMistakeOfItsConfigurationAtOnce() throws Exception {
        Process process =
                process(
                        "AGENT_BRIDGE_SHARED_SECRET=",
                        "AGENT_BRIDGE_MAX_CONN=many",
                        "AGENT_BRIDGE_AUTH=hmac+mtls",
                        "AGENT_BRIDGE_MAX_CONNS=5");
        try {
            assertThat(process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(1);
            assertThat(log())
                    .contains("AGENT_BRIDGE_SHARED_SECRET")
                    .contains("AGENT_BRIDGE_MAX_CONN must be a whole number")
                    .contains("AGENT_BRIDGE_AUTH=hmac+mtls")
                    .contains("AGENT_BRIDGE_MAX_CONNS is not known");
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void failsToStartWhenItsPortIsTaken() throws Exception {
        Bridge holder = fixture.bridge();
        Process process = process("AGENT_BRIDGE_BIND=127.0.0.1:" + holder.port());
        try {
            assertThat(process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isNotZero();
            assertThat(log()).contains(String.valueOf(holder.port())).contains("in use");
        } finally {
            process.destroyForcibly();
        }
    }

    /** The bridge as a process of its own, from this build's classes. */
    private Process process(String... flags) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        AgentBridge.class.getName());
        builder.directory(folder.toFile());
        builder.redirectErrorStream(true);
        builder.redirectOutput(folder.resolve("log").toFile());
        var environment = builder.environment();
        environment.put("AGENT_BRIDGE_ENABLED", "true");
        environment.put("AGENT_BRIDGE_BIND", "127.0.0.1:0");
        environment.put("VIW_MANAGEMENT_BIND", "127.0.0.1:0");
        environment.put("VIW_REDIS_URL", redis.url("agent-bridge", BridgeFixture.REDIS_PASSWORD));
        environment.put("AGENT_BRIDGE_SHARED_SECRET", BridgeFixture.SECRET);
        for (String flag : flags) {
            int equals = flag.indexOf('=');
            environment.put(flag.substring(0, equals), flag.substring(equals + 1));
        }
        return builder.start();
    }

    private String log() {
        try {
            return Files.readString(folder.resolve("log"));
        } catch (IOException e) {
            return "";
        }
    }

    /** An agent with its WELCOME, as soon as the process has its port. */
    private ScriptedAgent join(Process process) {
        await().atMost(LONGEST)
                .until(() -> {
                    assertThat(process.isAlive()).as(log()).isTrue();
                    return PORT.matcher(log()).find();
                });
        Matcher port = PORT.matcher(log());
        assertThat(port.find()).isTrue();
        int agents = Integer.parseInt(port.group(1));
        await().until(() ->
                !"draining"
                        .equals(
                                ScriptedHandshake.to(agents, "probe-" + UUID.randomUUID())
                                        .secret("wrong")
                                        .answer()
                                        .code()));
        ScriptedAgent agent =
                ScriptedHandshake.to(agents, "gw").secret(BridgeFixture.SECRET).open();
        var _ = agent.join();
        return agent;
    }
}
