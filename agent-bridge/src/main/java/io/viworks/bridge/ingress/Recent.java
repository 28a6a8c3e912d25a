package io.viworks.bridge.ingress;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What agents said last, for people who look at this bridge: the latest telemetry frames and the
 * last result of each (spec 2.6). Bounded per agent and for the process: when agents are so many
 * that the process' bytes are not enough for all their frames, each keeps fewer, an equal share.
 * Should it still not be enough, who was silent longest is forgotten. Thread-safe.
 */
public final class Recent {
    /** Telemetry frames kept of one agent. */
    public static final int FRAMES = 50;

    /** Bytes of telemetry kept of one agent; a larger frame is not kept. */
    public static final int BYTES = 64 * 1024;

    private final long budget;
    private final Map<AgentId, Memory> agents = new LinkedHashMap<>(16, 0.75f, true);
    private long used;

    /**
     * Empty.
     *
     * @param budget bytes kept of all agents together
     */
    public Recent(long budget) {
        this.budget = budget;
    }

    private static final class Memory {
        final FrameRing frames = new FrameRing(FRAMES);
        @Nullable Bytes result;

        long size() {
            return (long) frames.bytes() + (result == null ? 0 : result.length());
        }
    }

    /** Remembers a telemetry frame. */
    public synchronized void telemetry(AgentId agent, Bytes frame) {
        if (frame.length() > BYTES) {
            return;
        }
        Memory memory = agents.computeIfAbsent(agent, _ -> new Memory());
        used -= memory.size();
        memory.frames.add(frame.array(), share());
        used += memory.size();
        shrink();
    }

    /** Remembers how a command ended, in place of the one before. */
    public synchronized void result(AgentId agent, Bytes summary) {
        if (summary.length() > BYTES) {
            return;
        }
        Memory memory = agents.computeIfAbsent(agent, _ -> new Memory());
        used -= memory.size();
        memory.result = summary;
        used += memory.size();
        shrink();
    }

    /** Bytes of telemetry one agent may keep now; its latest frame stays in any case. */
    private long share() {
        return Math.min(BYTES, budget / agents.size());
    }

    private void shrink() {
        while (used > budget && !agents.isEmpty()) {
            Map.Entry<AgentId, Memory> eldest = agents.entrySet().iterator().next();
            used -= eldest.getValue().size();
            agents.remove(eldest.getKey());
        }
    }

    /** The frames as received, oldest first. */
    public synchronized List<Bytes> telemetry(AgentId agent) {
        Memory memory = agents.get(agent);
        return memory == null ? List.of() : memory.frames.frames();
    }

    /** The last RESULT without its outputs. */
    public synchronized Optional<Bytes> result(AgentId agent) {
        Memory memory = agents.get(agent);
        return memory == null ? Optional.empty() : Optional.ofNullable(memory.result);
    }

    /** Bytes kept. */
    public synchronized long used() {
        return used;
    }
}
