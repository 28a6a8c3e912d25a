package io.viworks.agent.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/** Gathers the values of the file and of the environment; what is unknown is a mistake. */
final class ConfigSources {
    static final String SECTION = "outbound";

    static final Set<String> KEYS =
            Set.of(
                    "backend_url",
                    "enroll_url",
                    "enroll_token_file",
                    "enroll_certificate",
                    "agent_id",
                    "site",
                    "cert_path",
                    "key_path",
                    "trust_bundle",
                    "backend_spki_pin",
                    "shared_secret_file",
                    "identity_key_file",
                    "proxy_url",
                    "proxy_credentials_file",
                    "feature_inbound_http",
                    "feature_exec_enable",
                    "max_concurrency",
                    "cmd_timeout_secs",
                    "collect_interval",
                    "verify_keys",
                    "require_signed",
                    "allowed_verbs",
                    "allowed_units",
                    "allowed_images",
                    "pull_images",
                    "openvpn_management",
                    "openvpn_management_password_file",
                    "labels",
                    "data_dir",
                    "helper_socket",
                    "helper_secret_file",
                    "helper_verbs",
                    "scripts_dir",
                    "log_level",
                    "run_log");

    /** Names the file itself, so it is no key. */
    static final String FILE_VARIABLE = ConfigReader.PREFIX + "CONFIG";

    private final Map<String, Settings.Value> values = new LinkedHashMap<>();
    private final List<String> mistakes = Settings.newMistakes();

    private ConfigSources() {}

    static Settings read(@Nullable Path file, Map<String, String> environment) {
        ConfigSources sources = new ConfigSources();
        if (file != null) {
            sources.file(file);
        }
        sources.environment(environment);
        return new Settings(sources.values, sources.mistakes);
    }

    static String variable(String key) {
        return ConfigReader.PREFIX + key.toUpperCase(Locale.ROOT);
    }

    private void environment(Map<String, String> environment) {
        environment.forEach((variable, text) -> {
            if (!variable.startsWith(ConfigReader.PREFIX) || variable.equals(FILE_VARIABLE)) {
                return;
            }
            String key = variable.substring(ConfigReader.PREFIX.length()).toLowerCase(Locale.ROOT);
            if (KEYS.contains(key) && variable.equals(variable(key))) {
                values.put(key, new Settings.Value(text, variable));
            } else {
                mistakes.add(variable + ": " + key + " is no key the agent knows");
            }
        });
    }

    private void file(Path file) {
        TomlParseResult toml;
        try {
            toml = Toml.parse(file);
        } catch (IOException e) {
            mistakes.add(file + ": must be a file that can be read");
            return;
        }
        toml.errors()
                .forEach(error ->
                        mistakes.add(
                                file + ":" + error.position().line() + ": " + error.getMessage()));
        for (String name : toml.keySet()) {
            if (!name.equals(SECTION) || !toml.isTable(List.of(name))) {
                mistakes.add(
                        "%s:%d: %s is unknown: everything stands in the section [%s]"
                                .formatted(file, line(toml, name), name, SECTION));
            }
        }
        if (toml.isTable(List.of(SECTION))) {
            section(file, toml.getTableOrEmpty(List.of(SECTION)));
        }
    }

    private void section(Path file, TomlTable section) {
        for (String key : section.keySet()) {
            String origin = file + ":" + line(section, key);
            Object value = section.get(List.of(key));
            if (!KEYS.contains(key) || value == null) {
                mistakes.add(origin + ": " + key + " is no key the agent knows");
                continue;
            }
            values.put(key, new Settings.Value(plain(value), origin));
        }
    }

    private static Object plain(Object value) {
        return switch (value) {
            case TomlArray array -> array.toList();
            case TomlTable table -> table.toMap();
            default -> value;
        };
    }

    private static int line(TomlTable table, String key) {
        TomlPosition position = table.inputPositionOf(List.of(key));
        return position == null ? 1 : position.line();
    }
}
