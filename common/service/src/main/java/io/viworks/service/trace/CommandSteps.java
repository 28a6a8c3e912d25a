package io.viworks.service.trace;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The steps of commands: the same names and notes in every service. */
public final class CommandSteps {
    private CommandSteps() {}

    /** Begins a step of a command; without a trace nothing is taken down. */
    public static Step of(
            Tracing tracing,
            Tracing.Kind kind,
            String name,
            @Nullable String parent,
            AgentId agentId,
            CorrelationId command) {
        return of(tracing, kind, name, parent, agentId, command, null);
    }

    /** The same for a step that began before, and whose end will be said. */
    public static Step of(
            Tracing tracing,
            Tracing.Kind kind,
            String name,
            @Nullable String parent,
            AgentId agentId,
            CorrelationId command,
            @Nullable Instant since) {
        if (parent == null || !tracing.on()) {
            return NoStep.ALONE;
        }
        return tracing.follow(kind, name, parent, since)
                .note("viw.agent_id", agentId.value())
                .note("viw.correlation_id", command.toString());
    }
}
