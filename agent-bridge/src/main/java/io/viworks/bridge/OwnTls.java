package io.viworks.bridge;

import io.viworks.service.Config;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The bridge's own TLS: {@code AGENT_BRIDGE_TLS_CERT_FILE} and {@code _KEY_FILE}, as a bundle of
 * Spring's that is read again when its files change. Client certificates are asked for, not
 * demanded: who shows none gets an answer (row 3 of spec 2.1), not a broken connection.
 */
final class OwnTls {
    private static final String BUNDLE = "agents";
    private static final String PEM = "spring.ssl.bundle.pem." + BUNDLE + ".";

    private OwnTls() {}

    /**
     * Reads the settings and hands them to Spring.
     *
     * @param certificates whether agents show certificates
     * @return whether this process ends the TLS
     */
    static boolean from(Config config, boolean certificates) {
        Optional<String> certificate = config.find("AGENT_BRIDGE_TLS_CERT_FILE");
        Optional<String> key = config.find("AGENT_BRIDGE_TLS_KEY_FILE");
        if (certificate.isEmpty() && key.isEmpty()) {
            return false;
        }
        if (certificate.isEmpty() || key.isEmpty()) {
            config.mistake(
                    "AGENT_BRIDGE_TLS_CERT_FILE and AGENT_BRIDGE_TLS_KEY_FILE count only together:"
                            + " set both or neither");
            return false;
        }
        readable(config, "AGENT_BRIDGE_TLS_CERT_FILE", certificate.get());
        readable(config, "AGENT_BRIDGE_TLS_KEY_FILE", key.get());
        config.spring(PEM + "keystore.certificate", url(certificate.get()));
        config.spring(PEM + "keystore.private-key", url(key.get()));
        config.spring(PEM + "options.enabled-protocols", "TLSv1.3,TLSv1.2");
        config.spring(PEM + "reload-on-update", true);
        config.spring("spring.ssl.bundle.watch.file.quiet-period", "1s");
        config.spring("server.ssl.bundle", BUNDLE);
        // It would be taken over otherwise, and probes ask there in plain HTTP in every mode.
        config.spring("management.server.ssl.enabled", false);
        Optional<String> bundle = config.find("AGENT_CA_BUNDLE");
        if (certificates && bundle.isPresent()) {
            config.spring(PEM + "truststore.certificate", url(bundle.get()));
            config.spring("server.ssl.client-auth", "want");
        }
        return true;
    }

    private static void readable(Config config, String name, String path) {
        if (!Files.isReadable(Path.of(path))) {
            config.mistake(name + " cannot be read: " + path);
        }
    }

    private static String url(String path) {
        return Path.of(path).toUri().toString();
    }
}
