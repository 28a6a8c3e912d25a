package io.viworks.agent.config;

import io.viworks.agent.host.OpenVpnManagement;
import io.viworks.agent.log.LogLevel;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Limits;
import io.viworks.protocol.signing.VerifyKeys;
import io.viworks.protocol.verb.VerbCatalogue;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes an {@link AgentConfig} out of a file and the environment, or says everything that is wrong
 * with them at once. The environment wins.
 */
public final class ConfigReader {
    static final String PREFIX = "VIW_AGENT_";
    private static final String PIN = "sha256/[A-Za-z0-9+/]{43}=";
    private static final Pattern LABEL_KEY = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]*");

    private final Settings settings;
    private final List<String> notes = new ArrayList<>();

    private ConfigReader(Settings settings) {
        this.settings = settings;
    }

    /**
     * Reads both sources.
     *
     * @param file null when there is none
     * @throws ConfigMistakes with all that is wrong
     */
    public static AgentConfig read(@Nullable Path file, Map<String, String> environment)
            throws ConfigMistakes {
        Settings settings = ConfigSources.read(file, environment);
        AgentConfig config = new ConfigReader(settings).config();
        if (config == null || !settings.mistakes().isEmpty()) {
            throw new ConfigMistakes(settings.mistakes());
        }
        return config;
    }

    private @Nullable AgentConfig config() {
        AgentId agentId = settings.parsed("agent_id", ConfigReader::agentId);
        URI backend = backend();
        for (String key : List.of("agent_id", "backend_url")) {
            if (!settings.has(key)) {
                settings.wrong(key, "be set, or " + ConfigSources.variable(key));
            }
        }
        refuseWhatWouldBeIgnored();
        Credentials credentials = new CredentialsReader(settings, notes).read();
        LogLevel level = settings.parsed("log_level", ConfigReader::level);
        Path helperSocket = settings.path("helper_socket");
        Path helperSecret = settings.readable("helper_secret_file");
        if (helperSocket != null && !settings.has("helper_secret_file")) {
            settings.wrong("helper_socket", "stand together with helper_secret_file");
        }
        Set<String> helperVerbs = helperVerbs(helperSocket);
        Path trustBundle = settings.readable("trust_bundle");
        Proxy proxy = Proxy.read(settings);
        Set<String> pins = pins(backend);
        String site = settings.text("site");
        Map<String, String> labels = labels();
        boolean exec = settings.flag("feature_exec_enable", true);
        int concurrency = settings.integer("max_concurrency", Limits.MAX_INFLIGHT, 1, 64);
        int timeout = settings.integer("cmd_timeout_secs", 45, 1, 3_600);
        int interval = settings.integer("collect_interval", 30, 1, 3_600);
        var verbs = settings.texts("allowed_verbs");
        var units = settings.texts("allowed_units");
        var images = settings.texts("allowed_images");
        boolean pull = settings.flag("pull_images", false);
        OpenVpnManagement openvpn = openvpn();
        Path dataDir = settings.path("data_dir", "/var/lib/viworks-agent");
        Path scripts = settings.path("scripts_dir", "/opt/Viworks/scripts_viworks");
        List<Path> verifyKeys = verifyKeys();
        Path runLog = settings.path("run_log");
        if (agentId == null || backend == null) {
            return null;
        }
        return new AgentConfig(
                agentId,
                backend,
                site,
                labels,
                credentials.sharedSecret(),
                credentials.identity(),
                credentials.enrollUrl(),
                credentials.token(),
                credentials.enrollCertificate(),
                trustBundle,
                pins,
                credentials.certificate(),
                credentials.privateKey(),
                proxy,
                exec,
                concurrency,
                Duration.ofSeconds(timeout),
                Duration.ofSeconds(interval),
                verbs,
                units,
                images,
                pull,
                openvpn,
                dataDir,
                scripts,
                helperSocket,
                helperSecret,
                helperVerbs,
                level == null ? LogLevel.INFO : level,
                verifyKeys,
                runLog,
                notes);
    }

    /** Where the VPN's sessions are asked for. */
    private @Nullable OpenVpnManagement openvpn() {
        SocketAddress address = settings.parsed("openvpn_management", OpenVpnManagement::address);
        Path password = settings.readable("openvpn_management_password_file");
        if (settings.has("openvpn_management_password_file")
                && !settings.has("openvpn_management")) {
            settings.wrong(
                    "openvpn_management_password_file", "stand together with openvpn_management");
        }
        if (address instanceof InetSocketAddress && password == null) {
            notes.add(
                    "openvpn_management has no password: every user of this machine can end its"
                            + " sessions; use a Unix socket, or a password file");
        }
        return address == null ? null : new OpenVpnManagement(address, password);
    }

    private @Nullable URI backend() {
        URI backend = settings.url("backend_url", List.of("ws", "wss"));
        if (backend == null) {
            return null;
        }
        String path = backend.getPath();
        if (path == null || path.length() < 2) {
            settings.wrong("backend_url", "name its path, like wss://edge.example/agent/ws");
            return null;
        }
        if (backend.getScheme().equals("ws") && !Settings.isLoopback(backend.getHost())) {
            notes.add("backend_url is not encrypted: use wss outside this machine");
        }
        return backend;
    }

    /** A security setting that has no effect yet would be a false promise: it is refused. */
    private void refuseWhatWouldBeIgnored() {
        if (settings.flag("feature_inbound_http", false)) {
            settings.wrong("feature_inbound_http", "be false: the agent has no inbound port");
        }
    }

    /** One of them may be lost with its server, so there is always a spare. */
    private Set<String> pins(@Nullable URI backend) {
        if (!settings.has("backend_spki_pin")) {
            return Set.of();
        }
        Set<String> pins = settings.texts("backend_spki_pin");
        if (pins.size() < 2 || !pins.stream().allMatch(pin -> pin.matches(PIN))) {
            settings.wrong("backend_spki_pin", "be at least two of sha256/ and a digest in base64");
        }
        if (backend != null && !backend.getScheme().equals("wss")) {
            settings.wrong("backend_spki_pin", "stand beside a backend_url of wss");
        }
        return pins;
    }

    /** Keys mean that signatures are required (spec 6); neither goes without the other. */
    private List<Path> verifyKeys() {
        boolean keys = settings.has("verify_keys");
        boolean required = settings.flag("require_signed", keys);
        if (required && !keys) {
            settings.wrong("require_signed", "stand together with verify_keys");
        }
        if (keys && !required) {
            settings.wrong("require_signed", "not be false beside verify_keys");
        }
        try {
            List<Path> places = settings.texts("verify_keys").stream().map(Path::of).toList();
            if (keys && VerifyKeys.read(places).kids().isEmpty()) {
                settings.wrong("verify_keys", "name at least one public key (*.pem)");
            }
            return places;
        } catch (IOException e) {
            settings.wrong("verify_keys", "name public keys: " + e.getMessage());
        } catch (InvalidPathException e) {
            settings.wrong("verify_keys", "be a list of paths");
        }
        return List.of();
    }

    private Map<String, String> labels() {
        Map<String, String> labels = settings.table("labels");
        if (labels.size() > Limits.MAX_LABELS) {
            settings.wrong("labels", "be at most " + Limits.MAX_LABELS);
        }
        labels.forEach((key, value) -> {
            if (key.length() > Limits.MAX_LABEL_KEY || !LABEL_KEY.matcher(key).matches()) {
                settings.wrong(
                        "labels",
                        "have keys of at most %d letters, digits and . _ / -"
                                .formatted(Limits.MAX_LABEL_KEY));
            }
            if (value.length() > Limits.MAX_LABEL_VALUE) {
                settings.wrong(
                        "labels",
                        "have values of at most %d characters".formatted(Limits.MAX_LABEL_VALUE));
            }
        });
        return labels;
    }

    /** What the agent does itself or not at all cannot be the helper's. */
    private Set<String> helperVerbs(@Nullable Path socket) {
        Set<String> verbs = settings.texts("helper_verbs");
        if (!verbs.isEmpty() && socket == null) {
            settings.wrong("helper_verbs", "stand together with helper_socket");
        }
        for (String verb : verbs) {
            if (verb.equals("shutdown_agent") || VerbCatalogue.standard().find(verb).isEmpty()) {
                settings.wrong("helper_verbs", "name verbs a helper can do; " + verb + " is none");
            }
        }
        return verbs;
    }

    private static AgentId agentId(String text) {
        try {
            return AgentId.of(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("match [A-Za-z0-9][A-Za-z0-9._-]{0,63}", e);
        }
    }

    private static LogLevel level(String text) {
        return Arrays.stream(LogLevel.values())
                .filter(level -> level.name().equals(text.toUpperCase(Locale.ROOT)))
                .findAny()
                .orElseThrow(() -> new IllegalArgumentException("be debug, info, warn or error"));
    }
}
