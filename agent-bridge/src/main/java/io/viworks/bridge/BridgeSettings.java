package io.viworks.bridge;

import io.viworks.bridge.delivery.SealedCommands;
import io.viworks.bridge.handshake.HandshakeSettings;
import io.viworks.bridge.session.AgentVersion;
import io.viworks.bridge.session.SessionLimits;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.Limits;
import io.viworks.protocol.sealing.SealingKeys;
import io.viworks.service.Config;
import io.viworks.service.HostPort;
import io.viworks.service.RedisUrl;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import org.springframework.util.unit.DataSize;

/**
 * What can be configured of agent-bridge (spec 07).
 *
 * @param redisUrl with its login
 * @param eventLoops threads that serve sockets
 * @param sealed who may be given commands with secrets, and what opens them
 * @param adminToken of the ops endpoints; without it they answer loopback only and change nothing
 * @param outboundBytes what may wait to leave by all sockets together
 * @param unwrittenBytes what agents said of commands that may wait for Redis
 * @param recentBytes what is kept of all agents for who looks at this bridge
 */
record BridgeSettings(
        String redisUrl,
        HostPort bind,
        int eventLoops,
        HandshakeSettings handshake,
        SessionLimits limits,
        boolean signedOnly,
        SealedCommands sealed,
        Optional<Bytes> adminToken,
        long outboundBytes,
        long unwrittenBytes,
        long recentBytes) {
    private static final int MOST_LOOPS = 256;

    /** Reads the settings and hands Spring its own. */
    static BridgeSettings from(Config config) {
        config.enabledBy("AGENT_BRIDGE_ENABLED", false);
        config.owns("AGENT_BRIDGE_");
        config.ignores("AGENT_BRIDGE_LOG_JSON");
        HostPort bind = config.address("AGENT_BRIDGE_BIND", "0.0.0.0:8082");
        config.spring("server.address", bind.host());
        config.spring("server.port", bind.port());
        HostPort management = config.address("VIW_MANAGEMENT_BIND", "127.0.0.1:9082");
        config.spring("management.server.address", management.host());
        config.spring("management.server.port", management.port());
        return new BridgeSettings(
                RedisUrl.from(config),
                bind,
                config.integer("AGENT_BRIDGE_EVENT_LOOPS", loops(), 1, MOST_LOOPS),
                DoorSettings.from(config, bind),
                limits(config),
                config.flag("AGENT_ENVELOPE_JWS_REQUIRED", false),
                sealed(config),
                config.secret("AGENT_BRIDGE_ADMIN_TOKEN").map(Bytes::utf8),
                bytes(config, "AGENT_BRIDGE_OUTBOX_TOTAL", 256, 4096),
                bytes(config, "AGENT_BRIDGE_UNWRITTEN_TOTAL", 64, 4096),
                bytes(config, "AGENT_BRIDGE_RECENT_TOTAL", 24, 4096));
    }

    /**
     * One core is left to the rest: the compiler, the collector, the neighbours. With a loop on
     * each core a loop that is woken waits for one, and each of its turns brings less.
     */
    private static int loops() {
        return Math.clamp(Runtime.getRuntime().availableProcessors() - 1, 1, MOST_LOOPS);
    }

    private static SealedCommands sealed(Config config) {
        return new SealedCommands(
                config.find("VIW_SEALING_KEYS_FILE")
                        .map(Path::of)
                        .flatMap(file -> {
                            try {
                                return Optional.of(SealingKeys.read(file, new SecureRandom()));
                            } catch (IOException e) {
                                config.mistake("VIW_SEALING_KEYS_FILE: " + e.getMessage());
                                return Optional.empty();
                            }
                        }),
                config.flag("AGENT_SECRETS_ON_SHARED_SECRET", false));
    }

    private static SessionLimits limits(Config config) {
        return new SessionLimits(
                seconds(config, "AGENT_BRIDGE_HELLO_TIMEOUT", Limits.HELLO_TIMEOUT),
                seconds(config, "AGENT_BRIDGE_HEARTBEAT", Limits.HEARTBEAT),
                config.integer(
                        "AGENT_BRIDGE_MAX_FRAME_BYTES", Limits.MAX_FRAME_BYTES, 32_768, 16 << 20),
                config.integer("AGENT_BRIDGE_OUTBOX_FRAMES", 1_000, 10, 100_000),
                bytes(config, "AGENT_BRIDGE_OUTBOX_SIZE", 5, 256),
                config.integer("AGENT_BRIDGE_MAX_INFLIGHT", Limits.MAX_INFLIGHT, 1, 64),
                config.integer("AGENT_BRIDGE_CMD_TIMEOUT_S", 45, 1, 3_600),
                config.integer("AGENT_BRIDGE_FRAME_RATE", 20, 1, 10_000),
                config.integer("AGENT_BRIDGE_FRAME_BURST", 100, 1, 100_000),
                Math.toIntExact(bytes(config, "AGENT_BRIDGE_RESULT_RATE", 1, 256)),
                seconds(config, "AGENT_BRIDGE_RATE_PATIENCE", Duration.ofSeconds(10)),
                config.integer(
                        "AGENT_BRIDGE_MAX_UNCONFIRMED", Limits.MAX_UNCONFIRMED_RESULTS, 1, 1_000),
                AgentVersion.of(config.text("AGENT_BRIDGE_MIN_AGENT_VERSION", "")));
    }

    private static Duration seconds(Config config, String name, Duration orElse) {
        return config.duration(name, orElse, Duration.ofMillis(100), Duration.ofMinutes(10));
    }

    private static long bytes(Config config, String name, int orElseMb, int maxMb) {
        return config.size(
                        name,
                        DataSize.ofMegabytes(orElseMb),
                        DataSize.ofKilobytes(64),
                        DataSize.ofMegabytes(maxMb))
                .toBytes();
    }
}
