package io.viworks.agent.connection;

import static io.viworks.agent.connection.Rig.command;
import static io.viworks.agent.connection.Rig.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.agent.config.ConfigMistakes;
import io.viworks.agent.connection.FakeBridge.Peer;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.signing.EnvelopeSigner;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** An agent with {@code verify_keys} at a bridge that somebody has taken over. */
class SignedCommandTest {
    @TempDir Path folder;
    private Path trusted;
    private EnvelopeSigner signer;
    private FakeBridge bridge;
    private Rig rig;
    private Peer peer;

    @BeforeEach
    void connect() throws Exception {
        trusted = Files.createDirectory(folder.resolve("trusted"));
        signer = newSigner("first");
        bridge = new FakeBridge();
        rig = new Rig(folder, bridge.url()).with("VERIFY_KEYS", trusted).start();
        peer = bridge.next();
        assertThat(peer.expect("HELLO").path("features").toString()).contains("\"jws\"");
        peer.welcome(20, 262_144);
    }

    @AfterEach
    void disconnect() throws Exception {
        rig.close();
        bridge.close();
    }

    /** A new key pair, whose public half the agent trusts. */
    private EnvelopeSigner newSigner(String name) throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        pem(trusted.resolve(name + ".pem"), "PUBLIC KEY", pair.getPublic());
        return EnvelopeSigner.read(
                pem(folder.resolve(name + ".key"), "PRIVATE KEY", pair.getPrivate()));
    }

    private static Path pem(Path file, String kind, Key key) throws Exception {
        return Files.writeString(
                file,
                "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
                        .formatted(kind, Base64.getEncoder().encodeToString(key.getEncoded())));
    }

    private static String envelope(CorrelationId id) {
        return command(id, "echo").replace("\"type\":\"COMMAND\",\"attempt\":1,", "");
    }

    private static String frame(CorrelationId id, String jws) {
        return """
        {"type":"COMMAND","correlation_id":"%s","attempt":1,"jws":"%s"}\
        """
                .formatted(id, jws);
    }

    private void assertRefused(CorrelationId id, String code) throws Exception {
        ObjectNode ack = peer.answer();
        assertThat(ack.path("type").asString("")).isEqualTo("ACK");
        assertThat(ack.path("correlation_id").asString("")).isEqualTo(id.toString());
        assertThat(ack.path("status").asString("")).isEqualTo("rejected");
        assertThat(ack.path("error").path("code").asString("")).isEqualTo(code);
        assertThat(rig.executor.started()).doesNotContain(id);
    }

    private void assertRuns(CorrelationId id) throws Exception {
        ObjectNode ack = peer.answer();
        assertThat(ack.path("correlation_id").asString("")).isEqualTo(id.toString());
        assertThat(ack.path("status").asString("")).isEqualTo("accepted");
        ObjectNode result = peer.answer();
        assertThat(result.path("type").asString("")).isEqualTo("RESULT");
        assertThat(result.path("status").asString("")).isEqualTo("success");
        assertThat(rig.executor.started()).contains(id);
    }

    private String signed(EnvelopeSigner by, String envelope) {
        return by.sign(Bytes.utf8(envelope));
    }

    @Test
    void runsWhatIsSignedAndNeverAByteOfItChanged() throws Exception {
        CorrelationId id = id();
        String jws = signed(signer, envelope(id));
        for (int i = 0; i < jws.length(); i++) {
            char other = jws.charAt(i) == 'A' ? 'B' : 'A';
            peer.send(frame(id, jws.substring(0, i) + other + jws.substring(i + 1)));
            assertRefused(id, "BadSignature");
        }
        // No forgery spoils the command itself.
        peer.send(frame(id, jws));
        assertRuns(id);
        assertThat(rig.executor.started()).containsExactly(id);
    }

    @Test
    void theFramesOwnFieldsDecideNothing() throws Exception {
        CorrelationId id = id();
        String jws = signed(signer, envelope(id));
        CorrelationId other = id();
        peer.send(frame(other, jws));
        assertRefused(other, "BadSignature");
        peer.send(
                frame(id, jws)
                        .replace(
                                "\"attempt\"",
                                "\"verb\":\"forbidden\",\"args\":{\"message\":\"x\"},\"attempt\""));
        assertRuns(id);
    }

    @Test
    void aStrippedSignatureIsRefused() throws Exception {
        CorrelationId id = id();
        peer.send(command(id, "echo"));
        assertRefused(id, "BadSignature");
        peer.send(frame(id, ""));
        assertRefused(id, "BadSignature");
        peer.send(frame(id, "x").replace("\"x\"", "null"));
        assertRefused(id, "ValidationFailed"); // neither signed nor a whole envelope
        assertThat(rig.logged("bad_signature")).isNotEmpty();
    }

    @Test
    void algNoneAndAKeyNobodyTrustsAreRefused() throws Exception {
        CorrelationId id = id();
        String payload = base64(envelope(id));
        String none =
                base64(
                        "{\"alg\":\"none\",\"typ\":\"viw-command\",\"kid\":\"%s\"}"
                                .formatted(signer.kid()));
        peer.send(frame(id, none + "." + payload + "."));
        assertRefused(id, "BadSignature");
        EnvelopeSigner stranger = newSigner("stranger");
        Files.delete(trusted.resolve("stranger.pem"));
        peer.send(frame(id, signed(stranger, envelope(id))));
        assertRefused(id, "BadSignature");
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void anotherAgentsCommandAndALateOneAreRefusedThoughSigned() throws Exception {
        CorrelationId elsewhere = id();
        peer.send(
                frame(
                        elsewhere,
                        signed(signer, envelope(elsewhere).replace("gateway-1", "gateway-2"))));
        assertRefused(elsewhere, "ValidationFailed");

        CorrelationId late = id();
        String past =
                command(late, "echo", 1, Instant.now().minusSeconds(1), UUID.randomUUID())
                        .replace("\"type\":\"COMMAND\",\"attempt\":1,", "");
        peer.send(frame(late, signed(signer, past)));
        assertRefused(late, "Expired");
    }

    @Test
    void aReplayAfterTheRunIsAnsweredFromTheJournal() throws Exception {
        CorrelationId id = id();
        String jws = signed(signer, envelope(id));
        peer.send(frame(id, jws));
        assertRuns(id);
        rig.stop();
        rig.start();
        peer = bridge.nextWelcomed();
        peer.send(frame(id, jws));
        assertThat(peer.expect("RESULT").path("correlation_id").asString(""))
                .isEqualTo(id.toString());
        assertThat(rig.executor.started()).containsExactly(id);
        // Nor does a forgery about a known command change what is said of it.
        peer.send(command(id, "echo"));
        assertThat(peer.expect("RESULT").path("status").asString("")).isEqualTo("success");
    }

    @Test
    void whatIsSignedButNoEnvelopeIsRefused() throws Exception {
        CorrelationId id = id();
        peer.send(frame(id, signed(signer, "{\"correlation_id\":\"%s\"}".formatted(id))));
        assertRefused(id, "ValidationFailed");
        assertThat(rig.executor.started()).isEmpty();
    }

    @Test
    void aKeyIsReplacedWhileTheAgentRuns() throws Exception {
        EnvelopeSigner next = newSigner("second"); // handed out first, used then
        Awaitility.await()
                .pollInterval(Duration.ofMillis(200))
                .until(() -> runs(next) && runs(signer));
        Files.delete(trusted.resolve("first.pem"));
        Awaitility.await().pollInterval(Duration.ofMillis(200)).until(() -> !runs(signer));
        assertThat(runs(next)).isTrue();
        // A half-written file takes no key away.
        Files.writeString(trusted.resolve("third.pem"), "-----BEGIN PUB");
        Awaitility.await()
                .pollInterval(Duration.ofMillis(200))
                .until(() -> {
                    assertThat(runs(next)).isTrue();
                    return !rig.logged("verify_keys_unreadable").isEmpty();
                });
    }

    private boolean runs(EnvelopeSigner by) throws Exception {
        CorrelationId id = id();
        peer.send(frame(id, signed(by, envelope(id))));
        ObjectNode ack = peer.expect("ACK");
        assertThat(ack.path("correlation_id").asString("")).isEqualTo(id.toString());
        return ack.path("status").asString("").equals("accepted");
    }

    @Test
    void aConfigurationThatPromisesMoreThanItKeepsStopsTheStart() throws Exception {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertMistake("be a list", rigWith().with("VERIFY_KEYS", ","));
        assertMistake("name at least one public key", rigWith().with("VERIFY_KEYS", empty));
        assertMistake(
                "not PRIVATE KEY", rigWith().with("VERIFY_KEYS", folder.resolve("first.key")));
        assertMistake(
                "must be a file", rigWith().with("VERIFY_KEYS", folder.resolve("nowhere.pem")));
        assertMistake("together with verify_keys", rigWith().with("REQUIRE_SIGNED", "true"));
        assertMistake(
                "not be false beside verify_keys",
                rigWith().with("VERIFY_KEYS", trusted).with("REQUIRE_SIGNED", "false"));
    }

    private Rig rigWith() throws Exception {
        return new Rig(folder, bridge.url());
    }

    private static void assertMistake(String sentence, Rig rig) {
        assertThatThrownBy(rig::start)
                .isInstanceOf(ConfigMistakes.class)
                .hasMessageContaining(sentence);
    }
}
