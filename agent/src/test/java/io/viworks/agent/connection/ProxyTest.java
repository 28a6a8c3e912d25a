package io.viworks.agent.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.viworks.agent.config.ConfigMistakes;
import io.viworks.agent.connection.FakeBridge.Peer;
import io.viworks.agent.connection.TestAuthority.Guests;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent behind a proxy that asks for a password, on real sockets. */
class ProxyTest {
    private static final String USER = "gateway";
    private static final String PASSWORD = "s3cret:with colons";
    private static final String TOKEN = "join-me-once";

    @TempDir Path folder;
    private FakeProxy proxy;
    private FakeAdmin admin;
    private FakeBridge bridge;
    private Rig rig;

    @BeforeEach
    void prepare() throws Exception {
        TestAuthority authority = new TestAuthority("site");
        Guests guests = new Guests(authority);
        proxy = new FakeProxy(USER + ":" + PASSWORD);
        admin = new FakeAdmin(TestAuthority.context(authority.server(), guests)).token(TOKEN);
        bridge = TestAuthority.bridge(authority.server(), guests, false);
        bridge.answers(admin::answer);
        rig =
                new Rig(folder, bridge.url())
                        .enrolling(admin, TOKEN)
                        .with("TRUST_BUNDLE", authority.bundle(folder));
    }

    @AfterEach
    void end() throws Exception {
        rig.close();
        proxy.close();
        bridge.close();
        admin.close();
    }

    private Path credentials(String text) throws Exception {
        Path file = folder.resolve("proxy");
        if (!Files.exists(file)) {
            Files.createFile(
                    file,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
        }
        return Files.writeString(file, text + "\n");
    }

    @Test
    void enrolsAndConnectsThroughItWithTheCredentialsOfTheUrl() throws Exception {
        rig.with(
                        "PROXY_URL",
                        "http://%s:s3cret%%3Awith%%20colons@%s".formatted(USER, proxy.address()))
                .start();
        Peer peer = bridge.nextWelcomed();
        peer.expect("TELEMETRY");
        assertThat(proxy.opened())
                .containsExactly(
                        "127.0.0.1:" + admin.url().getPort(),
                        "127.0.0.1:" + bridge.url().getPort());
        assertNothingLeaks(peer);
    }

    @Test
    void readsTheirFileAgainForEveryAttempt() throws Exception {
        rig.with("PROXY_URL", "http://" + proxy.address())
                .with("PROXY_CREDENTIALS_FILE", credentials("gateway:wrong"))
                .start();
        await().until(() -> rig.logged("not_enrolled").size() >= 2);
        assertThat(rig.logged("not_enrolled").getLast().path("error").asString(""))
                .isEqualTo(
                        "the proxy takes no such credentials: see proxy_url and"
                                + " proxy_credentials_file");
        assertThat(rig.logged("not_enrolled").getLast().path("pause_ms").asInt(0))
                .as("a proxy that locks accounts is not asked in a loop: a minute and more")
                .isGreaterThanOrEqualTo(60);
        assertThat(proxy.opened()).isEmpty();
        credentials(USER + ":" + PASSWORD);
        assertNothingLeaks(bridge.nextWelcomed());
    }

    @Test
    void saysThatTheProxyRefusesAndComesBack() throws Exception {
        rig.without("IDENTITY_KEY_FILE")
                .without("ENROLL_URL")
                .without("ENROLL_TOKEN_FILE")
                .with("SHARED_SECRET_FILE", folder.resolve("secret"))
                .with("PROXY_URL", "http://" + proxy.address())
                .start();
        bridge.answers(_ -> null);
        await().until(() -> rig.logged("proxy_refused").size() >= 2);
        assertThat(rig.logged("proxy_refused").getFirst().path("status").asInt(0)).isEqualTo(407);
        assertThat(rig.logged("proxy_refused").getFirst().path("error").asString(""))
                .contains("proxy_credentials_file");
        assertThat(bridge.attempts()).isZero();
        rig.stop();
        rig.with("PROXY_CREDENTIALS_FILE", credentials(USER + ":" + PASSWORD)).start();
        assertNothingLeaks(bridge.nextWelcomed());
    }

    @Test
    void tunnelsPlainSocketsToo() throws Exception {
        try (FakeBridge plain = new FakeBridge();
                Rig other = new Rig(Files.createDirectory(folder.resolve("plain")), plain.url())) {
            other.with("PROXY_URL", "http://" + proxy.address())
                    .with("PROXY_CREDENTIALS_FILE", credentials(USER + ":" + PASSWORD))
                    .start();
            assertNothingLeaks(plain.nextWelcomed());
            assertThat(proxy.opened()).containsExactly("127.0.0.1:" + plain.url().getPort());
        }
    }

    @Test
    void refusesCredentialsItCannotKeep() throws Exception {
        rig.with("PROXY_URL", "http://%s:%s@%s".formatted(USER, "pw", proxy.address()))
                .with("PROXY_CREDENTIALS_FILE", credentials("nothing"));
        assertMistake("proxy_credentials_file must hold one line user:password");
        credentials(USER + ":pw");
        assertMistake("proxy_credentials_file must not stand beside a proxy_url with a user");
        Files.setPosixFilePermissions(
                folder.resolve("proxy"), PosixFilePermissions.fromString("rw-r-----"));
        assertMistake("proxy_credentials_file must be a file only its owner can read (0600)");
        rig.with("PROXY_URL", "http://just-a-user@" + proxy.address())
                .without("PROXY_CREDENTIALS_FILE");
        assertMistake("proxy_url must have a user and a password, or neither");
        rig.without("PROXY_URL").with("PROXY_CREDENTIALS_FILE", folder.resolve("proxy"));
        assertMistake("proxy_credentials_file must stand together with proxy_url");
    }

    private void assertMistake(String what) {
        assertThatThrownBy(rig::start)
                .isInstanceOf(ConfigMistakes.class)
                .hasMessageContaining(what)
                .hasMessageNotContaining("pw");
    }

    /** The proxy gets the credentials; no server, no line of the log ever does. */
    private void assertNothingLeaks(Peer peer) {
        assertThat(peer.header("proxy-authorization")).isEmpty();
        assertThat(admin.headers()).noneMatch(header -> header.startsWith("proxy-"));
        assertThat(proxy.heads()).allMatch(head -> head.startsWith("CONNECT "));
        assertThat(proxy.heads()).noneMatch(head -> head.contains("X-Agent"));
        String encoded =
                Base64.getEncoder()
                        .encodeToString((USER + ":" + PASSWORD).getBytes(StandardCharsets.UTF_8));
        assertThat(rig.log()).doesNotContain(PASSWORD, encoded, "s3cret");
    }
}
