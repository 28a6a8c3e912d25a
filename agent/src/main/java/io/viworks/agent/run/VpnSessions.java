package io.viworks.agent.run;

import io.viworks.agent.host.OpenVpn;
import io.viworks.agent.host.OpenVpnManagement;
import io.viworks.agent.host.VpnSession;
import io.viworks.protocol.Limits;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.frame.FrameCodec;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The verbs about sessions of the VPN, done through OpenVPN's management interface. */
final class VpnSessions {
    /** Longest conversation with OpenVPN, which nobody else can have meanwhile. */
    static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final @Nullable OpenVpnManagement management;
    private final FrameCodec codec = new FrameCodec();

    VpnSessions(@Nullable OpenVpnManagement management) {
        this.management = management;
    }

    /** {@code list_sessions}. */
    Answer list() throws IOException {
        List<VpnSession> sessions;
        try (OpenVpn vpn = open()) {
            sessions = vpn.sessions();
        }
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        ArrayNode list = data.putArray("sessions");
        StringBuilder words = new StringBuilder();
        int bytes = 0;
        for (VpnSession session : sessions) {
            ObjectNode described = described(session);
            bytes += codec.encodeObject(described).length + 1;
            if (bytes > Limits.MAX_OUTPUT_BYTES) {
                break;
            }
            list.add(described);
            words.append(session.id()).append(' ').append(session.username()).append(' ');
            words.append(session.realAddress()).append(' ');
            words.append(session.virtualAddress()).append('\n');
        }
        boolean truncated = list.size() < sessions.size();
        return new Answer(null, words.toString(), "", data, truncated);
    }

    /** {@code terminate_session}: nothing to end is no error, so that it can be repeated. */
    Answer terminate(Task task) throws IOException {
        String id = task.args().path("session_id").asString("");
        String username = task.args().path("username").asString("");
        StringBuilder words = new StringBuilder();
        int terminated = 0;
        try (OpenVpn vpn = open()) {
            for (VpnSession session : vpn.sessions()) {
                boolean meant = session.id().equals(id) || session.username().equals(username);
                if (meant && vpn.terminate(session)) {
                    terminated++;
                    words.append("ended ").append(session.id()).append(' ');
                    words.append(session.username()).append('\n');
                }
            }
        }
        return Answer.of(
                terminated == 0 ? "there is no such session\n" : words.toString(),
                JsonNodeFactory.instance.objectNode().put("terminated", terminated));
    }

    private OpenVpn open() throws IOException {
        if (management == null) {
            throw new IOException(
                    "openvpn_management of this gateway is not set: start OpenVPN with `management"
                            + " /run/openvpn/management.sock unix` and set it to that path");
        }
        return OpenVpn.open(management, TIMEOUT);
    }

    private static ObjectNode described(VpnSession session) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("session_id", session.id())
                .put("username", session.username())
                .put("real_address", session.realAddress())
                .put("virtual_address", session.virtualAddress())
                .put("since", Rfc3339.format(session.since()))
                .put("bytes_in", session.bytesIn())
                .put("bytes_out", session.bytesOut());
    }
}
