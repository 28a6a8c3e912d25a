package io.viworks.agent;

import io.viworks.agent.config.AgentConfig;
import io.viworks.agent.config.Proxy;
import io.viworks.agent.host.OpenVpnManagement;
import io.viworks.agent.identity.ClientCertificate;
import io.viworks.agent.identity.KeyState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A configuration as {@code agent check} prints it: names of files, never what is in them. */
final class Shown {
    private final StringJoiner lines = new StringJoiner("\n");

    private Shown() {}

    /** One line for each key as in the file, and a comment for each note. */
    static String text(AgentConfig config, Instant now) {
        Shown shown = new Shown();
        shown.line("agent_id", config.agentId());
        shown.line("backend_url", config.backendUrl());
        shown.line("site", config.site());
        shown.line("labels", new TreeMap<>(config.labels()));
        shown.line("shared_secret_file", config.sharedSecretFile());
        shown.line("identity_key_file", config.identityKeyFile());
        shown.line("enroll_url", config.enrollUrl());
        shown.line("enroll_token_file", config.enrollTokenFile());
        shown.line("enroll_certificate", config.enrollCertificate());
        shown.line("trust_bundle", config.trustBundle());
        shown.line("backend_spki_pin", new TreeSet<>(config.backendPins()));
        shown.line("cert_path", config.certificate());
        shown.line("key_path", config.privateKey());
        shown.line("proxy_url", config.proxy());
        Proxy proxy = config.proxy();
        shown.line("proxy_credentials_file", proxy == null ? null : proxy.file());
        shown.line("feature_exec_enable", config.execEnabled());
        shown.line("max_concurrency", config.maxConcurrency());
        shown.line("cmd_timeout_secs", config.cmdTimeout().toSeconds());
        shown.line("collect_interval", config.collectInterval().toSeconds());
        shown.line("allowed_verbs", all(config.allowedVerbs()));
        shown.line("allowed_units", new TreeSet<>(config.allowedUnits()));
        shown.line("allowed_images", new TreeSet<>(config.allowedImages()));
        shown.line("pull_images", config.pullImages());
        OpenVpnManagement openvpn = config.openvpn();
        shown.line("openvpn_management", openvpn == null ? null : openvpn.where());
        shown.line(
                "openvpn_management_password_file",
                openvpn == null ? null : openvpn.passwordFile());
        shown.line("data_dir", config.dataDir());
        shown.line("scripts_dir", config.scriptsDir());
        shown.line("helper_socket", config.helperSocket());
        shown.line("helper_secret_file", config.helperSecretFile());
        shown.line(
                "helper_verbs",
                config.helperVerbs().isEmpty()
                        ? "(those that need root)"
                        : new TreeSet<>(config.helperVerbs()));
        shown.line("verify_keys", config.verifyKeys().isEmpty() ? null : config.verifyKeys());
        shown.line("require_signed", !config.verifyKeys().isEmpty());
        shown.line("log_level", config.logLevel());
        shown.line("run_log", config.runLog());
        Path identity = config.identityKeyFile();
        if (identity != null) {
            KeyState.described(identity, config.agentId())
                    .forEach(key -> shown.lines.add("# identity_key_file: " + key));
        }
        shown.clientCertificate(config.certificate(), config.privateKey(), now);
        config.notes().forEach(note -> shown.lines.add("# " + note));
        return shown.lines.toString();
    }

    private void clientCertificate(
            @Nullable Path certificate, @Nullable Path privateKey, Instant now) {
        if (certificate == null || privateKey == null) {
            return;
        }
        try {
            ClientCertificate shown = ClientCertificate.read(certificate, privateKey);
            String expired = shown.isExpired(now) ? ": expired" : "";
            lines.add("# cert_path: " + shown.described() + expired);
        } catch (IOException e) {
            lines.add("# cert_path: " + e.getMessage());
        }
    }

    private static Object all(Collection<String> verbs) {
        return verbs.isEmpty() ? "(all this version knows)" : new TreeSet<>(verbs);
    }

    private void line(String key, @Nullable Object value) {
        lines.add("%-22s %s".formatted(key, value == null ? "(none)" : value));
    }
}
