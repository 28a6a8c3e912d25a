package io.viworks.agent.simulate;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.frame.FrameCodec;
import java.time.Instant;
import java.util.random.RandomGenerator;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The figures of a made-up gateway: each wanders from where it was. Not thread-safe. */
final class Vitals {
    private static final FrameCodec CODEC = new FrameCodec();
    private static final String[] IMAGES = {"openvpn:2.6", "fwknop:2.6", "proxy:1.27", "dns:9.18"};

    private final RandomGenerator random;
    private final int containers;
    private double cpu;
    private double memory;
    private double disk;
    private double load;

    Vitals(RandomGenerator random) {
        this.random = random;
        this.containers = 1 + random.nextInt(IMAGES.length);
        this.cpu = random.nextDouble(2, 60);
        this.memory = random.nextDouble(20, 80);
        this.disk = random.nextDouble(10, 90);
        this.load = cpu / 25;
    }

    /** The next TELEMETRY frame. */
    Bytes frame(AgentId agent, Instant now) {
        cpu = wander(cpu, 8);
        memory = wander(memory, 1.5);
        disk = wander(disk, 0.1);
        load = load * 0.8 + cpu / 25 * 0.2;
        ObjectNode frame = JsonNodeFactory.instance.objectNode();
        frame.put("type", "TELEMETRY");
        frame.put("agent_id", agent.value());
        frame.put("ts", Rfc3339.format(now));
        ObjectNode metrics = frame.putObject("metrics");
        metrics.put("cpu_pct", rounded(cpu));
        metrics.put("mem_pct", rounded(memory));
        metrics.put("disk_pct", rounded(disk));
        metrics.put("load1", rounded(load));
        metrics.put("containers_running", containers);
        metrics.putObject("services").put("openvpn", "active").put("ssh", "active");
        var list = metrics.putArray("containers");
        for (int i = 0; i < containers; i++) {
            list.addObject()
                    .put("id", "%012x".formatted(agent.value().hashCode() * 31L + i))
                    .put("name", IMAGES[i].substring(0, IMAGES[i].indexOf(':')))
                    .put("image", IMAGES[i])
                    .put("state", "running");
        }
        return Bytes.of(CODEC.encodeObject(frame));
    }

    private double wander(double from, double step) {
        return Math.clamp(from + random.nextGaussian() * step, 0.5, 99.5);
    }

    private static double rounded(double value) {
        return Math.round(value * 10) / 10.0;
    }
}
