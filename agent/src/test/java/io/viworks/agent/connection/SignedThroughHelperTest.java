package io.viworks.agent.connection;

import static io.viworks.agent.connection.Rig.confirm;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.agent.Main;
import io.viworks.agent.connection.FakeBridge.Peer;
import io.viworks.agent.helper.HelperProcess;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.signing.EnvelopeSigner;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** A command from an admin's signature over a real agent to a real helper, and back. */
@Timeout(300)
class SignedThroughHelperTest {
    @TempDir Path folder;
    private final List<Process> agents = new ArrayList<>();
    private EnvelopeSigner admin;
    private FakeBridge bridge;
    private HelperProcess helper;

    @BeforeEach
    void start() throws Exception {
        Path trusted = Files.createDirectory(folder.resolve("trusted"));
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        pem(trusted.resolve("admin.pem"), "PUBLIC KEY", pair.getPublic());
        admin =
                EnvelopeSigner.read(
                        pem(folder.resolve("admin.key"), "PRIVATE KEY", pair.getPrivate()));
        Files.writeString(folder.resolve("secret"), Rig.SECRET);
        bridge = new FakeBridge();
        helper =
                new HelperProcess(Files.createDirectory(folder.resolve("helper")))
                        .with(
                                "verify_keys = [\"%s\"]\nallowed_users = [\"%s\"]"
                                        .formatted(trusted, HelperProcess.USER))
                        .verb(
                                "delete_panel_user",
                                "echo $$ > %s/pid; echo \"deleted $1\"; [ \"$1\" != slow ] || exec"
                                                .formatted(folder)
                                        + " sleep 600",
                                ", \"{username}\"",
                                "")
                        .start();
    }

    @AfterEach
    void stop() throws Exception {
        for (Process agent : agents) {
            agent.destroyForcibly().waitFor();
        }
        helper.close();
        bridge.close();
    }

    private static Path pem(Path file, String kind, Key key) throws Exception {
        return Files.writeString(
                file,
                "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
                        .formatted(kind, Base64.getEncoder().encodeToString(key.getEncoded())));
    }

    private Process agent() throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "run");
        builder.environment()
                .putAll(
                        Map.of(
                                "VIW_AGENT_AGENT_ID", HelperProcess.AGENT,
                                "VIW_AGENT_BACKEND_URL", bridge.url().toString(),
                                "VIW_AGENT_SHARED_SECRET_FILE", folder.resolve("secret").toString(),
                                "VIW_AGENT_VERIFY_KEYS", folder.resolve("trusted").toString(),
                                "VIW_AGENT_HELPER_SOCKET", helper.socket().toString(),
                                "VIW_AGENT_HELPER_SECRET_FILE", helper.secret().toString(),
                                "VIW_AGENT_DATA_DIR", folder.resolve("data").toString()));
        File log = folder.resolve("log").toFile();
        Process agent =
                builder.redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                        .start();
        agents.add(agent);
        return agent;
    }

    private String signed(CorrelationId id, String username) {
        Instant now = Instant.now();
        Envelope envelope =
                new Envelope(
                        id,
                        new AgentId(HelperProcess.AGENT),
                        "delete_panel_user",
                        HelperProcess.json("{\"username\":\"" + username + "\"}"),
                        now,
                        now.plusSeconds(60),
                        UUID.randomUUID(),
                        30,
                        "erika");
        return "{\"type\":\"COMMAND\",\"correlation_id\":\"%s\",\"attempt\":1,\"jws\":\"%s\"}"
                .formatted(id, admin.sign(Bytes.of(new FrameCodec().encodeEnvelope(envelope))));
    }

    @Test
    void theHelperSeesTheSignatureTheAdminMade() throws Exception {
        agent();
        Peer peer = bridge.nextWelcomed();
        CorrelationId id = new CorrelationId(UUID.randomUUID());
        peer.send(signed(id, "anna"));
        assertThat(peer.answer().path("status").asString("")).isEqualTo("accepted");
        ObjectNode result = peer.expect("RESULT");
        assertThat(result.path("status").asString("")).isEqualTo("success");
        assertThat(result.path("stdout").asString("")).isEqualTo("deleted anna\n");
        assertThat(result.path("data").path("helper").has("stdout_sha256")).isTrue();
        peer.send(confirm(id));
        ObjectNode audit = helper.event("helper_run");
        assertThat(audit.path("correlation_id").asString("")).isEqualTo(id.toString());
        assertThat(audit.path("issued_by").asString("")).isEqualTo("erika");
        assertThat(audit.path("stdout_sha256"))
                .isEqualTo(result.path("data").path("helper").path("stdout_sha256"));
    }

    @Test
    void anAgentThatIsKilledTakesTheHelpersRunWithIt() throws Exception {
        Process agent = agent();
        CorrelationId id = new CorrelationId(UUID.randomUUID());
        bridge.nextWelcomed().send(signed(id, "slow"));
        Path pid = folder.resolve("pid");
        await().until(() -> Files.exists(pid) && Files.size(pid) > 1);
        long run = Long.parseLong(Files.readString(pid).strip());
        agent.destroyForcibly().waitFor();
        await().until(() -> ProcessHandle.of(run).filter(ProcessHandle::isAlive).isEmpty());
        assertThat(helper.event("helper_run").path("error").asString("")).isEqualTo("Cancelled");

        agent();
        Peer peer = bridge.nextWelcomed();
        assertThat(peer.answer().path("error").path("code").asString("")).isEqualTo("Interrupted");
    }
}
