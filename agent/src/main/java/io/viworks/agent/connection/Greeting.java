package io.viworks.agent.connection;

import io.viworks.agent.config.AgentConfig;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.frame.AgentFrame.Hello;
import io.viworks.protocol.frame.Features;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What this agent says of itself. Immutable. */
final class Greeting {
    private static final int PROTOCOL_VERSION = 1;

    private final AgentConfig config;
    private final String version;
    private final List<String> verbs;
    private final UUID boot;
    private final @Nullable String hostname;

    /**
     * Of this process.
     *
     * @param boot names this life of the agent
     */
    Greeting(AgentConfig config, String version, List<String> verbs, UUID boot) {
        this.config = config;
        this.version = version;
        this.verbs = List.copyOf(verbs);
        this.boot = boot;
        this.hostname = hostname();
    }

    /** The first frame of a session. */
    Hello hello(InstanceUid instance, Instant now) {
        return new Hello(
                config.agentId(),
                version,
                instance,
                boot.toString(),
                PROTOCOL_VERSION,
                config.site(),
                hostname,
                config.labels(),
                verbs,
                verbs,
                features(),
                config.maxConcurrency(),
                now,
                UUID.randomUUID().toString(),
                metadata());
    }

    /** It offers to read signatures only when it can verify them. */
    private Set<String> features() {
        Set<String> features =
                new LinkedHashSet<>(
                        List.of(
                                Features.ACK,
                                Features.JOURNAL,
                                Features.JOB_STATUS,
                                Features.CANCEL,
                                Features.PROGRESS));
        if (!config.verifyKeys().isEmpty()) {
            features.add(Features.JWS);
        }
        return features;
    }

    private static ObjectNode metadata() {
        ObjectNode metadata = JsonNodeFactory.instance.objectNode();
        metadata.put("os", System.getProperty("os.name"));
        metadata.put("arch", System.getProperty("os.arch"));
        metadata.put("kernel", System.getProperty("os.version"));
        metadata.put("java", System.getProperty("java.version"));
        return metadata;
    }

    private static @Nullable String hostname() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            // Not Linux: asked the slower way.
        }
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return null;
        }
    }
}
