package io.viworks.bridge;

import io.viworks.bridge.certificate.AgentCertificates;
import io.viworks.bridge.certificate.CertificateSettings;
import io.viworks.bridge.certificate.DnPolicy;
import io.viworks.bridge.certificate.UnreadableFile;
import io.viworks.bridge.handshake.Allowlist;
import io.viworks.bridge.handshake.AuthMode;
import io.viworks.bridge.handshake.EdgeSecrets;
import io.viworks.bridge.handshake.HandshakeSettings;
import io.viworks.protocol.Bytes;
import io.viworks.service.Cidr;
import io.viworks.service.Config;
import io.viworks.service.HostPort;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads who may come in, and refuses what would not do what it says (spec 07). */
final class DoorSettings {
    private DoorSettings() {}

    static HandshakeSettings from(Config config, HostPort bind) {
        AuthMode mode = mode(config);
        if (mode == AuthMode.NONE && !bind.isLoopback()) {
            config.mistake(
                    "AGENT_BRIDGE_AUTH=none needs AGENT_BRIDGE_BIND on loopback, such as"
                            + " 127.0.0.1:8082");
        }
        List<Cidr> proxies = proxies(config);
        EdgeSecrets edge = edgeSecrets(config, !proxies.isEmpty());
        boolean ownTls = OwnTls.from(config, mode.hasCertificate());
        if (mode.hasCertificate() && !edge.isThere() && !ownTls) {
            config.mistake(
                    "AGENT_BRIDGE_AUTH="
                            + mode.text()
                            + " needs somebody who ends the TLS: AGENT_BRIDGE_TLS_CERT_FILE and"
                            + " AGENT_BRIDGE_TLS_KEY_FILE, or an edge by"
                            + " AGENT_BRIDGE_TRUSTED_PROXIES and AGENT_EDGE_SECRET_FILE");
        }
        return new HandshakeSettings(
                config.flag("AGENT_WS_ENABLED", true),
                mode,
                secret(config, mode),
                allowlist(config),
                config.integer("AGENT_BRIDGE_MAX_CONN", 10_000, 1, 1_000_000),
                config.integer("AGENT_BRIDGE_MAX_CONN_PER_AGENT", 4, 1, 1_000),
                config.integer("AGENT_BRIDGE_ACCEPT_RATE", 500, 1, 100_000),
                config.integer("AGENT_BRIDGE_SOURCE_RATE", 200, 1, 100_000),
                config.integer("AGENT_BRIDGE_AGENT_RATE", 60, 1, 100_000),
                config.duration(
                        "AGENT_BRIDGE_REQUEST_TIMEOUT",
                        Duration.ofSeconds(10),
                        Duration.ofMillis(100),
                        Duration.ofMinutes(1)),
                config.integer("AGENT_BRIDGE_MAX_SILENT", 10_000, 1, 1_000_000),
                proxies,
                edge,
                certificates(config, mode));
    }

    private static AuthMode mode(Config config) {
        String text = config.text("AGENT_BRIDGE_AUTH", "hmac");
        for (AuthMode mode : AuthMode.values()) {
            if (mode.text().equals(text)) {
                return mode;
            }
        }
        config.mistake(
                "AGENT_BRIDGE_AUTH must be hmac, mtls, hmac+mtls, or none on loopback; it is \""
                        + text
                        + "\"");
        return AuthMode.HMAC;
    }

    private static Optional<Bytes> secret(Config config, AuthMode mode) {
        boolean keysOnly = config.flag("AGENT_KEYS_ONLY", false);
        Optional<Bytes> secret = config.secret("AGENT_BRIDGE_SHARED_SECRET").map(Bytes::utf8);
        if (mode.hasProof() && secret.isEmpty() && !keysOnly) {
            config.mistake(
                    "AGENT_BRIDGE_SHARED_SECRET (or AGENT_BRIDGE_SHARED_SECRET_FILE) is missing;"
                            + " without one set AGENT_KEYS_ONLY=true");
        }
        if (secret.isPresent() && keysOnly) {
            config.mistake("set either AGENT_BRIDGE_SHARED_SECRET or AGENT_KEYS_ONLY, not both");
        }
        return secret;
    }

    private static Allowlist allowlist(Config config) {
        try {
            return Allowlist.of(config.list("AGENT_BRIDGE_ALLOWED_AGENT_IDS"));
        } catch (IllegalArgumentException e) {
            config.mistake("AGENT_BRIDGE_ALLOWED_AGENT_IDS: " + e.getMessage());
            return Allowlist.of(List.of());
        }
    }

    private static List<Cidr> proxies(Config config) {
        List<Cidr> blocks = new ArrayList<>();
        for (String text : config.list("AGENT_BRIDGE_TRUSTED_PROXIES")) {
            try {
                blocks.add(Cidr.parse(text));
            } catch (IllegalArgumentException e) {
                config.mistake(
                        "AGENT_BRIDGE_TRUSTED_PROXIES must be blocks of addresses such as"
                                + " 10.0.0.0/8: "
                                + e.getMessage());
            }
        }
        return blocks;
    }

    private static EdgeSecrets edgeSecrets(Config config, boolean proxies) {
        Optional<String> secret = config.secret("AGENT_EDGE_SECRET");
        Optional<Path> file = config.find("AGENT_EDGE_SECRET_FILE").map(Path::of);
        if (secret.isPresent() != proxies) {
            config.mistake(
                    "AGENT_EDGE_SECRET_FILE and AGENT_BRIDGE_TRUSTED_PROXIES count only together:"
                            + " set both or neither");
        }
        try {
            if (secret.isPresent()) {
                return file.isPresent() ? EdgeSecrets.in(file.get()) : EdgeSecrets.of(secret.get());
            }
        } catch (UnreadableFile e) {
            config.mistake(e.why());
        }
        return EdgeSecrets.none();
    }

    private static Optional<CertificateSettings> certificates(Config config, AuthMode mode) {
        Optional<Path> bundle = config.find("AGENT_CA_BUNDLE").map(Path::of);
        Optional<Path> revocations = config.find("AGENT_CRL_FILE").map(Path::of);
        Optional<DnPolicy> policy =
                config.parsed(
                        "AGENT_CLIENT_DN_POLICY",
                        Optional.<DnPolicy>empty(),
                        text -> Optional.of(DnPolicy.parse(text)),
                        "a distinguished name (RFC 4514) with * for any characters, such as"
                                + " CN=*,OU=gateways,O=Example");
        if (!mode.hasCertificate()) {
            if (revocations.isPresent() || policy.isPresent()) {
                config.mistake(
                        "AGENT_CRL_FILE and AGENT_CLIENT_DN_POLICY count only with"
                                + " AGENT_BRIDGE_AUTH=mtls or hmac+mtls");
            }
            return Optional.empty();
        }
        if (bundle.isEmpty()) {
            config.mistake(
                    "AGENT_CA_BUNDLE is missing: AGENT_BRIDGE_AUTH="
                            + mode.text()
                            + " needs the certificates of who may issue agents' (PEM)");
            return Optional.empty();
        }
        CertificateSettings settings = new CertificateSettings(bundle.get(), revocations, policy);
        try {
            // Read again when the parts are made; here so that all mistakes are named at once.
            var _ = new AgentCertificates(settings, InstantSource.system());
        } catch (UnreadableFile e) {
            config.mistake(e.why());
        }
        return Optional.of(settings);
    }
}
