package io.viworks.agent.run;

import static io.viworks.agent.run.Commands.command;
import static io.viworks.agent.run.Executors.data;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.viworks.agent.host.OpenVpnManagement;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Sessions of a real OpenVPN; not run where there is none, or no right to make a tunnel. */
@Timeout(300)
class RealOpenVpnTest {
    private static final Path OPENVPN = Path.of("/usr/sbin/openvpn");
    private static final Path OPENSSL = Path.of("/usr/bin/openssl");

    @TempDir Path folder;
    private final List<Process> started = new ArrayList<>();

    @BeforeEach
    void onlyWhereThereIsOne() {
        assumeTrue(
                Files.isExecutable(OPENVPN)
                        && Files.isExecutable(OPENSSL)
                        && Files.isWritable(Path.of("/dev/net/tun"))
                        && System.getProperty("user.name").equals("root"),
                "needs openvpn, openssl, /dev/net/tun and root");
    }

    @AfterEach
    void end() {
        started.forEach(Process::destroyForcibly);
    }

    @Test
    void listsAndEndsSessionsOfARealOpenVpn() throws Exception {
        certificates("server", "alice", "bob");
        Path password = Files.writeString(folder.resolve("pw"), "s3cret-word\n");
        String port = String.valueOf(freePort());
        start("server", serving(port));
        await().until(() -> Files.exists(folder.resolve("m.sock")));
        start("alice", joining(port));
        start("bob", joining(port));

        await().atMost(Duration.ofSeconds(40))
                .untilAsserted(() ->
                        assertThat(sessions(password).valueStream())
                                .extracting(session -> session.path("username").asString())
                                .contains("alice", "bob"));
        JsonNode alice = session(password, "alice");
        assertThat(alice.path("real_address").asString()).startsWith("127.0.0.1:");
        assertThat(alice.path("virtual_address").asString()).startsWith("10.99.0.");
        assertThat(alice.path("bytes_in").asLong()).isPositive();

        String id = alice.path("session_id").asString();
        assertThat(run(password, "terminate_session", "{'session_id':'" + id + "'}").toString())
                .isEqualTo("{\"terminated\":1}");
        assertThat(run(password, "terminate_session", "{'username':'bob'}").toString())
                .isEqualTo("{\"terminated\":1}");
        // OpenVPN tells the client first, and lets go of it some seconds later
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() ->
                        assertThat(sessions(password).valueStream())
                                .extracting(session -> session.path("session_id").asString())
                                .doesNotContain(id));
        assertThat(run(password, "terminate_session", "{'username':'nobody'}").toString())
                .isEqualTo("{\"terminated\":0}");
    }

    private JsonNode sessions(Path password) throws Exception {
        return run(password, "list_sessions", "{}").path("sessions");
    }

    private JsonNode session(Path password, String name) throws Exception {
        return sessions(password)
                .valueStream()
                .filter(session -> session.path("username").asString().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private JsonNode run(Path password, String verb, String args) throws Exception {
        OpenVpnManagement management =
                new OpenVpnManagement(
                        UnixDomainSocketAddress.of(folder.resolve("m.sock")), password);
        RunSettings settings =
                new RunSettings(
                        2,
                        45,
                        true,
                        Set.of(),
                        Set.of(),
                        Set.of(),
                        false,
                        management,
                        folder,
                        null,
                        null);
        return data(Executors.run(settings, folder.resolve("none"), command(verb, args)));
    }

    private static List<String> serving(String port) {
        return List.of(
                "--mode server --tls-server --dev tun --local 127.0.0.1 --lport " + port,
                "--dh none --topology subnet --ifconfig 10.99.0.1 255.255.255.0 --ifconfig-noexec",
                "--ifconfig-pool 10.99.0.10 10.99.0.20 255.255.255.0 --route-noexec",
                "--management m.sock unix pw");
    }

    private static List<String> joining(String port) {
        return List.of(
                "--tls-client --pull --dev null --nobind --remote 127.0.0.1 " + port,
                "--ifconfig-noexec --route-noexec --connect-retry 1");
    }

    private void start(String name, List<String> options) throws IOException {
        List<String> command = new ArrayList<>(List.of(OPENVPN.toString()));
        for (String line : options) {
            command.addAll(List.of(line.split(" ")));
        }
        command.addAll(List.of("--proto", "udp4", "--ca", "ca.crt", "--cert", name + ".crt"));
        command.addAll(List.of("--key", name + ".key", "--verb", "3"));
        started.add(
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve(name + ".log").toFile())
                        .start());
    }

    private void certificates(String... names) throws Exception {
        String key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        openssl("req -x509 " + key + " -keyout ca.key -out ca.crt -days 2 -subj /CN=ca");
        for (String name : names) {
            openssl("req %s -keyout %2$s.key -out %2$s.csr -subj /CN=%2$s".formatted(key, name));
            openssl(
                    "x509 -req -in %1$s.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out"
                                    .formatted(name)
                            + " "
                            + name
                            + ".crt");
        }
    }

    private void openssl(String arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(OPENSSL.toString()));
        command.addAll(List.of(arguments.split(" ")));
        Process process =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("openssl.log").toFile())
                        .start();
        assertThat(process.waitFor())
                .describedAs(Files.readString(folder.resolve("openssl.log")))
                .isZero();
    }

    private static int freePort() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
