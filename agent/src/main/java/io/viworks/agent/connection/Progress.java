package io.viworks.agent.connection;

import io.viworks.agent.connection.Wire.Urgency;
import io.viworks.agent.run.Output;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.AgentFrame;
import io.viworks.protocol.frame.AgentFrame.OutputStreamName;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Live output on its way: gathered for half a second, then one PROGRESS frame for each stream, or
 * dropped when the session has no room for it. A gap shows in {@code seq}. Used on the loop, but
 * for what {@link #begin} gives.
 */
final class Progress {
    /** Characters gathered between two frames; more are dropped. */
    private static final int MAX_GATHERED = 8 * 1024;

    private final AgentId agentId;
    private final Wire wire;
    private final Map<CorrelationId, Gathering> runs = new LinkedHashMap<>();

    Progress(AgentId agentId, Wire wire) {
        this.agentId = agentId;
        this.wire = wire;
    }

    /** Where a run's output goes; thread-safe, never blocks. */
    Consumer<Output> begin(CorrelationId id) {
        Gathering gathering = new Gathering();
        runs.put(id, gathering);
        return gathering::add;
    }

    /** The run is over: what is left goes before its RESULT. */
    void end(CorrelationId id) {
        Gathering gathering = runs.remove(id);
        if (gathering != null) {
            flush(id, gathering);
        }
    }

    /** Called each half second. */
    void flush() {
        runs.forEach(this::flush);
    }

    private void flush(CorrelationId id, Gathering gathering) {
        for (OutputStreamName stream : OutputStreamName.values()) {
            String text = gathering.take(stream);
            if (text == null) {
                continue;
            }
            long seq = gathering.seq++;
            if (wire.live() && wire.supports("PROGRESS") && wire.roomFor(Urgency.PROGRESS)) {
                wire.send(new AgentFrame.Progress(agentId, id, seq, stream, text));
            }
        }
    }

    /** What one run has said since its last frame. */
    private static final class Gathering {
        private final Map<OutputStreamName, StringBuilder> texts =
                new EnumMap<>(OutputStreamName.class);
        private long seq = 1;

        synchronized void add(Output output) {
            StringBuilder text = texts.computeIfAbsent(output.stream(), _ -> new StringBuilder());
            int room = MAX_GATHERED - text.length();
            if (room > 0) {
                text.append(output.text(), 0, Math.min(room, output.text().length()));
            }
        }

        synchronized @Nullable String take(OutputStreamName stream) {
            StringBuilder text = texts.remove(stream);
            return text == null || text.isEmpty() ? null : text.toString();
        }
    }
}
