package io.viworks.bridge.handshake;

import io.viworks.bridge.certificate.CertificateSettings;
import io.viworks.protocol.Bytes;
import io.viworks.service.Cidr;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What decides who may open a socket.
 *
 * @param enabled {@code AGENT_WS_ENABLED}: false refuses every agent
 * @param secret the shared bootstrap secret; absent when only keys count
 * @param maxConnections open sockets of this process, handshakes among them
 * @param maxConnectionsPerAgent open sockets of one agent, the one being displaced among them
 * @param acceptRate handshakes a second of this process, with twice as many at once
 * @param sourceRate handshakes a second from one address, with twice as many at once
 * @param agentRate proved handshakes a minute of one agent, with as many at once
 * @param requestTimeout from the connection to its first request, headers complete
 * @param maxSilent sockets without a request yet; beyond them the oldest goes
 * @param trustedProxies whose word on the client and its certificate counts, with the edge's secret
 * @param edgeSecrets what the edge proves by who it is
 * @param certificates in modes with certificates
 */
public record HandshakeSettings(
        boolean enabled,
        AuthMode mode,
        Optional<Bytes> secret,
        Allowlist allowlist,
        int maxConnections,
        int maxConnectionsPerAgent,
        int acceptRate,
        int sourceRate,
        int agentRate,
        Duration requestTimeout,
        int maxSilent,
        List<Cidr> trustedProxies,
        EdgeSecrets edgeSecrets,
        Optional<CertificateSettings> certificates) {
    public HandshakeSettings {
        trustedProxies = List.copyOf(trustedProxies);
    }
}
