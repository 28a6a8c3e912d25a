package io.viworks.agent.run;

import io.viworks.agent.process.ProcessRunner;
import io.viworks.agent.process.Program;
import io.viworks.agent.process.ProgramEnd;
import io.viworks.agent.process.ProgramEnd.Cause;
import io.viworks.agent.process.Secrets;
import io.viworks.protocol.CorrelationId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import tools.jackson.databind.node.ObjectNode;

/**
 * One command as its verb sees it.
 *
 * @param timeout for all of it
 * @param secrets what must show up in no output
 */
record Task(
        Warrant warrant,
        Duration timeout,
        ProcessRunner runner,
        Secrets secrets,
        Consumer<Output> output) {
    CorrelationId id() {
        return warrant.envelope().correlationId();
    }

    String verb() {
        return warrant.envelope().verb();
    }

    ObjectNode args() {
        return warrant.envelope().args();
    }

    /** A program of this run; it carries the run's mark and its time. */
    Program program(Path executable, List<String> arguments) {
        return new Program(executable, arguments, Map.of(), timeout, id());
    }

    /**
     * Runs a program to its own end.
     *
     * @throws Stopped when it was ended: by its timeout, a cancellation, the agent's closing
     */
    ProgramEnd run(Program program) throws IOException, Stopped {
        ProgramEnd end =
                runner.run(
                        program,
                        secrets,
                        (stream, text) -> output.accept(new Output(stream, text)));
        return own(end);
    }

    /**
     * Runs a program for the beginning of what it says; nobody watches.
     *
     * @param bytes how much of its standard output is wanted, as encoded in JSON
     * @throws Stopped as above
     */
    ProgramEnd head(Program program, int bytes) throws IOException, Stopped {
        return own(runner.head(program, bytes));
    }

    private static ProgramEnd own(ProgramEnd end) throws Stopped {
        if (end.cause() != Cause.EXITED) {
            throw new Stopped(end);
        }
        return end;
    }
}
