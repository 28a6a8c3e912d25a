package io.viworks.results;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.viworks.backplane.Answers;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.delivery.Delivered;
import io.viworks.backplane.delivery.Deliveries;
import io.viworks.backplane.ownership.Claim;
import io.viworks.backplane.ownership.Ownership;
import io.viworks.backplane.stream.ConsumerLoop;
import io.viworks.backplane.stream.Entry;
import io.viworks.backplane.stream.Origin;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamWriter;
import io.viworks.backplane.stream.Subscription;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.ConnectionId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.SessionId;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One gateway with its session at a bridge of its own: claims itself, takes what is delivered to it
 * through the real scripts, and says what a test wants it to say.
 */
final class Gateway implements AutoCloseable {
    final AgentId agent;
    final BridgeId bridge = new BridgeId(UUID.randomUUID());
    final SessionId session = new SessionId(UUID.randomUUID());
    final @Nullable InstanceUid instance;

    private final ConnectionId connection = new ConnectionId(UUID.randomUUID());
    private final StreamWriter stream;
    private final Deliveries deliveries;
    private final Ownership ownership;
    private final ConsumerLoop<StreamRecord.OfCommands> loop;

    /** Commands that reached it, in their order. */
    final List<CorrelationId> taken = new CopyOnWriteArrayList<>();

    /** What else it was told. */
    final List<StreamRecord.OfCommands> told = new CopyOnWriteArrayList<>();

    /** Whether its session has budget for one more. */
    volatile boolean room = true;

    private final AtomicLong n = new AtomicLong();
    private long epoch;

    Gateway(
            String agent,
            @Nullable InstanceUid instance,
            RedisConnections connections,
            StreamWriter stream) {
        this.agent = AgentId.of(agent);
        this.instance = instance;
        this.stream = stream;
        this.deliveries = new Deliveries(connections, bridge);
        this.ownership = new Ownership(connections);
        this.loop =
                new ConsumerLoop<>(
                        connections,
                        new Subscription<>(
                                Keys.commandsOf(bridge),
                                Keys.GROUP_AGENT_BRIDGE,
                                "bridge-" + bridge,
                                StreamRecord.OfCommands.class),
                        this::takeAll,
                        _ -> {},
                        ResultsFixture.QUICK,
                        new SimpleMeterRegistry());
    }

    /** Takes the agent, as at the start of a session. */
    Gateway claim() {
        StreamRecord.Hello hello =
                new StreamRecord.Hello(
                        agent,
                        Instant.now(),
                        origin(0),
                        Bytes.utf8("{\"type\":\"HELLO\",\"agent_id\":\"" + agent + "\"}"),
                        StreamRecord.Auth.SHARED,
                        null,
                        "10.0.0.7");
        if (!(Answers.await(ownership.claim(hello)) instanceof Claim.Won won)) {
            throw new IllegalStateException("not claimed");
        }
        epoch = won.epoch();
        return this;
    }

    private Origin origin(long count) {
        return new Origin(bridge, connection, session, instance, epoch, count);
    }

    /** Starts to take what comes to its bridge, each through the delivery script. */
    Gateway listen() {
        loop.start();
        return this;
    }

    private void takeAll(List<Entry<StreamRecord.OfCommands>> batch) {
        for (Entry<StreamRecord.OfCommands> entry : batch) {
            if (entry.record() instanceof StreamRecord.Command command) {
                Delivered decided =
                        Answers.await(
                                deliveries.deliver(
                                        command, Instant.now().plusSeconds(60), session, room));
                if (decided instanceof Delivered.Dispatched) {
                    taken.add(command.correlationId());
                }
            } else {
                told.add(entry.record());
            }
        }
    }

    /** Takes a record made by hand, as its bridge would. */
    Delivered take(StreamRecord.HandMade made, Bytes envelope) {
        return Answers.await(deliveries.deliver(made, envelope, session, true));
    }

    /** Lets a record made by hand go by, as any bridge would without an owner. */
    Delivered release(StreamRecord.HandMade made, Bytes envelope) {
        return Answers.await(deliveries.release(made, envelope));
    }

    void ack(CorrelationId id) {
        says(
                "ACK",
                """
                {"type":"ACK","agent_id":"%s","correlation_id":"%s","attempt":1,
                 "status":"accepted"}
                """
                        .formatted(agent, id));
    }

    void refuse(CorrelationId id, int attempt, String code) {
        says(
                "ACK",
                """
                {"type":"ACK","agent_id":"%s","correlation_id":"%s","attempt":%d,
                 "status":"rejected","error":{"code":"%s","msg":"no"}}
                """
                        .formatted(agent, id, attempt, code));
    }

    void status(CorrelationId id, String state) {
        says(
                "JOB_STATUS",
                """
                {"type":"JOB_STATUS","agent_id":"%s","jobs":[{"correlation_id":"%s",
                 "state":"%s"}]}
                """
                        .formatted(agent, id, state));
    }

    void result(CorrelationId id, String rest) {
        says(
                "RESULT",
                """
                {"type":"RESULT","agent_id":"%s","correlation_id":"%s",%s}
                """
                        .formatted(agent, id, rest));
    }

    void success(CorrelationId id) {
        result(
                id,
                "\"execution_id\":\"" + UUID.randomUUID() + "\",\"status\":\"success\",\"rc\":0");
    }

    private void says(String kind, String frame) {
        Origin origin = origin(n.incrementAndGet());
        Bytes bytes = Bytes.utf8(frame);
        append(
                switch (kind) {
                    case "ACK" -> new StreamRecord.Ack(agent, Instant.now(), origin, bytes);
                    case "RESULT" -> new StreamRecord.Result(agent, Instant.now(), origin, bytes);
                    default -> new StreamRecord.JobStatus(agent, Instant.now(), origin, bytes);
                });
    }

    private void append(StreamRecord.OfResults record) {
        String _ = Answers.await(stream.append(Keys.COMMAND_RESULTS, record));
    }

    @Override
    public void close() {
        loop.close();
    }
}
