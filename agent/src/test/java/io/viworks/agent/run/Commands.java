package io.viworks.agent.run;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.FrameCodec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/** Commands and settings as the tests need them. */
final class Commands {
    private static final Instant NOW = Instant.parse("2026-01-15T12:00:00Z");

    private Commands() {}

    static Envelope command(String verb, String args) {
        return command(verb, args, 600);
    }

    /** A new command; its arguments as JSON, in which ' stands for ". */
    static Envelope command(String verb, String args, int timeoutS) {
        return new Envelope(
                new CorrelationId(UUID.randomUUID()),
                new AgentId("gateway-001"),
                verb,
                json(args),
                NOW,
                NOW.plusSeconds(60),
                UUID.randomUUID(),
                timeoutS,
                "an-admin");
    }

    private static ObjectNode json(String args) {
        try {
            byte[] bytes = args.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
            return new FrameCodec().decodeObject(bytes);
        } catch (BadFrame e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Everything allowed, two places. */
    static RunSettings settings() {
        return settings(true, Set.of());
    }

    static RunSettings settings(boolean exec, Set<String> verbs) {
        return new RunSettings(
                2,
                45,
                exec,
                verbs,
                Set.of("ssh.service"),
                Set.of("alpine:3"),
                false,
                null,
                Path.of("/opt/viworks/scripts"),
                null,
                null);
    }
}
