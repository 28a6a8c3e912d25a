package io.viworks.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.viworks.bridge.BridgeFixture.Bridge;
import io.viworks.patience.Patience;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sockets that ask nothing, or take for ever to say what they ask, hold nobody up. */
class DoorstepTest {
    private static BridgeFixture fixture;

    @BeforeAll
    static void start() {
        fixture = BridgeFixture.onShared();
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    private static Socket open(Bridge bridge) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), bridge.port());
        socket.setSoTimeout(Math.toIntExact(Patience.LONGEST.toMillis()));
        return socket;
    }

    private static void ends(Socket socket) throws IOException {
        try {
            assertThat(socket.getInputStream().readAllBytes()).isEmpty();
        } catch (SocketException reset) {
            // Closed, with our own bytes unread.
            assertThat(reset).hasMessageContaining("reset");
        }
    }

    @Test
    void closesASocketThatSaysNothing() throws IOException {
        try (Bridge bridge = fixture.bridge("AGENT_BRIDGE_REQUEST_TIMEOUT=300ms");
                Socket silent = open(bridge)) {
            ends(silent);
            assertThat(bridge.count("sockets.dropped", "reason", "too_late")).isEqualTo(1);
            await().until(() -> bridge.gauge("sockets.silent") == 0);
        }
    }

    @Test
    void closesASocketThatSendsItsHeadersOneAtATime() throws IOException {
        try (Bridge bridge = fixture.bridge("AGENT_BRIDGE_REQUEST_TIMEOUT=500ms")) {
            long began = System.nanoTime();
            try (Socket slow = open(bridge)) {
                drips(slow, "GET /agent/ws HTTP/1.1\r\n", "X-A: b\r\n");
            }
            assertThat(Duration.ofNanos(System.nanoTime() - began))
                    .isGreaterThanOrEqualTo(Duration.ofMillis(500));
        }
    }

    @Test
    void closesASocketThatSendsItsBodyOneByteAtATime() throws IOException {
        try (Bridge bridge = fixture.bridge("AGENT_BRIDGE_REQUEST_TIMEOUT=500ms");
                Socket slow = open(bridge)) {
            drips(
                    slow,
                    request(
                            "POST /internal/agent/agents/gw/commands HTTP/1.1",
                            "Host: b",
                            "Content-Type: application/json",
                            "Content-Length: 100000"),
                    " ");
        }
    }

    @Test
    void letsASocketAskOnce() throws IOException {
        try (Bridge bridge = fixture.bridge("AGENT_BRIDGE_REQUEST_TIMEOUT=500ms");
                Socket socket = open(bridge)) {
            drips(
                    socket,
                    request("GET /nothing HTTP/1.1", "Host: b") + "GET /agent/ws HTTP/1.1\r\n",
                    "X-A: b\r\n");
        }
    }

    private static String request(String... lines) {
        return String.join("\r\n", lines) + "\r\n\r\n";
    }

    /**
     * Says the first, then the other again and again, until it can no more: that would be never,
     * did the bridge count from what it heard last.
     */
    private static void drips(Socket socket, String first, String then) throws IOException {
        socket.getOutputStream().write(first.getBytes(StandardCharsets.US_ASCII));
        await().pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    try {
                        socket.getOutputStream().write(then.getBytes(StandardCharsets.US_ASCII));
                        return false;
                    } catch (IOException closed) {
                        return true;
                    }
                });
    }

    @Test
    void closesASocketThatNeverBeginsItsTls(@TempDir Path files) throws IOException {
        KeyPair keys = TestAuthority.newKeys("EC");
        TestAuthority authority = TestAuthority.named("CN=Servers");
        var certificate = authority.issue(TestAuthority.Certificate.of("CN=x", keys).dns("x"));
        Path key = Files.writeString(files.resolve("key"), TestAuthority.pem(keys.getPrivate()));
        Path pem = Files.writeString(files.resolve("pem"), TestAuthority.pem(certificate));
        try (Bridge bridge =
                        fixture.bridge(
                                "AGENT_BRIDGE_REQUEST_TIMEOUT=300ms",
                                "AGENT_BRIDGE_TLS_CERT_FILE=" + pem,
                                "AGENT_BRIDGE_TLS_KEY_FILE=" + key);
                Socket silent = open(bridge)) {
            ends(silent);
            assertThat(bridge.count("sockets.dropped", "reason", "too_late")).isEqualTo(1);
        }
    }

    @Test
    void letsTheOldestSilentOneGoForANewOne() throws IOException {
        List<Socket> silent = new ArrayList<>();
        try (Bridge bridge =
                fixture.bridge("AGENT_BRIDGE_MAX_SILENT=3", "AGENT_BRIDGE_REQUEST_TIMEOUT=1m")) {
            for (int i = 0; i < 3; i++) {
                silent.add(open(bridge));
                int open = i + 1;
                await().until(() -> bridge.gauge("sockets.silent") == open);
            }

            bridge.join("gw-1");

            ends(silent.getFirst());
            assertThat(bridge.count("sockets.dropped", "reason", "crowded")).isEqualTo(1);
            await().until(() -> bridge.gauge("sockets.silent") == 2);
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    @Test
    void leavesAloneWhoHasAsked() {
        // Time enough to ask in, also for a thread that a busy machine lets wait.
        try (Bridge bridge = fixture.bridge("AGENT_BRIDGE_REQUEST_TIMEOUT=3s")) {
            var agent = bridge.join("gw-2");
            await().during(Duration.ofSeconds(4)).until(() -> agent.closedSoFar().isEmpty());
            agent.send(agent.json("PING"));
            var _ = agent.next("PONG");
        }
    }
}
