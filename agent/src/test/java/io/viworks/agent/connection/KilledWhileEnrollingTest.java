package io.viworks.agent.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.agent.Main;
import io.viworks.agent.connection.FakeBridge.Peer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/** The real program is killed (SIGKILL) at each step of an enrolment; the next life goes on. */
class KilledWhileEnrollingTest {
    private static final String TOKEN = "join-me-once";

    @TempDir Path folder;
    private final List<Process> lives = new ArrayList<>();
    private final Map<String, String> more = new HashMap<>();
    private FakeAdmin admin;
    private FakeBridge bridge;
    private Path identity;

    @BeforeEach
    void prepare() throws Exception {
        admin = new FakeAdmin().token(TOKEN);
        bridge = new FakeBridge();
        bridge.answers(admin::answer);
        identity = folder.resolve("identity.json");
        Files.writeString(folder.resolve("token"), TOKEN);
    }

    @AfterEach
    void end() throws Exception {
        for (Process life : lives) {
            life.destroyForcibly().waitFor();
        }
        bridge.close();
        admin.close();
    }

    private Process live() throws IOException {
        return live(admin.url());
    }

    private Process live(URI enrolUrl) throws IOException {
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
                                "VIW_AGENT_AGENT_ID", "gateway-1",
                                "VIW_AGENT_BACKEND_URL", bridge.url().toString(),
                                "VIW_AGENT_IDENTITY_KEY_FILE", identity.toString(),
                                "VIW_AGENT_ENROLL_URL", enrolUrl.toString(),
                                "VIW_AGENT_ENROLL_TOKEN_FILE", folder.resolve("token").toString(),
                                "VIW_AGENT_DATA_DIR", folder.resolve("data").toString()));
        builder.environment().putAll(more);
        Process life =
                builder.redirectErrorStream(true)
                        .redirectOutput(
                                ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
                        .start();
        lives.add(life);
        return life;
    }

    private static void kill(Process life) throws InterruptedException {
        assertThat(life.destroyForcibly().waitFor()).isEqualTo(137);
    }

    private static String key(ObjectNode request) {
        return FakeAdmin.keyOf(request);
    }

    private void assertOneGoodKey(Peer peer) {
        assertThat(admin.keyIds()).containsExactly(peer.header("x-agent-key-id"));
        assertThat(admin.doubts()).isEmpty();
    }

    /** Makes the identity unwritable, for root, too; it takes an empty folder to undo it. */
    private Path blockWrites() throws IOException {
        Path inTheWay = Files.createDirectory(folder.resolve("identity.json.new"));
        return Files.createFile(inTheWay.resolve("x"));
    }

    private void letWrite(Path blocker) throws IOException {
        Files.delete(blocker);
        Files.delete(blocker.resolveSibling(""));
    }

    private long logged(String event) throws IOException {
        try (Stream<String> lines = Files.lines(folder.resolve("log"))) {
            return lines.filter(line -> line.contains("\"event\":\"" + event + "\"")).count();
        }
    }

    /** The bridge and the agent speak TLS from now on, and keys come with certificates. */
    private void certified() throws Exception {
        TestAuthority authority = new TestAuthority("site");
        bridge.close();
        bridge =
                TestAuthority.bridge(
                        authority.server(), new TestAuthority.Guests(authority), false);
        bridge.answers(admin::answer);
        admin.certifies(authority, Duration.ofDays(90));
        more.put("VIW_AGENT_ENROLL_CERTIFICATE", "true");
        more.put("VIW_AGENT_TRUST_BUNDLE", authority.bundle(folder).toString());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void afterTheKeyWasStoredTheSameKeyIsEnrolled(boolean certified) throws Exception {
        if (certified) {
            certified();
        }
        String stored;
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Process life =
                    live(URI.create("http://127.0.0.1:" + silent.getLocalPort() + "/agent/enroll"));
            silent.accept().close();
            stored = Files.readString(identity);
            kill(life);
        }
        Files.writeString(folder.resolve("identity.json.new"), "{\"agent_id\":\"gate");
        live();
        assertThat(stored).contains(key(admin.nextAsked()));
        assertOneGoodKey(bridge.nextWelcomed());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void afterTheRequestWasSentTheSameIsAskedAgain(boolean certified) throws Exception {
        if (certified) {
            certified();
        }
        CountDownLatch answer = admin.hold();
        Process life = live();
        String first = key(admin.nextAsked());
        kill(life);
        answer.countDown();
        live();
        assertThat(key(admin.nextAsked())).isEqualTo(first);
        assertOneGoodKey(bridge.nextWelcomed());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anAnswerThatWasNotStoredIsAskedForAgain(boolean certified) throws Exception {
        if (certified) {
            certified();
        }
        CountDownLatch answer = admin.hold();
        Process life = live();
        String first = key(admin.nextAsked());
        Path blocker = blockWrites();
        answer.countDown();
        await().atMost(FakeBridge.PATIENCE).until(() -> logged("identity_unwritable") >= 1);
        kill(life);
        assertThat(bridge.attempts()).as("what is not stored is not used").isZero();
        letWrite(blocker);
        live();
        assertThat(key(admin.nextAsked())).isEqualTo(first);
        assertOneGoodKey(bridge.nextWelcomed());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRotationGoesOnAfterEachStep(boolean certified) throws Exception {
        if (certified) {
            certified();
        }
        admin.lifeOfFirst(Duration.ofSeconds(3));
        CountDownLatch answer = admin.holdRenewals();
        Process life = live();
        String old = bridge.nextWelcomed().header("x-agent-key-id");
        admin.nextAsked();
        String next = key(admin.nextAsked());
        kill(life);
        answer.countDown();

        Path blocker = blockWrites();
        life = live();
        assertThat(bridge.nextWelcomed().header("x-agent-key-id"))
                .as("without the answer the old key is used")
                .isEqualTo(old);
        assertThat(key(admin.nextAsked())).as("the same key is asked for").isEqualTo(next);
        await().atMost(FakeBridge.PATIENCE).until(() -> logged("identity_unwritable") >= 1);
        kill(life);

        letWrite(blocker);
        life = live();
        assertThat(bridge.nextWelcomed().header("x-agent-key-id")).isEqualTo(old);
        assertThat(key(admin.nextAsked())).isEqualTo(next);
        await().atMost(FakeBridge.PATIENCE).until(() -> logged("enrolled") >= 2);
        kill(life);

        blocker = blockWrites();
        life = live();
        String renewed = bridge.nextWelcomed().header("x-agent-key-id");
        assertThat(renewed).isNotEqualTo(old);
        await().atMost(FakeBridge.PATIENCE).until(() -> logged("connected") >= 4);
        kill(life);
        admin.revoke(old);

        letWrite(blocker);
        live();
        assertThat(bridge.nextWelcomed().header("x-agent-key-id"))
                .as("though it could not be written down that it had connected")
                .isEqualTo(renewed);
        await().atMost(FakeBridge.PATIENCE).until(() -> !Files.readString(identity).contains(old));
        assertThat(admin.keyIds()).containsExactly(renewed);
        assertThat(admin.doubts()).isEmpty();
    }
}
