package io.viworks.bridge;

import static io.viworks.bridge.Commands.await;
import static io.viworks.bridge.Commands.withJournal;
import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.XAddArgs;
import io.viworks.backplane.Keys;
import io.viworks.backplane.stream.StreamRecord.Payload;
import io.viworks.bridge.BridgeFixture.Bridge;
import io.viworks.bridge.Commands.Draft;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.SessionId;
import io.viworks.protocol.frame.BridgeFrame;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.testkit.ScriptedAgent;
import io.viworks.testkit.TestRedis;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A command's way from the streams to the socket (spec 3.4). */
class DeliveryTest {
    private static final String TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    private static BridgeFixture fixture;
    private static Commands commands;
    private static Bridge first;
    private static Bridge second;

    @BeforeAll
    static void start() {
        fixture = BridgeFixture.onShared();
        first = fixture.bridge();
        second = fixture.bridge();
        commands = new Commands(fixture);
    }

    @AfterAll
    static void stop() {
        commands.close();
        fixture.close();
    }

    /** Whatever was sent to this agent before has been dealt with when this returns. */
    private static void fence(ScriptedAgent agent) {
        Draft last = commands.send(commands.echo(agent.agentId(), "fence"));
        await().until(() -> !commands.said(last.id()).isEmpty());
        await().until(() ->
                !commands.said(last.id()).contains("DISPATCHED 1")
                        || sentTo(agent).contains(last.id().toString()));
    }

    private static List<String> sentTo(ScriptedAgent agent) {
        return agent.frames("COMMAND").stream()
                .map(frame -> frame.path("correlation_id").asString())
                .toList();
    }

    @Test
    void deliversACommandOfThePublicDoorOnce() {
        ScriptedAgent agent = first.join("once");

        Draft sent = commands.send(commands.echo("once", "hello"));
        JsonNode frame = agent.next("COMMAND");
        commands.send(sent);
        fence(agent);

        assertThat(frame.path("correlation_id").asString()).isEqualTo(sent.id().toString());
        assertThat(frame.path("agent_id").asString()).isEqualTo("once");
        assertThat(frame.path("verb").asString()).isEqualTo("echo");
        assertThat(frame.path("args").path("message").asString()).isEqualTo("hello");
        assertThat(frame.path("attempt").asInt()).isEqualTo(1);
        assertThat(frame.path("timeout_s").asInt()).isEqualTo(5);
        assertThat(sentTo(agent)).containsOnlyOnce(sent.id().toString());
        assertThat(commands.said(sent.id())).containsExactly("DISPATCHED 1");
    }

    /**
     * JSON has to escape it as {@code \\u001b}, which is not plain: the codec reads the envelope.
     */
    @Test
    void deliversACommandWhoseEnvelopeIsNotPlain() {
        ScriptedAgent agent = first.join("not-plain");

        Draft sent = commands.send(commands.echo("not-plain", "\u001b[31mred"));

        assertThat(agent.next("COMMAND").path("args").path("message").asString())
                .isEqualTo("\u001b[31mred");
        assertThat(commands.said(sent.id())).containsExactly("DISPATCHED 1");
    }

    @Test
    void deliversALaterAttemptButNoEarlierOneAfterIt() {
        UUID instance = UUID.randomUUID();
        ScriptedAgent agent = withJournal(first, "attempts", instance);
        Draft draft = commands.echo("attempts", "again").pinnedTo(instance);

        commands.send(draft.attempt(2));
        assertThat(agent.next("COMMAND").path("attempt").asInt()).isEqualTo(2);
        commands.send(draft.attempt(1));
        commands.send(draft.attempt(3));
        assertThat(agent.next("COMMAND").path("attempt").asInt()).isEqualTo(3);

        assertThat(commands.said(draft.id())).containsExactly("DISPATCHED 2", "DISPATCHED 3");
    }

    @Test
    void passesACommandOnToTheBridgeThatHoldsTheAgent() {
        ScriptedAgent agent = second.join("elsewhere");
        double before = first.count("commands", "outcome", "forwarded");

        // Either bridge may read the public door; one of them has to pass it on.
        await().until(() -> {
            Draft sent = commands.send(commands.echo("elsewhere", "over there"));
            String id = agent.next("COMMAND").path("correlation_id").asString();
            assertThat(id).isEqualTo(sent.id().toString());
            agent.send(result(agent, sent.id()));
            // Else the next could find the agent with all it takes at once.
            var _ = agent.next("RESULT_ACK");
            assertThat(commands.said(sent.id())).containsExactly("DISPATCHED 1");
            return first.count("commands", "outcome", "forwarded") > before;
        });
    }

    @Test
    void aBridgeThatStillHasTheOldSessionPassesOnWhatAnotherHolds() {
        var _ = first.join("moved");
        ScriptedAgent agent = second.join("moved");
        double before = first.count("commands", "outcome", "forwarded");

        await().until(() -> {
            Draft sent = commands.send(commands.echo("moved", "over there"));
            String id = agent.next("COMMAND").path("correlation_id").asString();
            assertThat(id).isEqualTo(sent.id().toString());
            agent.send(result(agent, sent.id()));
            // Else the next could find the agent with all it takes at once.
            var _ = agent.next("RESULT_ACK");
            assertThat(commands.said(sent.id())).containsExactly("DISPATCHED 1");
            return first.count("commands", "outcome", "forwarded") > before;
        });
    }

    private static String result(ScriptedAgent agent, CorrelationId id) {
        return agent.json("RESULT")
                .put("correlation_id", id.toString())
                .put("status", "success")
                .toString();
    }

    @Test
    void releasesACommandNobodyHoldsTheAgentOf() {
        Draft sent = commands.send(commands.echo("nobody-here", "hello"));

        commands.said(sent.id(), "RELEASED 1 offline");
    }

    @Test
    void releasesACommandWhoseSessionIsGone() {
        ScriptedAgent agent = first.join("leaves");
        agent.send(agent.json("BYE").put("reason", "done"));
        assertThat(agent.closed().code()).isEqualTo(1000);
        await().until(() -> fixture.raw.exists("viw:owner:leaves") == 0);

        Draft sent = commands.send(commands.echo("leaves", "too late"));

        commands.said(sent.id(), "RELEASED 1 offline");
    }

    @Test
    void releasesAnExpiredCommandAndShowsItToNobody() {
        ScriptedAgent agent = first.join("late");

        Draft sent =
                commands.send(commands.echo("late", "old").expiring(Instant.now().minusSeconds(1)));

        commands.said(sent.id(), "RELEASED 1 expired");
        fence(agent);
        assertThat(sentTo(agent)).doesNotContain(sent.id().toString());
    }

    @Test
    void givesAPinnedCommandToNoOtherInstance() {
        ScriptedAgent agent = withJournal(first, "reinstalled", UUID.randomUUID());

        Draft sent = commands.send(commands.echo("reinstalled", "x").pinnedTo(UUID.randomUUID()));

        commands.said(sent.id(), "RELEASED 1 other_instance");
        assertThat(sentTo(agent)).isEmpty();
    }

    @Test
    void releasesAsBusyWhatIsMoreThanTheAgentTakesAtOnce() {
        ScriptedAgent agent = first.connect("busy");
        agent.send(agent.hello().put("max_concurrency", 2));
        assertThat(agent.next("WELCOME").path("max_inflight").asInt()).isEqualTo(2);

        Draft one = commands.send(commands.echo("busy", "1"));
        Draft two = commands.send(commands.echo("busy", "2"));
        commands.said(one.id(), "DISPATCHED 1");
        commands.said(two.id(), "DISPATCHED 1");
        Draft three = commands.send(commands.echo("busy", "3"));
        commands.said(three.id(), "RELEASED 1 busy");

        agent.send(result(agent, one.id()));
        var _ = agent.next("RESULT_ACK");
        commands.send(three.attempt(2));
        commands.said(three.id(), "RELEASED 1 busy", "DISPATCHED 2");
        // The ledger is told before the agent has the frame.
        await().untilAsserted(() ->
                assertThat(sentTo(agent))
                        .containsExactlyInAnyOrder(
                                one.id().toString(), two.id().toString(), three.id().toString()));
    }

    @Test
    void releasesAsBusyWhatTheOutboxHasNoRoomForInsteadOfClosing() {
        Bridge narrow = fixture.bridge("AGENT_BRIDGE_OUTBOX_FRAMES=12");
        UUID instance = UUID.randomUUID();
        ScriptedAgent agent = narrow.keep(narrow.handshake("slow").receiveBuffer(4096).open());
        agent.send(
                agent.hello("ack", "journal", "job_status")
                        .put("instance_uid", instance.toString()));
        var _ = agent.next("WELCOME");
        agent.stopReading();
        CorrelationId[] many =
                IntStream.range(0, 200)
                        .mapToObj(_ -> new CorrelationId(UUID.randomUUID()))
                        .toArray(CorrelationId[]::new);
        long full = 12L * new FrameCodec().encode(new BridgeFrame.JobQuery(List.of(many))).length;
        for (int sent = 1; waitsToLeave(narrow) < full; sent++) {
            int soFar = sent;
            commands.send(narrow, commands.query("slow", instance, many));
            await().until(() -> narrow.count("commands", "outcome", "job_query_sent") == soFar);
        }

        Draft draft = commands.send(commands.echo("slow", "no room").pinnedTo(instance));

        commands.said(draft.id(), "RELEASED 1 busy");
        assertThat(agent.closedSoFar()).isEmpty();
        narrow.close();
    }

    /** Bytes that wait to leave, once the kernel has taken what it takes. */
    private static double waitsToLeave(Bridge bridge) {
        double[] last = {-1};
        await().until(() -> {
            double now = bridge.gauge("outbound.bytes");
            boolean same = now == last[0];
            last[0] = now;
            return same;
        });
        return last[0];
    }

    @Test
    void dropsWhatWasWrittenIntoAMemoryThatIsLost() {
        ScriptedAgent agent = first.join("old-life");
        Draft draft = commands.echo("old-life", "from before");
        Map<String, byte[]> fields =
                Map.of(
                        "v", bytes("1"),
                        "kind", bytes("COMMAND"),
                        "agent_id", bytes("old-life"),
                        "ts", bytes(Instant.now().toString()),
                        "correlation_id", bytes(draft.id().toString()),
                        "attempt", bytes("1"),
                        "life", bytes("0000:another"),
                        "envelope", envelope(draft));

        fixture.raw.xadd(Keys.COMMANDS, fields);
        await().until(() ->
                first.count("commands", "outcome", "dropped_old_life")
                                + second.count("commands", "outcome", "dropped_old_life")
                        == 1);
        fence(agent);

        assertThat(sentTo(agent)).doesNotContain(draft.id().toString());
        assertThat(commands.said(draft.id())).isEmpty();
    }

    private static byte[] envelope(Draft draft) {
        return switch (commands.record(draft).payload()) {
            case Payload.Clear(var bytes, _) -> bytes.array();
            case Payload.Sealed _ -> throw new AssertionError();
        };
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void makesTheEnvelopeOfARecordWrittenByHand() {
        ScriptedAgent agent = first.join("by-hand");

        fixture.raw.xadd(
                Keys.COMMANDS,
                new XAddArgs(),
                handMade("by-hand", "echo", "{\"message\": \"typed\"}"));
        JsonNode frame = agent.next("COMMAND");

        assertThat(frame.path("args").path("message").asString()).isEqualTo("typed");
        assertThat(frame.path("issued_by").asString()).isEqualTo("stream");
        CorrelationId id = CorrelationId.of(frame.path("correlation_id").asString());
        commands.said(id, "DISPATCHED 1");
        assertThat(fixture.records(Keys.COMMAND_RESULTS, "DISPATCHED", "by-hand"))
                .singleElement()
                .satisfies(record -> assertThat(record.get("envelope")).contains("typed"));
    }

    @Test
    void tellsTheEnvelopeOfARecordWrittenByHandForNobody() {
        fixture.raw.xadd(Keys.COMMANDS, handMade("not-there", "echo", "{\"message\": \"typed\"}"));

        await().untilAsserted(() ->
                assertThat(fixture.records(Keys.COMMAND_RESULTS, "RELEASED", "not-there"))
                        .singleElement()
                        .satisfies(record -> {
                            assertThat(record.get("reason")).isEqualTo("offline");
                            assertThat(record.get("envelope")).contains("typed");
                        }));
    }

    @Test
    void setsOnlyTheRecordAtFaultAside() {
        ScriptedAgent agent = first.join("faults");
        String deadLetters = Keys.deadLettersOf(Keys.COMMANDS);

        fixture.raw.xadd(Keys.COMMANDS, handMade("faults", "echo", "{\"wrong\": 1}"));
        fixture.raw.xadd(Keys.COMMANDS, handMade("faults", "format_disk", "{}"));
        Draft right = commands.send(commands.echo("faults", "right"));

        assertThat(agent.next("COMMAND").path("correlation_id").asString())
                .isEqualTo(right.id().toString());
        await().untilAsserted(() ->
                assertThat(
                                fixture.records(deadLetters).stream()
                                        .map(Map::toString)
                                        .collect(Collectors.joining("\n")))
                        .contains("params/message is missing")
                        .contains("one of the catalogue's verbs"));
    }

    private static Map<String, byte[]> handMade(String agent, String command, String params) {
        return Map.of("agent_id", bytes(agent), "command", bytes(command), "params", bytes(params));
    }

    @Test
    void asksAnAgentOnlyWhatItOfferedAndOnlyItsInstance() {
        UUID instance = UUID.randomUUID();
        ScriptedAgent modern = withJournal(first, "modern", instance);
        ScriptedAgent plain = first.join("plain");
        Draft draft = commands.echo("modern", "to be stopped").pinnedTo(instance);
        double dropped = first.count("commands", "outcome", "cancel_dropped");

        commands.send(first, commands.cancel(draft, UUID.randomUUID()));
        commands.send(first, commands.cancel(commands.echo("plain", "x"), null));
        commands.send(first, commands.cancel(draft, instance));
        commands.send(first, commands.query("modern", instance, draft.id()));

        JsonNode cancel = modern.next("CANCEL");
        assertThat(cancel.path("correlation_id").asString()).isEqualTo(draft.id().toString());
        assertThat(cancel.path("mode").asString()).isEqualTo("stop");
        assertThat(modern.next("JOB_QUERY").path("correlation_ids").get(0).asString())
                .isEqualTo(draft.id().toString());
        assertThat(modern.frames("CANCEL")).hasSize(1);
        assertThat(plain.frames("CANCEL")).isEmpty();
        await().until(() -> first.count("commands", "outcome", "cancel_dropped") == dropped + 2);
    }

    @Test
    void closesTheSessionItIsToldToAndNoOther() {
        ScriptedAgent agent = first.connect("told");
        agent.send(agent.hello());
        String session = agent.next("WELCOME").path("session_id").asString();

        commands.send(first, commands.close("told", new SessionId(UUID.randomUUID()), 4409));
        commands.send(first, commands.close("told", SessionId.of(session), 4403));

        assertThat(agent.closed().code()).isEqualTo(4403);
    }

    @Test
    void sendsTheSignedFormOnlyToAnAgentThatReadsIt() {
        ScriptedAgent signed = first.join("signed", "jws");
        ScriptedAgent plain = first.join("unsigned");

        commands.send(commands.echo("signed", "x").signed("a.b.c", TRACE));
        commands.send(commands.echo("unsigned", "x").signed("a.b.c", TRACE));

        JsonNode sealed = signed.next("COMMAND");
        assertThat(sealed.path("jws").asString()).isEqualTo("a.b.c");
        assertThat(sealed.has("verb")).isFalse();
        JsonNode clear = plain.next("COMMAND");
        assertThat(clear.has("jws")).isFalse();
        assertThat(clear.path("traceparent").asString()).isEqualTo(TRACE);
    }

    @Test
    void whereSignaturesAreRequiredOnlySignedCommandsLeave() {
        try (TestRedis redis = TestRedis.start();
                BridgeFixture own = BridgeFixture.on(redis);
                Commands streams = new Commands(own)) {
            Bridge strict = own.bridge("AGENT_ENVELOPE_JWS_REQUIRED=true");
            ScriptedAgent verifies = strict.join("verifies", "jws");
            ScriptedAgent trusts = strict.join("trusts");

            own.raw.xadd(Keys.COMMANDS, handMade("verifies", "echo", "{\"message\": \"x\"}"));
            Draft stripped = streams.send(streams.echo("verifies", "stripped"));
            Draft unread = streams.send(streams.echo("trusts", "x").signed("a.b.c", TRACE));
            Draft right = streams.send(streams.echo("verifies", "right").signed("a.b.c", TRACE));

            JsonNode frame = verifies.next("COMMAND");
            assertThat(frame.path("correlation_id").asString()).isEqualTo(right.id().toString());
            assertThat(frame.propertyNames())
                    .containsExactlyInAnyOrder("type", "correlation_id", "attempt", "jws");
            streams.said(unread.id(), "RELEASED 1 busy");
            streams.said(stripped.id(), "RELEASED 1 offline"); // the ledger has the signed one
            await().untilAsserted(() ->
                    assertThat(own.records(Keys.deadLettersOf(Keys.COMMANDS)))
                            .hasSize(2)
                            .allSatisfy(letter ->
                                    assertThat(letter.toString())
                                            .contains("must be signed by admin-api")));
            assertThat(verifies.frames("COMMAND")).hasSize(1);
            assertThat(trusts.frames("COMMAND")).isEmpty();
        }
    }

    @Test
    void trimsItsOwnStreamBehindItself() {
        UUID instance = UUID.randomUUID();
        ScriptedAgent agent = withJournal(first, "trimmed", instance);
        CorrelationId asked = new CorrelationId(UUID.randomUUID());
        for (int i = 0; i < 20; i++) {
            commands.send(first, commands.query("trimmed", instance, asked));
        }
        await().until(() -> agent.frames("JOB_QUERY").size() == 20);

        await().until(() -> fixture.raw.xlen(Keys.commandsOf(first.id())) <= 1);
    }
}
