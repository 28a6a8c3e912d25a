package io.viworks.agent.config;

import io.viworks.agent.identity.ClientCertificate;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what the agent proves itself with: keys, certificates, secrets, and how it enrols. */
final class CredentialsReader {
    private final Settings settings;
    private final List<String> notes;

    CredentialsReader(Settings settings, List<String> notes) {
        this.settings = settings;
        this.notes = notes;
    }

    Credentials read() {
        Path secret = settings.readable("shared_secret_file");
        if (!settings.has("shared_secret_file")
                && !settings.has("identity_key_file")
                && !settings.has("key_path")) {
            settings.wrong(
                    "shared_secret_file",
                    "be set, or identity_key_file, or cert_path and key_path, so that the agent can"
                            + " prove who it is");
        }
        Path identity = identity();
        URI enrollUrl = enrollUrl();
        Path token = settings.path("enroll_token_file");
        if (identity != null && !Files.exists(identity) && token != null) {
            settings.readable("enroll_token_file");
        }
        if (identity == null && (enrollUrl != null || token != null)) {
            settings.wrong(
                    enrollUrl == null ? "enroll_token_file" : "enroll_url",
                    "stand together with identity_key_file");
        } else if (token != null && enrollUrl == null) {
            settings.wrong("enroll_token_file", "stand together with enroll_url");
        }
        boolean enrollCertificate = enrollCertificate();
        Path certificate =
                enrollCertificate ? settings.path("cert_path") : settings.readable("cert_path");
        Path privateKey = settings.readable("key_path");
        if (enrollCertificate && certificate == null && identity != null) {
            certificate = identity.resolveSibling(identity.getFileName() + ".crt");
        }
        requireClientCertificate(enrollCertificate, certificate, privateKey);
        return new Credentials(
                secret, identity, enrollUrl, token, enrollCertificate, certificate, privateKey);
    }

    /** Where the agent's own key is or will be; nobody else may read it. */
    private @Nullable Path identity() {
        Path identity = settings.path("identity_key_file");
        if (identity == null || !Files.exists(identity)) {
            return identity;
        }
        if (settings.readable("identity_key_file") != null && Settings.isOpenToOthers(identity)) {
            settings.wrong(
                    "identity_key_file",
                    "be a file only its owner can read (0600): " + identity + " is open to others");
        }
        return identity;
    }

    private boolean enrollCertificate() {
        boolean wanted = settings.flag("enroll_certificate", false);
        if (wanted && !(settings.has("identity_key_file") && settings.has("enroll_url"))) {
            settings.wrong(
                    "enroll_certificate", "stand together with identity_key_file and enroll_url");
        }
        if (wanted && settings.has("key_path")) {
            settings.wrong(
                    "key_path",
                    "not stand beside enroll_certificate: the key is in identity_key_file");
        }
        return wanted;
    }

    /** What people put there is looked at here, so that every mistake is told at once. */
    private void requireClientCertificate(
            boolean enrolled, @Nullable Path certificate, @Nullable Path privateKey) {
        if (enrolled) {
            return;
        }
        if (settings.has("cert_path") != settings.has("key_path")) {
            settings.wrong(
                    settings.has("cert_path") ? "cert_path" : "key_path",
                    "stand together with the other of cert_path and key_path");
        } else if (certificate != null && privateKey != null) {
            try {
                ClientCertificate.read(certificate, privateKey);
            } catch (IOException e) {
                settings.wrong("cert_path", "be of use with key_path: " + e.getMessage());
            }
        }
    }

    private @Nullable URI enrollUrl() {
        URI url = settings.url("enroll_url", List.of("https", "http"));
        if (url == null) {
            return null;
        }
        if (url.getPath() == null || url.getPath().length() < 2) {
            settings.wrong("enroll_url", "name its path, like https://edge.example/agent/enroll");
            return null;
        }
        if (url.getScheme().equals("http") && !Settings.isLoopback(url.getHost())) {
            notes.add("enroll_url is not encrypted: use https outside this machine");
        }
        return url;
    }
}
