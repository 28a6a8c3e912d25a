package io.viworks.agent.process;

import io.viworks.protocol.Bytes;
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
 * @param input what it reads from its standard input, which ends after it: the place for secrets
 */
public record Program(
        Path executable,
        List<String> arguments,
        Map<String, String> environment,
        Duration timeout,
        @Nullable CorrelationId run,
        Bytes input) {
    private static final Bytes NOTHING = Bytes.of(new byte[0]);

    public Program {
        if (!executable.isAbsolute()) {
            throw new IllegalArgumentException("the path of a program must be absolute");
        }
        arguments = List.copyOf(arguments);
        environment = Map.copyOf(environment);
    }

    /** A program that has nothing to read. */
    public Program(
            Path executable,
            List<String> arguments,
            Map<String, String> environment,
            Duration timeout,
            @Nullable CorrelationId run) {
        this(executable, arguments, environment, timeout, run, NOTHING);
    }

    /** The same program with something to read. */
    public Program reading(Bytes text) {
        return new Program(executable, arguments, environment, timeout, run, text);
    }
}
