package io.viworks.agent.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.agent.connection.FakeBridge.Peer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole agent gets, uses, renews and loses a key of its own. */
class IdentityTest {
    private static final String TOKEN = "join-me-once";

    @TempDir Path folder;
    private FakeAdmin admin;
    private FakeBridge bridge;
    private Rig rig;

    @BeforeEach
    void prepare() throws Exception {
        admin = new FakeAdmin().token(TOKEN);
        bridge = new FakeBridge();
        bridge.answers(admin::answer);
        rig = new Rig(folder, bridge.url()).enrolling(admin, TOKEN);
    }

    @AfterEach
    void end() throws Exception {
        rig.close();
        bridge.close();
        admin.close();
    }

    @Test
    void enrolsWithItsTokenAndSignsWithItsKey() throws Exception {
        rig.start();
        Peer peer = bridge.nextWelcomed();
        assertThat(peer.header("x-agent-auth")).isEmpty();
        assertThat(admin.keyIds()).containsExactly(peer.header("x-agent-key-id"));
        assertThat(admin.nextAsked().path("token").asString("")).isEqualTo(TOKEN);
        assertThat(Files.getPosixFilePermissions(rig.identity()))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(Files.readString(rig.identity())).doesNotContain(TOKEN);

        rig.stop();
        Files.delete(folder.resolve("token"));
        rig.start();
        assertThat(bridge.nextWelcomed().header("x-agent-key-id"))
                .as("the next life has the key and needs no token")
                .isEqualTo(peer.header("x-agent-key-id"));
        assertThat(admin.waiting()).isZero();
        assertThat(admin.doubts()).isEmpty();
    }

    @Test
    void waitsForBridgesToHearOfItsKey() throws Exception {
        String[] answers = {FakeAdmin.problem(401, "bad_signature")};
        var left = new java.util.concurrent.atomic.AtomicInteger(3);
        bridge.answers(headers -> left.getAndDecrement() > 0 ? answers[0] : admin.answer(headers));
        rig.start();
        bridge.nextWelcomed();
        assertThat(bridge.attempts()).isEqualTo(4);
        assertThat(rig.logged("handshake_refused")).as("all within one attempt").isEmpty();
    }

    @Test
    void renewsItsKeyAtTwoThirdsOfItsLife() throws Exception {
        admin.life(Duration.ofSeconds(6));
        rig.start();
        Peer first = bridge.nextWelcomed();
        String old = first.header("x-agent-key-id");
        assertThat(admin.nextAsked().has("token")).isTrue();
        admin.life(null);

        assertThat(admin.nextAsked().has("token")).as("the older key vouches").isFalse();
        Peer second = bridge.nextWelcomed();
        assertThat(first.answer().path("type").asString("")).isEqualTo("BYE");
        String renewed = second.header("x-agent-key-id");
        assertThat(admin.keyIds()).containsExactly(old, renewed).doesNotHaveDuplicates();
        await().until(() -> !Files.readString(rig.identity()).contains(old));
        admin.revoke(old);
        rig.stop();
        rig.start();
        assertThat(bridge.nextWelcomed().header("x-agent-key-id")).isEqualTo(renewed);
        assertThat(admin.doubts()).isEmpty();
    }

    @Test
    void staysOnItsOldKeyWhileTheNewOneIsRefused() throws Exception {
        admin.life(Duration.ofSeconds(3));
        AtomicReference<String> only = new AtomicReference<>("");
        bridge.answers(headers -> {
            String keyId = headers.getOrDefault("x-agent-key-id", "");
            only.compareAndSet("", keyId);
            return keyId.equals(only.get())
                    ? admin.answer(headers)
                    : FakeAdmin.problem(403, "revoked");
        });
        rig.start();
        String old = bridge.nextWelcomed().header("x-agent-key-id");
        Peer fallen = bridge.nextWelcomed();
        assertThat(fallen.header("x-agent-key-id")).isEqualTo(old);
        assertThat(Files.readString(rig.identity())).contains(old);
        bridge.answers(admin::answer);
        Peer renewed = bridge.nextWelcomed();
        assertThat(renewed.header("x-agent-key-id")).isNotEqualTo(old);
    }

    @Test
    void comesBackWithAFreshTokenOnceItsKeyIsRevoked() throws Exception {
        rig.start();
        Peer peer = bridge.nextWelcomed();
        String old = peer.header("x-agent-key-id");
        admin.nextAsked();
        admin.revoke(old);
        peer.close(4403, "revoked");
        await().until(() -> rig.logged("handshake_refused").size() >= 2);
        assertThat(admin.waiting()).as("the token it was enrolled with is of no more use").isZero();
        assertThat(rig.logged("handshake_refused").getLast().path("pause_ms").asInt(0))
                .as("pauses grow from a minute, in this test a thousandth of it")
                .isGreaterThanOrEqualTo(60);

        admin.token("join-again");
        rig.token("join-again");
        String renewed = bridge.nextWelcomed().header("x-agent-key-id");
        assertThat(renewed).isNotEqualTo(old);
        assertThat(admin.nextAsked().path("token").asString("")).isEqualTo("join-again");
    }

    @Test
    void keepsAskingWhileTheServerRefusesOrIsAway() throws Exception {
        admin.refuse(403);
        rig.start();
        await().until(() -> rig.logged("not_enrolled").size() >= 3);
        assertThat(rig.logged("not_enrolled").getLast().path("pause_ms").asInt(0))
                .isGreaterThanOrEqualTo(60);
        String key = admin.nextAsked().path("public_key").asString("");
        assertThat(admin.nextAsked().path("public_key").asString("")).isEqualTo(key);
        admin.refuse(503);
        admin.nextAsked();
        admin.refuse(0);
        bridge.nextWelcomed();
        assertThat(bridge.attempts()).isEqualTo(1);
    }

    @Test
    void worksOnTheSharedSecretUntilThereIsAToken() throws Exception {
        bridge.answers(
                headers -> headers.containsKey("x-agent-auth") ? null : admin.answer(headers));
        rig.with("SHARED_SECRET_FILE", folder.resolve("secret"));
        rig.token("not-yet-good");
        rig.start();
        Peer first = bridge.nextWelcomed();
        assertThat(first.header("x-agent-auth")).hasSize(64);
        admin.token("good-now");
        rig.token("good-now");
        Peer second = bridge.nextWelcomed();
        assertThat(second.header("x-agent-auth")).isEmpty();
        assertThat(second.header("x-agent-key-id")).isNotEmpty();
    }

    @Test
    void putsADamagedIdentityAsideAndNeedsAToken() throws Exception {
        Files.writeString(
                Files.createFile(
                        rig.identity(),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------"))),
                "{\"agent_id\":\"gateway-1\",\"current\":{\"private_key\":\"AAAA");
        rig.start();
        bridge.nextWelcomed();
        assertThat(rig.logged("identity_damaged")).hasSize(1);
        try (var files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .anyMatch(name -> name.startsWith("identity.json.damaged-"));
        }
    }
}
