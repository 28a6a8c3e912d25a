package io.viworks.agent.connection;

import io.viworks.agent.connection.Wire.Urgency;
import io.viworks.agent.host.Telemetry;
import io.viworks.agent.log.AgentLog;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.frame.FrameCodec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Measures and sends TELEMETRY while there is a session: the first at once, then each interval. It
 * is measured beside the loop, one at a time; what finds no room on the wire is dropped, for the
 * next one says it better. Used on the loop only.
 */
final class TelemetryFeed {
    private static final FrameCodec CODEC = new FrameCodec();
    private static final JsonMapper MAPPER = new JsonMapper();

    /** What leaves first when a frame is too large: the bulky ones. */
    private static final List<String> BULKY = List.of("containers", "services");

    private final AgentId agentId;
    private final Telemetry telemetry;
    private final Wire wire;
    private final Loop loop;
    private final Time time;
    private final AgentLog log;
    private Loop.@Nullable Timer timer;
    private Duration interval = Duration.ZERO;
    private boolean measuring;
    private long sent;
    private long dropped;
    private int lastBytes;
    private long lastAt;

    TelemetryFeed(
            AgentId agentId, Telemetry telemetry, Wire wire, Loop loop, Time time, AgentLog log) {
        this.agentId = agentId;
        this.telemetry = telemetry;
        this.wire = wire;
        this.loop = loop;
        this.time = time;
        this.log = log;
    }

    /**
     * What has become of measurements in this life.
     *
     * @param age of the last one sent; null before the first
     * @param lastBytes its size
     */
    record View(
            Duration interval, long sent, long dropped, @Nullable Duration age, int lastBytes) {}

    View view() {
        Duration age = sent == 0 ? null : Duration.ofNanos(time.nanos() - lastAt);
        return new View(interval, sent, dropped, age, lastBytes);
    }

    void start(Duration pause) {
        stop();
        interval = pause;
        timer = loop.every(pause, this::measure);
        measure();
    }

    void stop() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private void measure() {
        if (measuring) {
            return;
        }
        measuring = true;
        Thread.ofVirtual()
                .name("telemetry")
                .start(() -> {
                    try {
                        Map<String, Object> metrics = telemetry.metrics();
                        loop.post(() -> send(metrics));
                    } catch (RuntimeException e) {
                        loop.post(() ->
                                log.error("telemetry_failed").because(e).say("cannot measure"));
                    } finally {
                        loop.post(() -> measuring = false);
                    }
                });
    }

    private void send(Map<String, Object> metrics) {
        if (!wire.live()) {
            return;
        }
        Bytes frame = frame(MAPPER.valueToTree(metrics));
        if (!wire.roomFor(Urgency.TELEMETRY) || frame.length() > wire.frameLimit()) {
            dropped++;
            log.warn("telemetry_dropped")
                    .with("count", dropped)
                    .with("bytes", frame.length())
                    .say("the wire has no room for TELEMETRY");
            return;
        }
        wire.send(frame);
        sent++;
        lastBytes = frame.length();
        lastAt = time.nanos();
    }

    private Bytes frame(JsonNode metrics) {
        ObjectNode frame = MAPPER.createObjectNode();
        frame.put("type", "TELEMETRY");
        frame.put("agent_id", agentId.value());
        frame.put("ts", Rfc3339.format(time.now()));
        frame.set("metrics", metrics);
        Bytes bytes = Bytes.of(CODEC.encodeObject(frame));
        for (String name : BULKY) {
            if (bytes.length() > wire.frameLimit() && metrics instanceof ObjectNode object) {
                object.remove(name);
                bytes = Bytes.of(CODEC.encodeObject(frame));
            }
        }
        return bytes;
    }
}
