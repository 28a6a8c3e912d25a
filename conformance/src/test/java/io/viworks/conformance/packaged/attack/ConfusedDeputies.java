package io.viworks.conformance.packaged.attack;

import static io.viworks.conformance.packaged.attack.AttackedStack.BYSTANDER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisClient;
import io.viworks.conformance.packaged.attack.AttackedStack.Enrolled;
import io.viworks.testkit.ScriptedAgent;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** An agent with a key of its own that tries to speak for another. */
abstract class ConfusedDeputies {
    private static AttackedStack stack() {
        return HostileWorldTest.stack();
    }

    /** Connected, and offers echo. */
    private static ScriptedAgent joined(Enrolled agent) {
        ScriptedAgent socket = agent.handshake(stack()).open();
        ObjectNode hello = socket.hello("ack", "job_status");
        hello.putArray("supported_verbs").add("echo");
        socket.send(hello).next("WELCOME");
        stack().awaitConnected(agent.agentId());
        return socket;
    }

    private static ObjectNode result(ScriptedAgent from, String id, String says) {
        ObjectNode result =
                from.json("RESULT").put("correlation_id", id).put("status", "success").put("rc", 0);
        result.putObject("data").put("message", says);
        return result;
    }

    @Test
    void framesInAnothersNameAreNotUsedAndTheThirdEndsTheSession() throws Exception {
        Enrolled thief = stack().enrol("deputy-names");
        try (ScriptedAgent agent = joined(thief)) {
            ObjectNode telemetry = agent.telemetry();
            telemetry.put("agent_id", BYSTANDER);
            ((ObjectNode) telemetry.path("metrics")).put("cpu_pct", 6.66);
            agent.send(telemetry);
            assertThat(agent.next("ERROR").path("code").asString()).isEqualTo("identity_mismatch");
            String id = stack().echo(BYSTANDER, "mine");
            assertThat(stack().ended(BYSTANDER, id).path("state").asString())
                    .isEqualTo("SUCCEEDED");
            ObjectNode result = result(agent, id, "stolen");
            agent.send(result.put("agent_id", BYSTANDER));
            assertThat(agent.next("ERROR").path("code").asString()).isEqualTo("identity_mismatch");
            agent.send(
                    agent.json("ACK")
                            .put("agent_id", BYSTANDER)
                            .put("correlation_id", id)
                            .put("status", "rejected"));
            assertThat(agent.closed().code()).isEqualTo(4401);
            JsonNode command = stack().command(BYSTANDER, id);
            assertThat(command.path("state").asString()).isEqualTo("SUCCEEDED");
            assertThat(command.path("results").toString())
                    .contains("mine")
                    .doesNotContain("stolen");
        }
        assertThat(
                        stack().query(
                                        "select count(*) from os_gateway_status where cpu_pct between"
                                                + " 6.65 and 6.67"))
                .containsExactly("0");
    }

    @Test
    void answersToAnothersCommandChangeNothingAndShow() throws Exception {
        Enrolled victim = stack().enrol("deputy-victim");
        Enrolled thief = stack().enrol("deputy-thief");
        try (ScriptedAgent rightful = joined(victim);
                ScriptedAgent stranger = joined(thief)) {
            String id = stack().echo(victim.agentId(), "for the victim");
            assertThat(rightful.next("COMMAND").path("correlation_id").asString()).isEqualTo(id);
            awaitState(victim, id, "DISPATCHED");

            stranger.send(stranger.json("ACK").put("correlation_id", id).put("status", "rejected"));
            ObjectNode jobs = stranger.json("JOB_STATUS");
            jobs.putArray("jobs").addObject().put("correlation_id", id).put("state", "lost");
            stranger.send(jobs);
            stranger.send(result(stranger, id, "stolen"));
            stranger.next("RESULT_ACK");
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> foreignResults(thief), count -> count.equals(List.of("1")));
            assertThat(foreignResults(victim)).containsExactly("0");
            assertThat(stack().command(victim.agentId(), id).path("state").asString())
                    .isEqualTo("DISPATCHED");

            rightful.send(rightful.json("ACK").put("correlation_id", id).put("status", "accepted"));
            rightful.send(result(rightful, id, "the truth"));
            JsonNode ended = stack().ended(victim.agentId(), id);
            assertThat(ended.path("state").asString()).isEqualTo("SUCCEEDED");
            assertThat(ended.path("results").toString())
                    .contains("the truth")
                    .doesNotContain("stolen");
            assertThat(
                            stack().send(
                                            "GET",
                                            "/gateways/" + thief.agentId() + "/commands/" + id,
                                            stack().admin(),
                                            "")
                                    .statusCode())
                    .isEqualTo(404);
        }
    }

    private static List<String> foreignResults(Enrolled agent) throws Exception {
        return stack().query(
                        """
                        select count(*) from agent_events
                        where type = 'foreign_result' and agent_id = '%s'
                        """
                                .formatted(agent.agentId()));
    }

    private static void awaitState(Enrolled agent, String id, String state) {
        await().atMost(Duration.ofSeconds(60))
                .until(() ->
                        stack().command(agent.agentId(), id)
                                .path("state")
                                .asString()
                                .equals(state));
    }

    @Test
    void aRecordByHandUnderAnothersCommandTakesNothingFromIt() throws Exception {
        Enrolled victim = stack().enrol("deputy-owner");
        Enrolled thief = stack().enrol("deputy-taker");
        try (ScriptedAgent rightful = joined(victim);
                ScriptedAgent stranger = joined(thief);
                RedisClient redis = RedisClient.create(stack().run().redis())) {
            String id = stack().echo(victim.agentId(), "mine");
            rightful.next("COMMAND");
            // The bridge has decided on that command already; what comes after it is delivered.
            byHand(redis, thief.agentId(), id);
            String own = UUID.randomUUID().toString();
            byHand(redis, thief.agentId(), own);
            assertThat(stranger.next("COMMAND").path("correlation_id").asString()).isEqualTo(own);
            stranger.send(result(stranger, id, "taken"));
            stranger.next("RESULT_ACK");
            rightful.send(result(rightful, id, "kept"));

            JsonNode ended = stack().ended(victim.agentId(), id);
            assertThat(ended.path("state").asString()).isEqualTo("SUCCEEDED");
            assertThat(ended.path("results").toString()).contains("kept").doesNotContain("taken");
            assertThat(
                            stack().query(
                                            "select agent_id from agent_commands where correlation_id"
                                                    + " = '%s'".formatted(id)))
                    .containsExactly(victim.agentId());
        }
    }

    private static void byHand(RedisClient redis, String agentId, String id) {
        try (var connection = redis.connect()) {
            String _ =
                    connection
                            .sync()
                            .xadd(
                                    "viw.commands",
                                    Map.of(
                                            "agent_id",
                                            agentId,
                                            "command",
                                            "echo",
                                            "params",
                                            "{\"message\":\"taken\"}",
                                            "correlation_id",
                                            id));
        }
    }

    @Test
    void aTokenForAllMakesNobodyAnEnrolledGateway() throws Exception {
        String forAll =
                stack().post("/enrollment-tokens", stack().admin(), Map.of("uses", 5))
                        .path("token")
                        .asString();
        HttpResponse<String> taken = stack().enrol(AttackedStack.newKey(BYSTANDER), forAll);
        assertThat(taken.statusCode()).as(taken.body()).isEqualTo(409);
        assertThat(taken.body()).contains("already_enrolled");
        HttpResponse<String> guessed = stack().enrol(AttackedStack.newKey("new-one"), "guess");
        assertThat(guessed.statusCode()).as(guessed.body()).isEqualTo(403);
    }

    @Test
    void aStolenKeyEndsWithinTwoSecondsOfItsRevocation() throws Exception {
        AtomicInteger round = new AtomicInteger();
        // Two for the bridge and two for the rest; what stalls this machine does not stall it
        // always.
        await().atMost(Duration.ofMinutes(2))
                .until(() ->
                        timeToEnd("deputy-stolen-" + round.incrementAndGet())
                                        .compareTo(Duration.ofSeconds(4))
                                < 0);
    }

    private static Duration timeToEnd(String agentId) throws Exception {
        Enrolled stolen = stack().enrol(agentId);
        Duration took;
        try (ScriptedAgent thief = joined(stolen)) {
            HttpResponse<String> revoked =
                    stack().send(
                                    "DELETE",
                                    "/gateways/" + agentId + "/credentials/" + stolen.keyId(),
                                    stack().admin(),
                                    "");
            long at = System.nanoTime();
            assertThat(revoked.statusCode()).as(revoked.body()).isBetween(200, 299);
            assertThat(thief.closed().code()).isEqualTo(4403);
            took = Duration.ofNanos(System.nanoTime() - at);
        }
        assertThat(stolen.handshake(stack()).answer().status()).isIn(401, 403);
        assertThat(stack().shared(agentId).answer().code()).isIn("credential_required", "revoked");
        return took;
    }
}
