package io.viworks.agent.run;

import static io.viworks.agent.run.Commands.command;
import static io.viworks.agent.run.Executors.data;
import static io.viworks.agent.run.Executors.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.agent.host.ManagementServer;
import io.viworks.agent.host.OpenVpn;
import io.viworks.agent.host.OpenVpnManagement;
import io.viworks.protocol.Limits;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.Envelope;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sessions, asked of a server that speaks OpenVPN's management protocol on a real socket. */
@Timeout(300)
class VpnSessionsTest {
    private static final Envelope LIST = command("list_sessions", "{}");

    @TempDir Path folder;
    private Path socket = Path.of("");

    @BeforeEach
    void path() {
        socket = folder.resolve("m.sock");
    }

    @Test
    void listsSessionsByUserNameElseByTheNameOfTheCertificate() throws Exception {
        try (ManagementServer server = ManagementServer.unix(socket, null)) {
            server.client(3, "laptop", "alice", "10.8.0.2");
            server.client(4, "gr\u00fcn \uD83D\uDE00", "UNDEF", "");
            server.client(5, "UNDEF", "UNDEF", ""); // shakes hands still
            RunOutcome outcome = run(LIST);
            assertThat(data(outcome))
                    .hasToString(
                            """
                            {"sessions":[{"session_id":"3-1768478400","username":"alice",\
                            "real_address":"192.0.2.3:1194","virtual_address":"10.8.0.2",\
                            "since":"2026-01-15T12:00:00Z","bytes_in":30,"bytes_out":60},\
                            {"session_id":"4-1768478400","username":"gr\u00fcn \uD83D\uDE00",\
                            "real_address":"192.0.2.4:1194","virtual_address":"",\
                            "since":"2026-01-15T12:00:00Z","bytes_in":40,"bytes_out":80}]}\
                            """);
            assertThat(outcome.stdout()).startsWith("3-1768478400 alice 192.0.2.3:1194 10.8.0.2\n");
            assertThat(server.asked()).containsExactly("status 3");
        }
    }

    @Test
    void endsOneSessionByItsId() throws Exception {
        try (ManagementServer server = ManagementServer.unix(socket, null)) {
            server.client(3, "a", "alice", "");
            server.client(4, "a", "alice", "");
            assertThat(data(run(terminate("session_id", "4-1768478400"))))
                    .hasToString("{\"terminated\":1}");
            assertThat(server.asked()).containsExactly("status 3", "client-kill 4");
            RunOutcome again = run(terminate("session_id", "4-1768478400"));
            assertThat(data(again)).hasToString("{\"terminated\":0}");
            assertThat(again.stdout()).isEqualTo("there is no such session\n");
        }
    }

    @Test
    void endsNoSessionThatOnlyHasTheSameNumberAfterOpenVpnBeganAgain() throws Exception {
        try (ManagementServer server = ManagementServer.unix(socket, null)) {
            server.client(3, "b", "bob", "");
            assertThat(data(run(terminate("session_id", "3-1768000000"))))
                    .hasToString("{\"terminated\":0}");
            assertThat(server.asked()).containsExactly("status 3");
        }
    }

    @Test
    void endsAllSessionsOfAUserAndNobodyElses() throws Exception {
        try (ManagementServer server = ManagementServer.unix(socket, null)) {
            server.client(3, "a", "alice", "");
            server.client(4, "alice", "bob", "");
            server.client(5, "x", "alice", "");
            assertThat(data(run(terminate("username", "alice")))).hasToString("{\"terminated\":2}");
            assertThat(server.asked())
                    .containsExactly("status 3", "client-kill 3", "client-kill 5");
        }
    }

    @Test
    void saysThePasswordOverTcp() throws Exception {
        Path file = Files.writeString(folder.resolve("pw"), "s3cret-word\n");
        try (ManagementServer server = ManagementServer.tcp("s3cret-word")) {
            server.client(3, "a", "alice", "");
            assertThat(data(run(server.address(), file, LIST)).path("sessions").size())
                    .isEqualTo(1);
            Files.writeString(file, "another");
            assertThat(failure(run(server.address(), file, LIST)))
                    .isEqualTo("OpenVPN refuses the password of " + file);
            assertThat(failure(run(server.address(), null, LIST)))
                    .isEqualTo("OpenVPN asks for a password: set openvpn_management_password_file");
            Files.writeString(file, "\n");
            assertThat(failure(run(server.address(), file, LIST)))
                    .isEqualTo(file + " must hold the password in its first line");
        }
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        assertThat(failure(run(null, null, LIST)))
                .isEqualTo(
                        "openvpn_management of this gateway is not set: start OpenVPN with"
                                + " `management /run/openvpn/management.sock unix` and set it to"
                                + " that path");
        assertThat(failure(run(LIST)))
                .isEqualTo(
                        "OpenVPN has no management socket at %1$s: start OpenVPN with `management"
                                        .formatted(socket)
                                + " %1$s unix`, or set openvpn_management to where it listens"
                                        .formatted(socket));
        Files.createFile(socket);
        assertThat(failure(run(LIST)))
                .isEqualTo(
                        "OpenVPN's management interface cannot be reached at %s: Connection refused"
                                .formatted(socket));
    }

    @Test
    void saysThatAnotherProgramMayHoldTheOnlyConnection() throws Exception {
        try (ManagementServer _ = ManagementServer.unix(socket, null);
                SocketChannel other = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            assertThat(other.isConnected()).isTrue();
            Envelope brief = command("list_sessions", "{}", 1);
            assertThat(run(brief).error())
                    .isEqualTo(new FrameError("ExecTimeout", "it ran longer than 1 s"));
            OpenVpnManagement here =
                    new OpenVpnManagement(UnixDomainSocketAddress.of(socket), null);
            assertThatThrownBy(() -> OpenVpn.open(here, Duration.ofMillis(200)))
                    .hasMessage(
                            "OpenVPN's management interface did not answer within 200 ms: another"
                                    + " program may be connected, it takes only one");
        }
    }

    @Test
    void isNotHurtByAnswersThatAreNone() throws Exception {
        try (ManagementServer server = ManagementServer.unix(socket, null)) {
            server.status("OpenVPN STATISTICS\r\nTUN/TAP read bytes,0\r\nEND\r\n");
            assertThat(failure(run(LIST)))
                    .isEqualTo(
                            "OpenVPN tells of no clients: it is no server (mode server), or older"
                                    + " than 2.4");
            server.status("HEADER\tCLIENT_LIST\tClient ID\r\nCLIENT_LIST\tx\r\nEND\r\n");
            assertThat(failure(run(LIST)))
                    .isEqualTo("OpenVPN's status has no number in the column Client ID");
            server.status("ERROR: no\r\n");
            assertThat(failure(run(LIST))).isEqualTo("OpenVPN says ERROR: no");
            server.status("x".repeat(5_000_000));
            assertThat(failure(run(LIST))).isEqualTo("OpenVPN's answer is over 4194304 bytes");
            server.status("x\r\n".repeat(2_000_000));
            assertThat(failure(run(LIST))).isEqualTo("OpenVPN's answer is over 4194304 bytes");
        }
    }

    @Test
    void leavesSessionsOutOfAListThatNoFrameCouldHold() throws Exception {
        try (ManagementServer server = ManagementServer.unix(socket, null)) {
            for (int i = 0; i < 1_000; i++) {
                server.client(i, "n".repeat(400), "UNDEF", "");
            }
            RunOutcome outcome = run(LIST);
            assertThat(outcome.truncated()).isTrue();
            assertThat(data(outcome).toString().length()).isLessThan(Limits.MAX_OUTPUT_BYTES + 100);
            assertThat(data(outcome).at("/sessions/0/username").stringValue()).hasSize(255);
        }
    }

    @Test
    void isManagedOnlyWhereNobodyElseCanListen() {
        assertThat(OpenVpnManagement.address("/run/m.sock"))
                .isEqualTo(UnixDomainSocketAddress.of("/run/m.sock"));
        assertThat(OpenVpnManagement.address("127.0.0.1:7505"))
                .isEqualTo(new InetSocketAddress(InetAddress.getLoopbackAddress(), 7505));
        OpenVpnManagement six =
                new OpenVpnManagement(OpenVpnManagement.address("[::1]:7505"), null);
        assertThat(six.where()).isEqualTo("[::1]:7505");
        for (String wrong :
                new String[] {"10.0.0.1:7505", "127.0.0.1:70000", "localhost:1", "m.sock", ""}) {
            assertThatThrownBy(() -> OpenVpnManagement.address(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("be the absolute path of a Unix socket");
        }
    }

    private static Envelope terminate(String by, String value) {
        return command("terminate_session", "{'" + by + "':'" + value + "'}");
    }

    private RunOutcome run(Envelope envelope) throws Exception {
        return run(UnixDomainSocketAddress.of(socket), null, envelope);
    }

    private RunOutcome run(
            @Nullable SocketAddress address, @Nullable Path password, Envelope envelope)
            throws Exception {
        return Executors.run(settings(address, password), folder.resolve("none"), envelope);
    }

    private RunSettings settings(@Nullable SocketAddress address, @Nullable Path password) {
        return new RunSettings(
                2,
                45,
                true,
                Set.of(),
                Set.of(),
                Set.of(),
                false,
                address == null ? null : new OpenVpnManagement(address, password),
                folder,
                null,
                null);
    }
}
