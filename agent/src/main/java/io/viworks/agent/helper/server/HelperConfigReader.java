package io.viworks.agent.helper.server;

import io.viworks.agent.helper.HelperSecret;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.signing.VerifyKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tomlj.Toml;
import org.tomlj.TomlParseResult;

/**
 * Reads the helper's file, or says everything that is wrong with it at once. Whoever could write it
 * could run anything as root: it must be root's (or the helper's own) and nobody else's to write,
 * with all folders above it; so must be the secret, the keys, and the programs it names.
 */
final class HelperConfigReader {
    private static final Set<String> KEYS =
            Set.of(
                    "agent_id",
                    "socket",
                    "socket_group",
                    "secret_file",
                    "state_dir",
                    "verify_keys",
                    "allowed_users",
                    "allowed_groups",
                    "max_concurrency",
                    "idle_exit_secs");

    private final List<String> mistakes = new ArrayList<>();

    private HelperConfigReader() {}

    /** A file that cannot be used. */
    static final class Mistakes extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient List<String> mistakes;

        Mistakes(List<String> mistakes) {
            super(String.join("\n", mistakes));
            this.mistakes = List.copyOf(mistakes);
        }

        List<String> mistakes() {
            return mistakes;
        }
    }

    static HelperConfig read(Path file) throws Mistakes {
        HelperConfigReader reader = new HelperConfigReader();
        HelperConfig config = reader.config(file.toAbsolutePath());
        if (!reader.mistakes.isEmpty()) {
            throw new Mistakes(reader.mistakes);
        }
        return config;
    }

    private HelperConfig config(Path file) throws Mistakes {
        TomlParseResult toml;
        try {
            Owners.mustBeTrusted(file);
            toml = Toml.parse(Files.readString(file));
        } catch (IOException e) {
            throw new Mistakes(List.of(file + " cannot be used: " + e.getMessage()));
        }
        toml.errors()
                .forEach(error ->
                        mistakes.add(
                                file + ":" + error.position().line() + ": " + error.getMessage()));
        if (!mistakes.isEmpty()) {
            throw new Mistakes(mistakes);
        }
        TomlSection root = new TomlSection(file, "", toml, mistakes);
        root.only(Set.of("helper", "verbs"));
        TomlSection helper = root.table("helper");
        helper.only(KEYS);
        Set<String> users = helper.names("allowed_users");
        Set<String> groups = helper.names("allowed_groups");
        if (users.isEmpty() && groups.isEmpty()) {
            helper.wrong("allowed_users", "name who may ask, or allowed_groups must");
        }
        return new HelperConfig(
                agentId(helper),
                helper.path("socket", "/run/viworks/host_helper.sock"),
                helper.text("socket_group"),
                secret(helper),
                helper.path("state_dir", "/var/lib/viworks-helper"),
                verifyKeys(helper),
                users,
                groups,
                helper.integer("max_concurrency", 8, 1, 64),
                Duration.ofSeconds(helper.integer("idle_exit_secs", 0, 0, 86_400)),
                table(root.table("verbs")));
    }

    private static AgentId agentId(TomlSection helper) {
        String text = helper.required("agent_id");
        try {
            return AgentId.of(text);
        } catch (IllegalArgumentException e) {
            helper.wrong("agent_id", "match [A-Za-z0-9][A-Za-z0-9._-]{0,63}");
            return new AgentId("none");
        }
    }

    private static Path secret(TomlSection helper) {
        Path file = helper.path("secret_file", null);
        try {
            Owners.mustBeTrusted(file);
            HelperSecret.read(file);
        } catch (IOException e) {
            helper.wrong("secret_file", "be usable: " + e.getMessage());
        }
        return file;
    }

    private static List<Path> verifyKeys(TomlSection helper) {
        List<Path> places = helper.paths("verify_keys");
        try {
            for (Path place : places) {
                Owners.mustBeTrusted(place);
            }
            if (helper.has("verify_keys") && VerifyKeys.read(places).kids().isEmpty()) {
                helper.wrong("verify_keys", "name at least one public key (*.pem)");
            }
        } catch (IOException e) {
            helper.wrong("verify_keys", "name public keys: " + e.getMessage());
        }
        return places;
    }

    private static Map<String, Entry> table(TomlSection verbs) {
        if (verbs.keys().isEmpty()) {
            verbs.wrong("", "hold a table for each verb that is run");
        }
        Map<String, Entry> table = new LinkedHashMap<>();
        for (String verb : verbs.keys()) {
            EntryReader.read(verbs, verb).ifPresent(entry -> table.put(verb, entry));
        }
        return table;
    }
}
