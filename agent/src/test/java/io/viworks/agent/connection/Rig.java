package io.viworks.agent.connection;

import io.viworks.agent.config.AgentConfig;
import io.viworks.agent.config.ConfigMistakes;
import io.viworks.agent.config.ConfigReader;
import io.viworks.agent.journal.Journal;
import io.viworks.agent.journal.JournalBounds;
import io.viworks.agent.log.AgentLog;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.FrameCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** A whole agent in this process: a real journal, real sockets, runs that a test steers. */
final class Rig implements AutoCloseable {
    static final String SECRET = "correct horse battery staple";

    final GatedExecutor executor = new GatedExecutor();
    private final Path folder;
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final ByteArrayOutputStream log = new ByteArrayOutputStream();
    private JournalBounds bounds = JournalBounds.STANDARD;
    private double pauses = 0.001;
    private volatile Duration clockError = Duration.ZERO;
    private @Nullable Agent agent;

    Rig(Path folder, URI bridge) throws IOException {
        this.folder = folder;
        Path secret = Files.writeString(folder.resolve("secret"), SECRET + "\n");
        environment.put("VIW_AGENT_AGENT_ID", "gateway-1");
        environment.put("VIW_AGENT_BACKEND_URL", bridge.toString());
        environment.put("VIW_AGENT_SHARED_SECRET_FILE", secret.toString());
        environment.put("VIW_AGENT_DATA_DIR", data().toString());
        environment.put("VIW_AGENT_COLLECT_INTERVAL", "1");
        environment.put("VIW_AGENT_LOG_LEVEL", "debug");
    }

    Path data() {
        return folder.resolve("data");
    }

    /** Proves who it is with a key of its own, taken by this server; without the shared secret. */
    Rig enrolling(FakeAdmin admin, String token) throws IOException {
        environment.remove("VIW_AGENT_SHARED_SECRET_FILE");
        token(token);
        return with("IDENTITY_KEY_FILE", identity())
                .with("ENROLL_URL", admin.url())
                .with("ENROLL_TOKEN_FILE", folder.resolve("token"));
    }

    /** Puts this token where the agent looks for one. */
    void token(String token) throws IOException {
        Files.writeString(folder.resolve("token"), token + "\n");
    }

    Path identity() {
        return folder.resolve("identity.json");
    }

    /** One more key of the configuration. */
    Rig with(String key, Object value) {
        environment.put("VIW_AGENT_" + key, value.toString());
        return this;
    }

    Rig without(String key) {
        environment.remove("VIW_AGENT_" + key);
        return this;
    }

    Rig bounds(JournalBounds smaller) {
        bounds = smaller;
        return this;
    }

    /** Sets the gateway's clock, so far from the right time. */
    Rig clock(Duration error) {
        clockError = error;
        return this;
    }

    /** Pauses between attempts, as a share of the real ones. */
    Rig pauses(double share) {
        pauses = share;
        return this;
    }

    Rig start() throws IOException, ConfigMistakes {
        AgentConfig config = ConfigReader.read(null, environment);
        Agent started =
                new Agent(
                        new Agent.Parts(
                                config,
                                "0.1.0",
                                Journal.open(config.dataDir(), bounds, Instant.now()),
                                executor,
                                () -> Map.of("cpu_pct", 12.5, "services", Map.of("a", "active")),
                                time(),
                                new Random(7),
                                pauses,
                                new AgentLog(
                                        new PrintStream(log, true, StandardCharsets.UTF_8),
                                        InstantSource.system(),
                                        "gateway-1",
                                        config.logLevel())));
        agent = started;
        started.start();
        return this;
    }

    private Time time() {
        return new Time() {
            @Override
            public Instant now() {
                return Instant.now().plus(clockError);
            }

            @Override
            public long nanos() {
                return System.nanoTime();
            }
        };
    }

    /** Stops the agent; the journal stays for the next one. */
    void stop() {
        if (agent != null) {
            agent.close();
            agent = null;
        }
    }

    @Override
    public void close() {
        stop();
    }

    /** All that was logged. */
    String log() {
        return log.toString(StandardCharsets.UTF_8);
    }

    /** What was logged with this event. */
    List<ObjectNode> logged(String event) {
        List<ObjectNode> lines = new ArrayList<>();
        for (String line : log().lines().toList()) {
            try {
                ObjectNode fields =
                        new FrameCodec().decodeObject(line.getBytes(StandardCharsets.UTF_8));
                if (fields.path("event").asString("").equals(event)) {
                    lines.add(fields);
                }
            } catch (BadFrame e) {
                throw new AssertionError("not a JSON object: " + line, e);
            }
        }
        return lines;
    }

    static CorrelationId id() {
        return new CorrelationId(UUID.randomUUID());
    }

    /** A COMMAND frame that lives for a minute. */
    static String command(CorrelationId id, String verb) {
        return command(id, verb, 1, Instant.now().plusSeconds(60), UUID.randomUUID());
    }

    static String command(
            CorrelationId id, String verb, int attempt, Instant expiresAt, UUID nonce) {
        return """
        {"type":"COMMAND","attempt":%d,"correlation_id":"%s","agent_id":"gateway-1","verb":"%s",
         "args":{"message":"hi"},"issued_at":"%s","expires_at":"%s","nonce":"%s","timeout_s":5,
         "issued_by":"tests"}\
        """
                .formatted(
                        attempt,
                        id,
                        verb,
                        Rfc3339.format(Instant.now()),
                        Rfc3339.format(expiresAt),
                        nonce);
    }

    static String cancel(CorrelationId id, String mode) {
        return """
        {"type":"CANCEL","correlation_id":"%s","expires_at":"%s","mode":"%s"}\
        """
                .formatted(id, Rfc3339.format(Instant.now().plusSeconds(60)), mode);
    }

    static String query(CorrelationId id) {
        return """
        {"type":"JOB_QUERY","correlation_ids":["%s"]}\
        """
                .formatted(id);
    }

    static String confirm(CorrelationId id) {
        return """
        {"type":"RESULT_ACK","correlation_id":"%s"}\
        """
                .formatted(id);
    }
}
