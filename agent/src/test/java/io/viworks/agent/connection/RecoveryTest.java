package io.viworks.agent.connection;

import static io.viworks.agent.connection.Rig.command;
import static io.viworks.agent.connection.Rig.id;
import static io.viworks.agent.connection.Rig.query;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.agent.connection.FakeBridge.Peer;
import io.viworks.agent.journal.Entry;
import io.viworks.agent.journal.Journal;
import io.viworks.agent.journal.JournalBounds;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.ExecutionId;
import io.viworks.protocol.frame.BridgeFrame.Command;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.FrameCodec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** What an agent makes of a journal that a crash left. */
class RecoveryTest {
    @TempDir Path folder;
    private FakeBridge bridge;
    private Rig rig;

    @BeforeEach
    void prepare() throws Exception {
        bridge = new FakeBridge();
        rig = new Rig(folder, bridge.url());
    }

    @AfterEach
    void stop() throws Exception {
        rig.close();
        bridge.close();
    }

    private static Envelope envelope(String command) throws Exception {
        return ((Command) new FrameCodec().decodeBridge(command.getBytes(StandardCharsets.UTF_8)))
                .envelope();
    }

    private Journal journal() throws Exception {
        return Journal.open(rig.data(), JournalBounds.STANDARD, Instant.now());
    }

    private void leaveAccepted(String command) throws Exception {
        try (Journal journal = journal()) {
            journal.accepted(Intake.order(envelope(command)), Instant.now());
        }
    }

    @Test
    void whatWasAcceptedAndNotStartedRunsWhenItComesAgain() throws Exception {
        CorrelationId id = id();
        String echo = command(id, "echo");
        leaveAccepted(echo);
        rig.start();
        Peer peer = bridge.nextWelcomed();
        peer.send(query(id));
        assertThat(peer.answer().path("jobs").path(0).path("state").asString(""))
                .isEqualTo("accepted");
        peer.send(echo);
        assertThat(peer.answer().path("status").asString("")).isEqualTo("accepted");
        assertThat(peer.answer().path("stdout").asString("")).isEqualTo("hi");
        peer.send(echo);
        assertThat(peer.answer().path("stdout").asString("")).isEqualTo("hi");
        assertThat(rig.executor.started()).containsExactly(id);
    }

    @Test
    void anotherCommandUnderItsNameIsNotRun() throws Exception {
        CorrelationId id = id();
        String echo = command(id, "echo");
        leaveAccepted(echo);
        rig.start();
        Peer peer = bridge.nextWelcomed();
        peer.send(echo.replace("\"hi\"", "\"something else\""));
        assertThat(peer.answer().path("status").asString("")).isEqualTo("accepted");
        assertThat(rig.logged("command_differs")).hasSize(1);
        assertThat(rig.executor.started()).isEmpty();
    }

    @Test
    void whatWasAcceptedAndIsTooLateByNowIsSaidToBeExpired() throws Exception {
        CorrelationId id = id();
        Instant expiry = Instant.now().plusMillis(500);
        String echo = command(id, "echo", 1, expiry, UUID.randomUUID());
        leaveAccepted(echo);
        rig.start();
        Peer peer = bridge.nextWelcomed();
        ObjectNode ack = peer.answer(); // unasked, when its time is over
        assertThat(ack.path("type").asString("")).isEqualTo("ACK");
        assertThat(ack.path("error").path("code").asString("")).isEqualTo("Expired");
        peer.send(echo);
        assertThat(peer.answer()).isEqualTo(ack);
        assertThat(rig.executor.started()).isEmpty();
    }

    @Test
    void whatWasStartedIsKilledAndSaidToBeInterrupted() throws Exception {
        CorrelationId id = id();
        ExecutionId execution = new ExecutionId(UUID.randomUUID());
        String wait = command(id, "wait");
        leaveAccepted(wait);
        try (Journal journal = journal()) {
            journal.started(id, execution, Instant.now());
        }
        rig.start();
        Peer peer = bridge.nextWelcomed();
        ObjectNode result = peer.answer();
        assertThat(rig.executor.leftovers()).containsExactly(id);
        assertThat(result.path("type").asString("")).isEqualTo("RESULT");
        assertThat(result.path("status").asString("")).isEqualTo("error");
        assertThat(result.path("execution_id").asString("")).isEqualTo(execution.toString());
        assertThat(result.path("error").path("code").asString("")).isEqualTo("Interrupted");
        peer.send(query(id));
        assertThat(peer.answer().path("jobs").path(0).path("state").asString("")).isEqualTo("lost");
        assertThat(peer.answer()).isEqualTo(result);
        peer.send(wait);
        assertThat(peer.answer()).isEqualTo(result);
        assertThat(rig.executor.started()).isEmpty();
    }

    @Test
    void whatLiesBehindTheHorizonIsExpiredWhateverTheClockSays() throws Exception {
        Instant expiry = Instant.now().plusSeconds(60);
        try (Journal journal = journal()) {
            CorrelationId old = id();
            journal.refused(
                    new Entry.Refused(old, expiry, null, Instant.now(), "Cancelled", "cancelled"));
            journal.tidy(expiry.plusSeconds(3_600));
            assertThat(journal.find(old)).isEmpty();
            assertThat(journal.horizon()).isEqualTo(expiry);
        }
        rig.start();
        Peer peer = bridge.nextWelcomed();
        peer.send(command(id(), "echo", 1, expiry, UUID.randomUUID()));
        assertThat(peer.answer().path("error").path("code").asString("")).isEqualTo("Expired");
        peer.send(command(id(), "echo", 1, expiry.plusMillis(1), UUID.randomUUID()));
        assertThat(peer.answer().path("status").asString("")).isEqualTo("accepted");
    }
}
