package io.viworks.agent.helper;

import static io.viworks.agent.helper.HelperProcess.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.signing.EnvelopeSigner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** A helper with {@code verify_keys} and an agent that somebody has taken over, secret and all. */
@Timeout(300)
class HelperSignedTest {
    private static final FrameCodec CODEC = new FrameCodec();

    @TempDir Path folder;
    private Path trusted;
    private EnvelopeSigner admin;
    private HelperProcess helper;

    @BeforeEach
    void start() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        trusted = Files.createDirectory(folder.resolve("trusted"));
        admin = signer("admin", true);
        helper =
                new HelperProcess(folder)
                        .with(
                                "verify_keys = [\"%s\"]\nallowed_users = [\"%s\"]"
                                        .formatted(trusted, HelperProcess.USER))
                        .verb(
                                "delete_panel_user",
                                "echo \"$1\" >> " + folder + "/trace",
                                ", \"{username}\"",
                                "")
                        .verb("echo", "echo ran >> " + folder + "/trace", "", "")
                        .start();
    }

    @AfterEach
    void stop() {
        helper.close();
    }

    private EnvelopeSigner signer(String name, boolean isTrusted) throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        if (isTrusted) {
            pem(trusted.resolve(name + ".pem"), "PUBLIC KEY", pair.getPublic());
        }
        return EnvelopeSigner.read(
                pem(folder.resolve(name + ".key"), "PRIVATE KEY", pair.getPrivate()));
    }

    private static Path pem(Path file, String kind, Key key) throws Exception {
        return Files.writeString(
                file,
                "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
                        .formatted(kind, Base64.getEncoder().encodeToString(key.getEncoded())));
    }

    private static ObjectNode delete() {
        return request("delete_panel_user", "{'username':'anna'}");
    }

    /** What an admin would have signed to get this request. */
    private static Envelope envelope(ObjectNode request, Instant issued, Duration life) {
        return new Envelope(
                CorrelationId.of(request.path("correlation_id").asString("")),
                new AgentId(request.path("agent_id").asString("")),
                request.path("verb").asString(""),
                (ObjectNode) request.get("args"),
                issued,
                issued.plus(life),
                UUID.randomUUID(),
                30,
                "erika");
    }

    private static String jws(EnvelopeSigner signer, Envelope envelope) {
        return signer.sign(Bytes.of(CODEC.encodeEnvelope(envelope)));
    }

    private String jws(ObjectNode request) {
        return jws(admin, envelope(request, Instant.now(), Duration.ofMinutes(1)));
    }

    @Test
    void runsWhatAnAdminSigned() throws Exception {
        ObjectNode request = delete();
        assertThat(helper.ask(request.put("jws", jws(request))).path("rc").asInt(-1)).isZero();
        assertThat(Files.readAllLines(folder.resolve("trace"))).containsExactly("anna");
        assertThat(helper.event("helper_run").path("issued_by").asString("")).isEqualTo("erika");
    }

    @Test
    void runsItOnceHoweverOftenItIsWrappedAnew() throws Exception {
        ObjectNode request = delete();
        String jws = jws(request);
        assertThat(helper.ask(request.put("jws", jws)).path("rc").asInt(-1)).isZero();
        ObjectNode again = delete();
        again.set("correlation_id", request.get("correlation_id"));
        assertThat(helper.refusal(again.put("jws", jws))).isEqualTo("ReplayDetected");
        helper.kill();
        helper.start();
        ObjectNode later = delete();
        later.set("correlation_id", request.get("correlation_id"));
        assertThat(helper.refusal(later.put("jws", jws))).isEqualTo("ReplayDetected");
    }

    @Test
    void refusesWhatIsNotSignedOrSignedForSomethingElse() throws Exception {
        assertThat(helper.refusal(delete())).isEqualTo("BadSignature");
        assertThat(helper.refusal(delete().put("jws", "a.b.c"))).isEqualTo("BadSignature");
        assertThat(helper.refusal(delete().put("jws", ""))).isEqualTo("BadSignature");
        assertThat(helper.refusal(delete().put("jws", jws(delete())))) // another command's
                .isEqualTo("BadSignature");

        ObjectNode otherArgs = delete();
        otherArgs.put("jws", jws(otherArgs));
        ((ObjectNode) otherArgs.get("args")).put("username", "root");
        assertThat(helper.refusal(otherArgs)).isEqualTo("BadSignature");

        ObjectNode otherVerb = request("echo", "{'message':'anna'}");
        ObjectNode signedVerb = delete();
        signedVerb.set("correlation_id", otherVerb.get("correlation_id"));
        assertThat(helper.refusal(otherVerb.put("jws", jws(signedVerb)))).isEqualTo("BadSignature");

        ObjectNode otherAgent = delete();
        Envelope envelope =
                envelope(
                        otherAgent.deepCopy().put("agent_id", "gateway-002"),
                        Instant.now(),
                        Duration.ofMinutes(1));
        assertThat(helper.refusal(otherAgent.put("jws", jws(admin, envelope))))
                .isEqualTo("BadSignature");
        assertThat(
                        helper.refusal(
                                otherAgent
                                        .put("nonce", UUID.randomUUID().toString())
                                        .put("agent_id", "gateway-002")))
                .isEqualTo("ValidationFailed"); // not the helper's agent, signed or not

        ObjectNode stranger = delete();
        Envelope right = envelope(stranger, Instant.now(), Duration.ofMinutes(1));
        assertThat(helper.refusal(stranger.put("jws", jws(signer("stranger", false), right))))
                .isEqualTo("BadSignature");
        assertThat(folder.resolve("trace")).doesNotExist();
    }

    @Test
    void refusesWhatWasSignedForAnotherTime() throws Exception {
        ObjectNode old = delete();
        Envelope past = envelope(old, Instant.now().minusSeconds(1000), Duration.ofMinutes(1));
        assertThat(helper.refusal(old.put("jws", jws(admin, past)))).isEqualTo("Expired");
        ObjectNode early = delete();
        Envelope future = envelope(early, Instant.now().plusSeconds(1000), Duration.ofMinutes(1));
        assertThat(helper.refusal(early.put("jws", jws(admin, future)))).isEqualTo("ClockSkew");
        ObjectNode endless = delete();
        Envelope years = envelope(endless, Instant.now(), Duration.ofDays(365));
        assertThat(helper.refusal(endless.put("jws", jws(admin, years))))
                .isEqualTo("ValidationFailed");
    }

    @Test
    void aKeyCountsFromTheMomentItIsThereToTheMomentItIsGone() throws Exception {
        EnvelopeSigner second = signer("second", true);
        ObjectNode request = delete();
        Envelope envelope = envelope(request, Instant.now(), Duration.ofMinutes(1));
        assertThat(helper.ask(request.put("jws", jws(second, envelope))).path("rc").asInt(-1))
                .isZero();
        Files.delete(trusted.resolve("second.pem"));
        ObjectNode late = delete();
        assertThat(
                        helper.refusal(
                                late.put(
                                        "jws",
                                        jws(
                                                second,
                                                envelope(
                                                        late,
                                                        Instant.now(),
                                                        Duration.ofMinutes(1))))))
                .isEqualTo("BadSignature");
        Files.setPosixFilePermissions(trusted, PosixFilePermissions.fromString("rwxrwxrwx"));
        ObjectNode open = delete();
        assertThat(helper.refusal(open.put("jws", jws(open)))).isEqualTo("NotReady");
    }
}
