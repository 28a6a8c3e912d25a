package io.viworks.bridge;

import static io.viworks.bridge.Commands.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.backplane.Keys;
import io.viworks.backplane.directory.DirectoryEntry.Status;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamRecord.Payload;
import io.viworks.bridge.BridgeFixture.Bridge;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.sealing.Contents;
import io.viworks.protocol.sealing.SealingKeys;
import io.viworks.protocol.signing.EnvelopeSigner;
import io.viworks.testkit.ScriptedAgent;
import io.viworks.testkit.TestRedis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Who gets a command with secrets, and that nobody else does (spec 4, "Secrets"). */
class SealedDeliveryTest {
    private static final String MARK = "Zq8-marked-secret";

    @TempDir Path folder;
    private TestRedis redis;
    private BridgeFixture fixture;
    private Commands commands;
    private Path file;
    private SealingKeys ring;

    @BeforeEach
    void start() throws Exception {
        redis = TestRedis.start();
        fixture = BridgeFixture.on(redis);
        commands = new Commands(fixture);
        file = ringOf("here", 1);
        ring = read(file);
    }

    @AfterEach
    void stop() {
        commands.close();
        fixture.close();
        redis.close();
    }

    private Path ringOf(String kid, int seed) throws IOException {
        byte[] key = new byte[32];
        Arrays.fill(key, (byte) seed);
        Path ringFile = folder.resolve(kid);
        Files.writeString(ringFile, kid + " " + Base64.getEncoder().encodeToString(key) + "\n");
        return Files.setPosixFilePermissions(
                ringFile, PosixFilePermissions.fromString("rw-------"));
    }

    private static SealingKeys read(Path ringFile) throws IOException {
        return SealingKeys.read(ringFile, new SecureRandom());
    }

    private Bridge bridge(String... flags) {
        String[] all = Arrays.copyOf(flags, flags.length + 1);
        all[flags.length] = "VIW_SEALING_KEYS_FILE=" + file;
        return fixture.bridge(all);
    }

    /** An agent with a key of its own, with its WELCOME. */
    private ScriptedAgent enrolled(Bridge bridge, String name, String... features) {
        fixture.change(fixture.entry(name, Status.ACTIVE, true, Handshakes.PUBLIC_KEY));
        ScriptedAgent agent = bridge.keep(Handshakes.own(bridge.handshake(name)).open());
        var _ = agent.join(features);
        return agent;
    }

    private static Envelope envelope(CorrelationId id, String agent) {
        Instant now = Instant.now();
        return new Envelope(
                id,
                AgentId.of(agent),
                "create_panel_user",
                new JsonMapper().createObjectNode().put("username", "eve").put("password", MARK),
                now,
                now.plusSeconds(60),
                UUID.randomUUID(),
                5,
                "somebody");
    }

    private static Contents contents(CorrelationId id, String agent) {
        return new Contents.Plain(Bytes.of(new FrameCodec().encodeEnvelope(envelope(id, agent))));
    }

    private CorrelationId send(String agent, CorrelationId id, Bytes sealed, int attempt) {
        commands.send(
                StreamRecord.Command.unsent(
                        AgentId.of(agent),
                        Instant.now(),
                        id,
                        attempt,
                        null,
                        new Payload.Sealed(sealed),
                        null));
        return id;
    }

    private CorrelationId send(String agent, SealingKeys keys) {
        CorrelationId id = id();
        return send(agent, id, keys.seal(id, AgentId.of(agent), contents(id, agent)), 1);
    }

    private static CorrelationId id() {
        return new CorrelationId(UUID.randomUUID());
    }

    private void nothingOfItIsInRedis() {
        for (String stream :
                List.of(Keys.COMMANDS, Keys.COMMAND_RESULTS, Keys.deadLettersOf(Keys.COMMANDS))) {
            assertThat(fixture.records(stream).toString()).doesNotContain(MARK);
        }
    }

    @Test
    void isOpenedForTheSocketOfAnEnrolledAgent() {
        ScriptedAgent agent = enrolled(bridge(), "own-key");

        CorrelationId id = send("own-key", ring);
        JsonNode frame = agent.next("COMMAND");

        assertThat(frame.path("args").path("password").asString()).isEqualTo(MARK);
        assertThat(frame.path("attempt").asInt()).isEqualTo(1);
        commands.said(id, "DISPATCHED 1");
        nothingOfItIsInRedis();
    }

    @Test
    void keepsItsSignatureForAnAgentThatVerifies() throws Exception {
        var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Path key =
                Files.writeString(
                        folder.resolve("signing.key"),
                        "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n"
                                .formatted(
                                        Base64.getEncoder()
                                                .encodeToString(pair.getPrivate().getEncoded())));
        ScriptedAgent agent =
                enrolled(bridge("AGENT_ENVELOPE_JWS_REQUIRED=true"), "verifies", "jws");
        CorrelationId signed = id();
        Contents clear = contents(signed, "verifies");
        String jws = EnvelopeSigner.read(key).sign(clear.envelope());

        CorrelationId unsigned = send("verifies", ring);
        send(
                "verifies",
                signed,
                ring.seal(signed, AgentId.of("verifies"), Contents.of(clear.envelope(), jws)),
                1);

        assertThat(agent.next("COMMAND").path("jws").asString()).isEqualTo(jws);
        commands.said(signed, "DISPATCHED 1");
        commands.said(unsigned, "RELEASED 1 unopened");
        assertThat(agent.frames("COMMAND")).hasSize(1);
    }

    @Test
    void isNotForASessionOnTheSharedSecretWhateverWasKnownAtItsAcceptance() {
        ScriptedAgent agent = bridge().join("shared");

        CorrelationId id = send("shared", ring);

        commands.said(id, "RELEASED 1 not_enrolled");
        assertThat(agent.frames("COMMAND")).isEmpty();
        assertThat(fixture.records(Keys.deadLettersOf(Keys.COMMANDS))).isEmpty();
    }

    @Test
    void isForASessionOnTheSharedSecretWhereThatIsAllowed() {
        ScriptedAgent agent = bridge("AGENT_SECRETS_ON_SHARED_SECRET=true").join("shared");

        CorrelationId id = send("shared", ring);

        assertThat(agent.next("COMMAND").path("args").path("password").asString()).isEqualTo(MARK);
        commands.said(id, "DISPATCHED 1");
    }

    @Test
    void waitsInTheLedgerWhenThisBridgeIsWithoutItsKey() throws Exception {
        ScriptedAgent agent = enrolled(bridge(), "other-ring");
        ScriptedAgent without = enrolled(fixture.bridge(), "no-ring");

        CorrelationId other = send("other-ring", read(ringOf("elsewhere", 2)));
        CorrelationId none = send("no-ring", ring);

        commands.said(other, "RELEASED 1 unopened");
        commands.said(none, "RELEASED 1 unopened");
        assertThat(agent.frames("COMMAND")).isEmpty();
        assertThat(without.frames("COMMAND")).isEmpty();
        assertThat(fixture.records(Keys.deadLettersOf(Keys.COMMANDS))).isEmpty();
    }

    @Test
    void goesToNobodyWhenItWasForgedOrMovedToAnotherCommandOrAgent() throws Exception {
        ScriptedAgent agent = enrolled(bridge(), "victim");
        CorrelationId theirs = id();
        Bytes sealed = ring.seal(theirs, AgentId.of("victim"), contents(theirs, "victim"));

        CorrelationId replayed = send("victim", id(), sealed, 1);
        CorrelationId moved = id();
        send("victim", moved, ring.seal(moved, AgentId.of("owner"), contents(moved, "owner")), 1);
        byte[] spoiled = sealed.array().clone();
        spoiled[spoiled.length - 1] ^= 1;
        send("victim", theirs, Bytes.of(spoiled), 1);
        CorrelationId guessed = send("victim", read(ringOf("here", 9)));

        List<CorrelationId> all = List.of(replayed, moved, theirs, guessed);
        for (CorrelationId id : all) {
            commands.said(id, "RELEASED 1 unopened");
        }
        List<Map<String, String>> letters = awaitLetters(all.size());
        assertThat(letters)
                .allSatisfy(letter ->
                        assertThat(letter.get("error"))
                                .contains("was not sealed for this command"));
        // The ledger has it as it was accepted and sends it again.
        send("victim", theirs, sealed, 2);
        assertThat(agent.next("COMMAND").path("correlation_id").asString())
                .isEqualTo(theirs.toString());
        commands.said(theirs, "RELEASED 1 unopened", "DISPATCHED 2");
        assertThat(agent.frames("COMMAND")).hasSize(1);
        nothingOfItIsInRedis();
    }

    /** Whoever has a sealing key may seal; what is inside must be for this command all the same. */
    @Test
    void goesToNobodyWhenWhatIsInsideIsForAnother() {
        ScriptedAgent agent = enrolled(bridge(), "inside");
        CorrelationId id = id();

        send("inside", id, ring.seal(id, AgentId.of("inside"), contents(id, "other")), 1);

        commands.said(id, "RELEASED 1 unopened");
        assertThat(awaitLetters(1).getFirst().get("error")).contains("must name the record's");
        assertThat(agent.frames("COMMAND")).isEmpty();
    }

    @Test
    void isReleasedUnopenedWhenNobodyHoldsTheAgent() {
        var _ = bridge();

        CorrelationId id = send("away", ring);

        commands.said(id, "RELEASED 1 offline");
    }

    @Test
    void refusesSecretsThatSomebodyWroteByHand() {
        ScriptedAgent agent = enrolled(bridge(), "typed");

        String entry =
                fixture.raw.xadd(
                        Keys.COMMANDS,
                        Map.of(
                                "agent_id", bytes("typed"),
                                "command", bytes("create_panel_user"),
                                "params",
                                        bytes(
                                                "{\"username\":\"eve\",\"password\":\"%s\"}"
                                                        .formatted(MARK))));

        Map<String, String> letter = awaitLetters(1).getFirst();
        assertThat(letter).containsEntry("id", entry);
        assertThat(letter.get("error"))
                .contains("only admin-api can seal one")
                .doesNotContain(MARK);
        assertThat(agent.frames("COMMAND")).isEmpty();
        assertThat(fixture.records(Keys.COMMAND_RESULTS)).isEmpty();
    }

    private List<Map<String, String>> awaitLetters(int count) {
        await().until(() -> fixture.records(Keys.deadLettersOf(Keys.COMMANDS)).size() == count);
        return fixture.records(Keys.deadLettersOf(Keys.COMMANDS));
    }

    private static byte[] bytes(String text) {
        return Bytes.utf8(text).array();
    }
}
