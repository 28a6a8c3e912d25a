package io.viworks.bridge;

import io.viworks.bridge.certificate.AgentCertificates;
import io.viworks.bridge.certificate.UnreadableFile;
import io.viworks.bridge.handshake.EdgeSecrets;
import io.viworks.bridge.handshake.HandshakeSettings;
import io.viworks.bridge.metrics.BridgeMeters;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * The files that say whom to trust, looked at while the bridge lives.
 *
 * @param certificates in modes with certificates
 * @param edge what the edge proves by who it is
 */
record Trust(Optional<AgentCertificates> certificates, EdgeSecrets edge) {
    /** Between two looks: a changed file counts within a second. */
    static final Duration LOOK_EVERY = Duration.ofMillis(500);

    static Trust of(HandshakeSettings settings, BridgeMeters meters, InstantSource clock) {
        Optional<AgentCertificates> certificates =
                settings.certificates()
                        .map(files -> {
                            try {
                                return new AgentCertificates(files, clock);
                            } catch (UnreadableFile e) {
                                throw new IllegalStateException(e.why(), e);
                            }
                        });
        certificates.ifPresent(judged -> {
            meters.gauge(
                    "trust.files.bad",
                    "1 while AGENT_CA_BUNDLE or AGENT_CRL_FILE cannot be read and an older one"
                            + " counts",
                    () -> judged.filesAreGood() ? 0 : 1);
            meters.gauge(
                    "crl.overdue.seconds",
                    "how long ago a newer revocation list was due; negative before",
                    () -> judged.nextListDue().map(due -> overdue(due, clock)).orElse(0L));
        });
        return new Trust(certificates, settings.edgeSecrets());
    }

    private static long overdue(Instant due, InstantSource clock) {
        return Duration.between(due, clock.instant()).toSeconds();
    }

    /** Reads what has changed. */
    void look() {
        certificates.ifPresent(AgentCertificates::look);
        edge.look();
    }
}
