package io.viworks.protocol.verb;

import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.FrameCodec;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/**
 * The closed set of verbs (spec 6), read once from {@code verbs/*.json} in this module. Each file
 * holds {@code name, summary, mutating, idempotent, timeout_s} and, as {@code arguments}, the JSON
 * Schema (2020-12) of its arguments. Thread-safe.
 */
public final class VerbCatalogue {
    private static final List<String> NAMES =
            List.of(
                    "create_openvpn_user",
                    "create_panel_user",
                    "delete_openvpn_user",
                    "delete_panel_user",
                    "echo",
                    "get_service_status",
                    "get_system_health",
                    "list_containers",
                    "list_sessions",
                    "reload_service",
                    "restart_container",
                    "shutdown_agent",
                    "spawn_container",
                    "stop_container",
                    "tail_logs",
                    "terminate_session");

    private final Map<String, Verb> verbs;

    private VerbCatalogue(Map<String, Verb> verbs) {
        this.verbs = verbs;
    }

    private static final class Standard {
        static final VerbCatalogue INSTANCE = read();
    }

    /** The catalogue of this build. */
    public static VerbCatalogue standard() {
        return Standard.INSTANCE;
    }

    public Optional<Verb> find(String name) {
        return Optional.ofNullable(verbs.get(name));
    }

    /** All verbs by name. */
    public List<Verb> all() {
        return List.copyOf(verbs.values());
    }

    private static VerbCatalogue read() {
        FrameCodec codec = new FrameCodec();
        Map<String, Verb> verbs = new TreeMap<>();
        for (String name : NAMES) {
            verbs.put(name, read(name, codec));
        }
        return new VerbCatalogue(verbs);
    }

    private static Verb read(String name, FrameCodec codec) {
        String resource = "verbs/" + name + ".json";
        try (InputStream in = VerbCatalogue.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(resource + " is not on the class path");
            }
            ObjectNode file = codec.decodeObject(in.readAllBytes());
            return new Verb(
                    file.required("name").stringValue(),
                    file.required("summary").stringValue(),
                    file.required("mutating").booleanValue(),
                    file.required("idempotent").booleanValue(),
                    Duration.ofSeconds(file.required("timeout_s").intValue()),
                    (ObjectNode) file.required("arguments"));
        } catch (BadFrame e) {
            throw new IllegalStateException(resource + ": " + e.problem(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
