package io.viworks.agent.connection;

import static io.viworks.agent.connection.Rig.cancel;
import static io.viworks.agent.connection.Rig.command;
import static io.viworks.agent.connection.Rig.confirm;
import static io.viworks.agent.connection.Rig.id;
import static io.viworks.agent.connection.Rig.query;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.agent.connection.FakeBridge.Peer;
import io.viworks.agent.journal.JournalBounds;
import io.viworks.protocol.CorrelationId;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** Commands over a real socket, answered from a real journal. */
class CommandTest {
    @TempDir Path folder;
    private FakeBridge bridge;
    private Rig rig;
    private Peer peer;

    @BeforeEach
    void connect() throws Exception {
        bridge = new FakeBridge();
        rig = new Rig(folder, bridge.url()).start();
        peer = bridge.nextWelcomed();
    }

    @AfterEach
    void disconnect() throws Exception {
        rig.close();
        bridge.close();
    }

    private static void assertAck(ObjectNode frame, CorrelationId id, String status, String code) {
        assertThat(frame.path("type").asString("")).isEqualTo("ACK");
        assertThat(frame.path("agent_id").asString("")).isEqualTo("gateway-1");
        assertThat(frame.path("correlation_id").asString("")).isEqualTo(id.toString());
        assertThat(frame.path("status").asString("")).isEqualTo(status);
        assertThat(frame.path("error").path("code").asString("")).isEqualTo(code);
    }

    private static void assertJob(ObjectNode frame, CorrelationId id, String state) {
        assertThat(frame.path("type").asString("")).isEqualTo("JOB_STATUS");
        assertThat(frame.path("jobs").size()).isEqualTo(1);
        assertThat(frame.path("jobs").path(0).path("correlation_id").asString(""))
                .isEqualTo(id.toString());
        assertThat(frame.path("jobs").path(0).path("state").asString("")).isEqualTo(state);
    }

    private static void assertResult(ObjectNode frame, CorrelationId id, String code) {
        assertThat(frame.path("type").asString("")).isEqualTo("RESULT");
        assertThat(frame.path("correlation_id").asString("")).isEqualTo(id.toString());
        assertThat(frame.path("error").path("code").asString("")).isEqualTo(code);
    }

    @Test
    void acceptsRunsAndSendsTheResult() throws Exception {
        CorrelationId id = id();
        peer.send(command(id, "echo", 3, Instant.now().plusSeconds(60), UUID.randomUUID()));
        ObjectNode ack = peer.answer();
        assertAck(ack, id, "accepted", "");
        assertThat(ack.path("attempt").asInt()).isEqualTo(3);
        ObjectNode result = peer.answer();
        assertResult(result, id, "");
        assertThat(result.path("status").asString("")).isEqualTo("success");
        assertThat(result.path("stdout").asString("")).isEqualTo("hi");
        assertThat(result.path("execution_id").asString("")).hasSize(36);
        assertThat(rig.executor.started()).containsExactly(id);
    }

    @Test
    void answersDuplicatesFromTheJournalWithoutASecondRun() throws Exception {
        CorrelationId id = id();
        String wait = command(id, "wait");
        peer.send(wait);
        assertAck(peer.answer(), id, "accepted", "");
        peer.send(wait);
        assertAck(peer.answer(), id, "accepted", "");
        assertJob(peer.answer(), id, "running");
        rig.executor.finish(id, "once");
        ObjectNode result = peer.answer();
        assertResult(result, id, "");
        peer.send(confirm(id));
        for (int i = 0; i < 3; i++) {
            peer.send(wait);
            assertThat(peer.answer()).isEqualTo(result);
        }
        rig.stop();
        rig.start();
        peer = bridge.nextWelcomed();
        peer.send(wait);
        assertThat(peer.answer()).isEqualTo(result);
        assertThat(rig.executor.started()).containsExactly(id);
    }

    @Test
    void rejectsInTheOrderOfTheSpecificationAndRemembersIt() throws Exception {
        CorrelationId late = id();
        String expired =
                command(late, "forbidden", 1, Instant.now().minusMillis(1), UUID.randomUUID());
        peer.send(expired);
        assertAck(peer.answer(), late, "rejected", "Expired");

        UUID nonce = UUID.randomUUID();
        CorrelationId first = id();
        peer.send(command(first, "forbidden", 1, Instant.now().plusSeconds(60), nonce));
        assertAck(peer.answer(), first, "rejected", "VerbNotAllowed");
        CorrelationId replay = id();
        peer.send(command(replay, "forbidden", 1, Instant.now().plusSeconds(60), nonce));
        assertAck(peer.answer(), replay, "rejected", "ReplayDetected");

        // A refusal that was told stays: a copy of it must not run under another configuration.
        peer.send(command(first, "echo", 2, Instant.now().plusSeconds(60), nonce));
        assertAck(peer.answer(), first, "rejected", "VerbNotAllowed");
        peer.send(query(first));
        assertAck(peer.answer(), first, "rejected", "VerbNotAllowed");
        assertThat(rig.executor.started()).isEmpty();
    }

    @Test
    void anotherAgentsCommandIsNotRun() throws Exception {
        CorrelationId id = id();
        peer.send(command(id, "echo").replace("gateway-1", "gateway-2"));
        assertAck(peer.answer(), id, "rejected", "ValidationFailed");
        assertThat(rig.executor.started()).isEmpty();
    }

    @Test
    void aCommandThatCannotBeReadIsAnsweredWhenItsIdCan() throws Exception {
        CorrelationId id = id();
        peer.send(
                """
                {"type":"COMMAND","correlation_id":"%s","verb":"echo"}\
                """
                        .formatted(id));
        assertAck(peer.answer(), id, "rejected", "ValidationFailed");
        peer.send("{\"type\":\"NEWS\",\"text\":\"from a newer bridge\"}");
        peer.send("[1,2]");
        CorrelationId signed = id();
        peer.send(
                """
                {"type":"COMMAND","correlation_id":"%s","attempt":1,"jws":"a.b.c"}\
                """
                        .formatted(signed));
        assertAck(peer.answer(), signed, "rejected", "BadSignature");
    }

    @Test
    void sendsBackWhatFindsNoPlace() throws Exception {
        CorrelationId third = id();
        peer.send(command(id(), "wait"));
        peer.send(command(id(), "wait"));
        String wait = command(third, "wait");
        peer.send(wait);
        peer.answer();
        peer.answer();
        ObjectNode busy = peer.answer();
        assertAck(busy, third, "rejected", "Busy");
        assertThat(busy.path("retry_after_ms").asInt()).isEqualTo(2_000);
        rig.executor.finish(rig.executor.started().getFirst(), "");
        peer.expect("RESULT");
        peer.send(wait);
        assertAck(peer.answer(), third, "accepted", "");
    }

    @Test
    void sendsBackWhatTheJournalHasNoRoomFor() throws Exception {
        rig.stop();
        rig.bounds(
                new JournalBounds(
                        1 << 20, 1, 100, 1024, Duration.ofHours(24), Duration.ofMinutes(10)));
        rig.start();
        peer = bridge.nextWelcomed();
        CorrelationId first = id();
        peer.send(command(first, "echo"));
        peer.expect("RESULT");
        CorrelationId second = id();
        String again = command(second, "echo");
        peer.send(again);
        ObjectNode full = peer.answer();
        assertAck(full, second, "rejected", "JournalFull");
        assertThat(full.path("retry_after_ms").asInt()).isEqualTo(30_000);
        peer.send(confirm(first));
        peer.send(again);
        assertAck(peer.answer(), second, "accepted", "");
    }

    @Test
    void hasAtMostEightUnconfirmedResultsOut() throws Exception {
        List<CorrelationId> ids = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            ids.add(id());
            peer.send(command(ids.getLast(), "echo"));
        }
        for (int i = 0; i < 8; i++) {
            assertThat(peer.expect("RESULT").path("correlation_id").asString(""))
                    .isEqualTo(ids.get(i).toString());
        }
        Awaitility.await().until(() -> rig.executor.started().size() == 12);
        peer.expect("TELEMETRY");
        peer.expect("TELEMETRY");
        assertThat(peer.rest())
                .noneMatch(frame -> frame.path("type").asString("").equals("RESULT"));
        for (int i = 8; i < 12; i++) {
            peer.send(confirm(ids.get(i - 8)));
            assertThat(peer.expect("RESULT").path("correlation_id").asString(""))
                    .isEqualTo(ids.get(i).toString());
        }
    }

    @Test
    void cancelsWhatRunsAndWhatHasNotCome() throws Exception {
        CorrelationId running = id();
        peer.send(command(running, "wait"));
        assertAck(peer.answer(), running, "accepted", "");
        peer.send(cancel(running, "if_not_started"));
        assertAck(peer.answer(), running, "accepted", "");
        assertJob(peer.answer(), running, "running");
        peer.send(cancel(running, "stop"));
        ObjectNode result = peer.answer();
        assertResult(result, running, "Cancelled");
        peer.send(cancel(running, "stop"));
        assertThat(peer.answer()).isEqualTo(result);

        CorrelationId early = id();
        peer.send(cancel(early, "stop"));
        assertAck(peer.answer(), early, "rejected", "Cancelled");
        peer.send(command(early, "echo"));
        assertAck(peer.answer(), early, "rejected", "Cancelled");
        assertThat(rig.executor.started()).containsExactly(running);
    }

    @Test
    void tellsWhatItKnowsOfCommands() throws Exception {
        CorrelationId running = id();
        CorrelationId finished = id();
        CorrelationId unknown = id();
        peer.send(command(running, "wait"));
        peer.answer();
        peer.send(command(finished, "echo"));
        peer.answer();
        ObjectNode result = peer.answer();
        peer.send(confirm(finished));
        peer.send(query(running));
        assertJob(peer.answer(), running, "running");
        peer.send(query(unknown));
        assertJob(peer.answer(), unknown, "unknown");
        peer.send(query(finished));
        assertJob(peer.answer(), finished, "finished");
        assertThat(peer.answer()).isEqualTo(result);
    }

    @Test
    void judgesExpiryByTheBridgesClock() throws Exception {
        peer.reset();
        peer = bridge.next();
        peer.expect("HELLO");
        Instant there = Instant.now().plus(Duration.ofHours(1));
        peer.welcome(20, 262_144, there, "{}");
        CorrelationId late = id();
        peer.send(command(late, "echo", 1, there.minusSeconds(1), UUID.randomUUID()));
        assertAck(peer.answer(), late, "rejected", "Expired");
        CorrelationId early = id();
        peer.send(command(early, "echo", 1, there.plusSeconds(60), UUID.randomUUID()));
        assertAck(peer.answer(), early, "accepted", "");
        Instant started = Instant.parse(peer.answer().path("started_at").asString(""));
        assertThat(started).isBetween(there.minusSeconds(1), there.plusSeconds(60));
        assertThat(rig.logged("clock_skew")).hasSize(1);
    }

    @Test
    void liveOutputGoesBeforeTheResult() throws Exception {
        CorrelationId id = id();
        peer.send(command(id, "wait"));
        peer.answer();
        Awaitility.await().until(() -> rig.executor.started().contains(id));
        rig.executor.say(id, "half of ");
        rig.executor.say(id, "it");
        ObjectNode progress = peer.answer();
        assertThat(progress.path("type").asString("")).isEqualTo("PROGRESS");
        assertThat(progress.path("chunk").asString("")).startsWith("half of ");
        rig.executor.say(id, "the rest");
        rig.executor.finish(id, "half of it the rest");
        ObjectNode rest = peer.expect("PROGRESS");
        assertThat(rest.path("seq").asInt()).isGreaterThan(progress.path("seq").asInt());
        assertResult(peer.expect("RESULT"), id, "");
    }
}
