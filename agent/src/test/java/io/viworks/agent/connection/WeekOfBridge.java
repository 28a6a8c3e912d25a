package io.viworks.agent.connection;

import static org.awaitility.Awaitility.await;

import io.viworks.agent.connection.FakeBridge.Peer;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.Rfc3339;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.node.ObjectNode;

/**
 * A bridge as agents meet it in a week: sessions with commands of all kinds that end in all ways.
 * It writes down what comes.
 */
final class WeekOfBridge {
    /** Telemetry or signs of life in one session before it ends. */
    private static final int BEATS = 16;

    private static final Duration TICK = Duration.ofMillis(5);

    private static final int LONGEST = 100;

    private static final int PINGS = 4;
    private static final int FRAME_LIMIT = 256 * 1024;

    private final FakeBridge bridge;
    private final FakeAdmin admin;
    private final Time time;
    private final Queue<String> executions = new ConcurrentLinkedQueue<>();
    private final Set<String> ended = new HashSet<>();
    private final AtomicLong sessions = new AtomicLong();
    private final AtomicLong telemetry = new AtomicLong();
    private final AtomicLong heartbeats = new AtomicLong();
    private final AtomicLong commands = new AtomicLong();
    private volatile boolean resting;

    WeekOfBridge(FakeBridge bridge, FakeAdmin admin, Time time) {
        this.bridge = bridge;
        this.admin = admin;
        this.time = time;
    }

    void open() {
        Thread.ofVirtual().start(this::serve);
    }

    /** One entry for each run whose end came. */
    List<String> executions() {
        return List.copyOf(executions);
    }

    /** Signs of life and telemetry. */
    long beats() {
        return telemetry.get() + heartbeats.get();
    }

    int renewals() {
        return admin.keyIds().size() - 1;
    }

    /** Has so many more sessions. */
    void goOn(int more) {
        resting = false;
        long last = sessions.get() + more;
        await().atMost(Duration.ofMinutes(20)).until(() -> sessions.get() >= last);
    }

    /** From now on nothing is asked, and sessions stay. */
    void rest() {
        resting = true;
    }

    private void serve() {
        try {
            while (true) {
                Peer peer = bridge.next();
                try {
                    session(peer, sessions.getAndIncrement());
                } catch (IOException | AssertionError e) {
                    // Gone in the middle of a word: the next one comes.
                }
            }
        } catch (InterruptedException | NullPointerException e) {
            // The agent is gone.
        }
    }

    private void session(Peer peer, long number) throws IOException, InterruptedException {
        peer.expect("HELLO");
        String interval = "{\"collect_interval\":%d}".formatted(number % 2 == 0 ? 1 : 3_600);
        peer.welcome(1, FRAME_LIMIT, time.now(), interval);
        if (!resting) {
            ask(peer, number);
        }
        long before = beats();
        for (int tick = 0; !peer.hasEnded(TICK); tick++) {
            for (ObjectNode frame : peer.rest()) {
                take(peer, frame);
            }
            // what has not ended by then is told in a later session
            if (!resting && (beats() >= before + BEATS || tick > LONGEST)) {
                end(peer, number);
                return;
            }
            if (tick % PINGS == 0) {
                peer.ping();
            }
        }
    }

    private void ask(Peer peer, long number) throws IOException {
        CorrelationId first = Rig.id();
        command(peer, first, "echo", "{\"message\":\"%d\"}".formatted(number));
        command(peer, first, "echo", "{\"message\":\"%d\"}".formatted(number));
        command(peer, Rig.id(), "get_system_health", "{}");
        command(
                peer,
                Rig.id(),
                "create_panel_user",
                "{\"username\":\"u%d\",\"password\":\"a-secret\"}".formatted(number));
        command(peer, Rig.id(), "delete_panel_user", "{\"username\":\"u%d\"}".formatted(number));
        command(peer, Rig.id(), "delete_panel_user", "{\"username\":\"--all\"}");
        command(peer, Rig.id(), "no_such_verb", "{}");
        peer.send(Rig.cancel(Rig.id(), "STOP"));
        peer.send(Rig.query(first));
        peer.send("{\"type\":\"NOVELTY\"}");
    }

    private void command(Peer peer, CorrelationId id, String verb, String args) throws IOException {
        Instant now = time.now();
        commands.incrementAndGet();
        peer.send(
                """
                {"type":"COMMAND","attempt":1,"correlation_id":"%s","agent_id":"gateway-1",
                 "verb":"%s","args":%s,"issued_at":"%s","expires_at":"%s","nonce":"%s",
                 "timeout_s":5,"issued_by":"tests"}\
                """
                        .formatted(
                                id,
                                verb,
                                args,
                                Rfc3339.format(now),
                                Rfc3339.format(now.plusSeconds(60)),
                                UUID.randomUUID()));
    }

    private void take(Peer peer, ObjectNode frame) throws IOException {
        switch (frame.path("type").asString("")) {
            case "TELEMETRY" -> telemetry.incrementAndGet();
            case "HEARTBEAT" -> heartbeats.incrementAndGet();
            case "RESULT" -> {
                String id = frame.path("correlation_id").asString("");
                if (ended.add(id)) {
                    executions.add(frame.path("execution_id").asString(""));
                }
                peer.send("{\"type\":\"RESULT_ACK\",\"correlation_id\":\"%s\"}".formatted(id));
            }
            case "BYE" -> peer.close(1000, "as asked");
            default -> {}
        }
    }

    private void end(Peer peer, long number) throws IOException {
        switch ((int) (number % 6)) {
            case 0 -> peer.close(1012, "restart");
            case 1 -> peer.reset();
            case 2 -> {
                peer.send("{\"type\":\"BYE\",\"reason\":\"drain\"}");
                peer.close(1001, "drain");
            }
            case 3 -> {} // says nothing any more: the agent finds out
            case 4 -> refuseOnce(peer);
            default -> peer.close(1013, "busy");
        }
    }

    private void refuseOnce(Peer peer) throws IOException {
        int before = bridge.attempts();
        bridge.answers(headers ->
                bridge.attempts() <= before + 2
                        ? FakeAdmin.problem(503, "overloaded")
                        : admin.answer(headers));
        peer.reset();
    }

    @Override
    public String toString() {
        return "%d sessions, %d telemetry, %d heartbeats, %d commands, %d runs, %d renewals"
                .formatted(
                        sessions.get(),
                        telemetry.get(),
                        heartbeats.get(),
                        commands.get(),
                        executions.size(),
                        renewals());
    }
}
