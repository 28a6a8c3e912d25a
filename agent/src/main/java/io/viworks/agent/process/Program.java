package io.viworks.agent.process;

import io.viworks.protocol.CorrelationId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A program to be run, exactly as it will be: no shell reads it.
 *
 * @param executable absolute path
 * @param environment added to a minimal one; nothing else of the agent's own is passed on
 * @param timeout after which the whole process tree is killed
 * @param run marks all its processes; null for the agent's own measurements
 */
public record Program(
        Path executable,
        List<String> arguments,
        Map<String, String> environment,
        Duration timeout,
        @Nullable CorrelationId run) {
    public Program {
        if (!executable.isAbsolute()) {
            throw new IllegalArgumentException("the path of a program must be absolute");
        }
        arguments = List.copyOf(arguments);
        environment = Map.copyOf(environment);
    }
}
