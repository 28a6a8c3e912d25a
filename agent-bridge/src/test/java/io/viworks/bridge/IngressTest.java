package io.viworks.bridge;

import static io.viworks.bridge.Commands.await;
import static io.viworks.bridge.Commands.withJournal;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisAcl;
import io.viworks.bridge.BridgeFixture.Bridge;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.ExecutionId;
import io.viworks.testkit.ScriptedAgent;
import io.viworks.testkit.TestRedis;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What agents say, on its way into the streams (spec 2.3, 3.1). */
class IngressTest {
    private TestRedis redis;
    private BridgeFixture fixture;

    @BeforeEach
    void start() {
        // In its configuration, so that the user is there after a restart, too.
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

    private static String telemetry(String agent, int cpu) {
        return "{\"type\":\"TELEMETRY\",\"agent_id\":\"%s\",\"ts\":\"%s\",\"metrics\":{\"cpu_pct\":%d}}"
                .formatted(agent, Instant.now(), cpu);
    }

    private static String ack(ScriptedAgent agent, UUID id) {
        return agent.json("ACK")
                .put("correlation_id", id.toString())
                .put("attempt", 1)
                .put("status", "accepted")
                .toString();
    }

    private static String result(ScriptedAgent agent, UUID id) {
        return agent.json("RESULT")
                .put("correlation_id", id.toString())
                .put("status", "success")
                .toString();
    }

    private List<Map<String, String>> results(String kind, String agent) {
        return fixture.records(Keys.COMMAND_RESULTS, kind, agent);
    }

    @Test
    void carriesAFrameAsTheBytesReceived() {
        Bridge bridge = fixture.bridge();
        UUID instance = UUID.randomUUID();
        ScriptedAgent agent = withJournal(bridge, "bytes", instance);
        String odd =
                " {\"ts\" : \"%s\",\t\"metrics\":{ \"zß\":1.50, \"é\":[ ] }, \"type\":\"TELEMETRY\",\n"
                                .formatted(Instant.now())
                        + "\"agent_id\":\"bytes\", \"nobody_knows\": {\"a\": null}} ";

        agent.send(odd);

        await().untilAsserted(() ->
                assertThat(fixture.records(Keys.TELEMETRY))
                        .singleElement()
                        .satisfies(record ->
                                assertThat(record)
                                        .containsEntry("frame", odd)
                                        .containsEntry("v", "1")
                                        .containsEntry("kind", "TELEMETRY")
                                        .containsEntry("agent_id", "bytes")
                                        .containsEntry("bridge_id", bridge.id().toString())
                                        .containsEntry("instance_uid", instance.toString())
                                        .containsKeys(
                                                "ts", "conn_id", "session_id", "epoch", "n")));
    }

    @Test
    void countsWhatAnAgentSaysWithinItsSession() {
        Bridge bridge = fixture.bridge();
        ScriptedAgent agent = withJournal(bridge, "counted", UUID.randomUUID());
        UUID id = UUID.randomUUID();

        agent.send(ack(agent, id));
        agent.send(telemetry("counted", 1));
        agent.send(result(agent, id));
        var _ = agent.next("RESULT_ACK");

        await().until(() ->
                fixture.records(Keys.TELEMETRY).size() == 1
                        && results("ACK", "counted").size() == 1);
        long ack = Long.parseLong(results("ACK", "counted").getFirst().get("n"));
        long telemetry = Long.parseLong(fixture.records(Keys.TELEMETRY).getFirst().get("n"));
        long result = Long.parseLong(results("RESULT", "counted").getFirst().get("n"));
        assertThat(List.of(ack, telemetry, result)).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void confirmsAResultUnderItsExecutionIdOnceRedisHasIt() {
        Bridge bridge = fixture.bridge();
        ScriptedAgent agent = withJournal(bridge, "done", UUID.randomUUID());
        UUID id = UUID.randomUUID();
        String run = UUID.randomUUID().toString();

        agent.send(
                agent.json("RESULT")
                        .put("correlation_id", id.toString())
                        .put("execution_id", run)
                        .put("status", "success"));

        JsonNode confirmed = agent.next("RESULT_ACK");
        assertThat(confirmed.path("execution_id").asString()).isEqualTo(run);
        assertThat(confirmed.path("correlation_id").asString()).isEqualTo(id.toString());
        assertThat(results("RESULT", "done")).hasSize(1);
    }

    @Test
    void namesTheRunOfAnOlderAgentByTheBytesOfItsFrame() {
        Bridge bridge = fixture.bridge();
        ScriptedAgent agent = bridge.join("older");
        String frame = result(agent, UUID.randomUUID());
        String run =
                ExecutionId.ofFrame(Bytes.of(frame.getBytes(StandardCharsets.UTF_8))).toString();

        agent.send(frame);
        assertThat(agent.next("RESULT_ACK").path("execution_id").asString()).isEqualTo(run);
        agent.send(frame);
        assertThat(agent.next("RESULT_ACK").path("execution_id").asString()).isEqualTo(run);
    }

    @Test
    void keepsLiveOutputApartFromResults() {
        Bridge bridge = fixture.bridge();
        ScriptedAgent agent = withJournal(bridge, "talks", UUID.randomUUID());

        agent.send(
                agent.json("PROGRESS")
                        .put("correlation_id", UUID.randomUUID().toString())
                        .put("seq", 1)
                        .put("stream", "stdout")
                        .put("chunk", "so far"));

        await().until(() -> fixture.records(Keys.COMMAND_OUTPUT, "PROGRESS", "talks").size() == 1);
        assertThat(fixture.records(Keys.COMMAND_RESULTS)).isEmpty();
    }

    @Test
    void writesNothingInTheNameOfAnother() {
        Bridge bridge = fixture.bridge();
        ScriptedAgent agent = bridge.join("itself");

        agent.send(telemetry("somebody-else", 1));

        assertThat(agent.next("ERROR").path("code").asString()).isEqualTo("identity_mismatch");
        agent.send(telemetry("itself", 2));
        await().until(() -> !fixture.records(Keys.TELEMETRY).isEmpty());
        assertThat(fixture.records(Keys.TELEMETRY))
                .singleElement()
                .satisfies(record -> assertThat(record.get("frame")).contains("itself"));
    }

    @Test
    void keepsTelemetryWhileRedisIsAwayAsFarAsThereIsRoomAndGoesOnAfter() {
        Bridge bridge = fixture.bridge();
        ScriptedAgent agent = bridge.join("fresh");
        agent.send(telemetry("fresh", 1));
        await().until(() -> fixture.records(Keys.TELEMETRY).size() == 1);
        redis.stop();

        agent.send(telemetry("fresh", 2));
        agent.send(telemetry("fresh", 3));
        agent.send("{\"type\":\"PING\"}");
        var _ = agent.next("PONG");
        redis.startAgain();

        await().ignoreExceptions().until(() -> fixture.records(Keys.TELEMETRY).size() == 3);
        assertThat(fixture.records(Keys.TELEMETRY))
                .extracting(record -> record.get("frame"))
                .satisfiesExactly(
                        frame -> assertThat(frame).contains("\"cpu_pct\":1"),
                        frame -> assertThat(frame).contains("\"cpu_pct\":2"),
                        frame -> assertThat(frame).contains("\"cpu_pct\":3"));
        assertThat(bridge.count("telemetry.dropped", "reason", "away")).isZero();
        assertThat(agent.closedSoFar()).isEmpty();
    }

    @Test
    void holdsWhatIsSaidOfCommandsWhileRedisIsAwayAndReadsNoFurther() {
        Bridge bridge = fixture.bridge();
        ScriptedAgent agent = withJournal(bridge, "waits", UUID.randomUUID());
        UUID id = UUID.randomUUID();
        redis.stop();

        agent.send(ack(agent, id));
        agent.send(result(agent, id));
        await().until(() -> bridge.gauge("unwritten.bytes") > 0);
        await().until(() -> bridge.count("reading.paused", "reason", "away") == 1);
        agent.send(agent.json("PING"));
        assertThat(agent.frames("RESULT_ACK")).isEmpty();
        redis.startAgain();

        assertThat(agent.next("RESULT_ACK").path("correlation_id").asString())
                .isEqualTo(id.toString());
        // What came while nothing was read is read now.
        var _ = agent.next("PONG");
        // Both were under way when Redis went: in which order they arrive is not promised.
        await().untilAsserted(() ->
                assertThat(
                                fixture.records(Keys.COMMAND_RESULTS).stream()
                                        .map(record -> record.get("kind"))
                                        .distinct())
                        .containsExactlyInAnyOrder("ACK", "RESULT"));
        await().until(() -> bridge.gauge("unwritten.bytes") == 0);
        assertThat(bridge.count("records.lost")).isZero();
    }

    @Test
    void givesWhatItHoldsALastTryWhenTheAgentLeaves() {
        Bridge bridge = fixture.bridge();
        ScriptedAgent agent = withJournal(bridge, "left", UUID.randomUUID());
        redis.stop();
        agent.send(result(agent, UUID.randomUUID()));
        await().until(() -> bridge.gauge("unwritten.bytes") > 0);

        agent.reset();

        await().until(() -> bridge.gauge("unwritten.bytes") == 0);
        await().until(() -> bridge.count("results.withheld", "reason", "away") == 1);
        redis.startAgain();
    }

    @Test
    void confirmsNoResultAndDropsTelemetryWhileRedisIsFull() {
        Bridge bridge = fixture.bridge();
        ScriptedAgent agent = withJournal(bridge, "patient", UUID.randomUUID());
        UUID id = UUID.randomUUID();
        long used = usedMemory();
        redis.command("CONFIG SET maxmemory " + used * 11 / 10);

        // Slower than the rate of frames: how soon the bridge looks is not what this is about.
        await().pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    agent.send(telemetry("patient", 1));
                    return bridge.count("telemetry.dropped", "reason", "pressure") > 0;
                });
        agent.send(result(agent, id));
        await().until(() -> bridge.count("results.withheld", "reason", "refused") == 1);
        assertThat(agent.frames("RESULT_ACK")).isEmpty();
        assertThat(results("RESULT", "patient")).isEmpty();
        redis.command("CONFIG SET maxmemory 0");

        await().pollInterval(Duration.ofMillis(300))
                .until(() -> {
                    agent.send(result(agent, id));
                    return !agent.frames("RESULT_ACK").isEmpty();
                });
        assertThat(agent.closedSoFar()).isEmpty();
    }

    private long usedMemory() {
        return fixture.raw
                .info("memory")
                .lines()
                .filter(line -> line.startsWith("used_memory:"))
                .mapToLong(line -> Long.parseLong(line.substring("used_memory:".length()).strip()))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void readsNoMoreResultsThanItMayHaveUnconfirmed() {
        Bridge bridge = fixture.bridge("AGENT_BRIDGE_MAX_UNCONFIRMED=2");
        ScriptedAgent agent = withJournal(bridge, "many", UUID.randomUUID());
        redis.pause();
        try {
            IntStream.range(0, 6).forEach(_ -> agent.send(result(agent, UUID.randomUUID())));
            await().until(() -> bridge.count("reading.paused", "reason", "unconfirmed") == 1);
            await().until(() -> bridge.count("frames", "type", "RESULT") == 2);
        } finally {
            redis.resume();
        }
        await().until(() -> agent.frames("RESULT_ACK").size() == 6);
    }
}
