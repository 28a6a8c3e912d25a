package io.viworks.bridge.session;

import io.viworks.protocol.CorrelationId;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which step of its trace sent each command of a session: what is heard of it later is caused by
 * that. Empty while nothing is traced. For the socket's own thread.
 */
final class Causes {
    /** Commands remembered at most: more than any agent is given at once. */
    private static final int MAX = 128;

    private final Map<CorrelationId, String> steps = new LinkedHashMap<>(0);

    void sent(CorrelationId command, String step) {
        steps.put(command, step);
        if (steps.size() > MAX) {
            steps.remove(steps.keySet().iterator().next());
        }
    }

    /** The step's traceparent; null when this session did not send it, or for no trace. */
    @Nullable String of(CorrelationId command) {
        return steps.get(command);
    }

    void ended(CorrelationId command) {
        steps.remove(command);
    }
}
