package io.viworks.bridge;

import io.viworks.backplane.Answers;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.delivery.CommandSender;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamRecord.Payload;
import io.viworks.bridge.BridgeFixture.Bridge;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.SessionId;
import io.viworks.protocol.frame.BridgeFrame.CancelMode;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.testkit.ScriptedAgent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Commands as the ledger sends them, and what the bridges say of them. To be closed. */
final class Commands implements AutoCloseable {
    private final BridgeFixture fixture;
    private final RedisConnections connections;
    private final CommandSender sender;
    private final FrameCodec codec = new FrameCodec();

    Commands(BridgeFixture fixture) {
        this.fixture = fixture;
        this.connections = RedisConnections.open(fixture.redis.url(), "ledger-of-a-test");
        this.sender = new CommandSender(connections);
    }

    static ConditionFactory await() {
        return Awaitility.await().pollInterval(Duration.ofMillis(20));
    }

    /** An agent with a journal, and so an instance, with its WELCOME. */
    static ScriptedAgent withJournal(Bridge bridge, String agent, UUID instance) {
        ScriptedAgent connected = bridge.connect(agent);
        connected.send(
                connected
                        .hello("ack", "journal", "job_status", "cancel")
                        .put("instance_uid", instance.toString()));
        var _ = connected.next("WELCOME");
        return connected;
    }

    /** One {@code echo} for an agent, to be sent as it is or changed before. */
    Draft echo(String agent, String message) {
        Instant now = Instant.now();
        return new Draft(
                new CorrelationId(UUID.randomUUID()),
                AgentId.of(agent),
                message,
                1,
                null,
                now,
                now.plusSeconds(60),
                null,
                null);
    }

    /** A command record before it is written. */
    record Draft(
            CorrelationId id,
            AgentId agent,
            String message,
            int attempt,
            @Nullable UUID instance,
            Instant issuedAt,
            Instant expiresAt,
            @Nullable String jws,
            @Nullable String traceparent) {
        Draft attempt(int other) {
            return new Draft(
                    id, agent, message, other, instance, issuedAt, expiresAt, jws, traceparent);
        }

        Draft pinnedTo(UUID other) {
            return new Draft(
                    id, agent, message, attempt, other, issuedAt, expiresAt, jws, traceparent);
        }

        Draft expiring(Instant at) {
            return new Draft(id, agent, message, attempt, instance, issuedAt, at, jws, traceparent);
        }

        Draft signed(String signature, String trace) {
            return new Draft(
                    id, agent, message, attempt, instance, issuedAt, expiresAt, signature, trace);
        }
    }

    /** Writes it to the public door. */
    Draft send(Draft draft) {
        Answers.await(sender.send(record(draft)));
        return draft;
    }

    /** Writes any command to the public door. */
    void send(StreamRecord.Command record) {
        Answers.await(sender.send(record));
    }

    /** Writes any record straight to one bridge. */
    void send(Bridge bridge, StreamRecord.OfCommands record) {
        Answers.await(sender.send(bridge.id(), record));
    }

    StreamRecord.Command record(Draft draft) {
        Envelope envelope =
                new Envelope(
                        draft.id(),
                        draft.agent(),
                        "echo",
                        new JsonMapper().createObjectNode().put("message", draft.message()),
                        draft.issuedAt(),
                        draft.expiresAt(),
                        UUID.randomUUID(),
                        5,
                        "somebody");
        return StreamRecord.Command.unsent(
                draft.agent(),
                Instant.now(),
                draft.id(),
                draft.attempt(),
                draft.instance() == null ? null : new InstanceUid(draft.instance()),
                new Payload.Clear(Bytes.of(codec.encodeEnvelope(envelope)), draft.jws()),
                draft.traceparent());
    }

    StreamRecord.Cancel cancel(Draft draft, @Nullable UUID instance) {
        return new StreamRecord.Cancel(
                draft.agent(),
                Instant.now(),
                draft.id(),
                draft.expiresAt(),
                CancelMode.STOP,
                instance == null ? null : new InstanceUid(instance));
    }

    StreamRecord.JobQuery query(String agent, @Nullable UUID instance, CorrelationId... ids) {
        return new StreamRecord.JobQuery(
                AgentId.of(agent),
                Instant.now(),
                List.of(ids),
                instance == null ? null : new InstanceUid(instance));
    }

    StreamRecord.Close close(String agent, SessionId session, int code) {
        return new StreamRecord.Close(AgentId.of(agent), Instant.now(), session, code);
    }

    /** What bridges said of this command so far: {@code DISPATCHED 1}, {@code RELEASED 2 busy}. */
    List<String> said(CorrelationId id) {
        List<String> said = new ArrayList<>();
        for (var record : fixture.records(Keys.COMMAND_RESULTS)) {
            if (id.toString().equals(record.get("correlation_id"))) {
                String reason = record.getOrDefault("reason", "");
                said.add((record.get("kind") + " " + record.get("attempt") + " " + reason).strip());
            }
        }
        return said;
    }

    /** Waits for exactly this. */
    void said(CorrelationId id, String... expected) {
        await().untilAsserted(() ->
                org.assertj.core.api.Assertions.assertThat(said(id)).containsExactly(expected));
    }

    @Override
    public void close() {
        connections.close();
    }
}
