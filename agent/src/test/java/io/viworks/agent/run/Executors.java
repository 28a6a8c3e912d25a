package io.viworks.agent.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.agent.host.Host;
import io.viworks.agent.process.ProcessRunner;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.Envelope;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.node.ObjectNode;

/** The real executor with settings of a test, for one command. */
final class Executors {
    private Executors() {}

    /** Runs it as an agent would, after its own check has let it through. */
    static RunOutcome run(RunSettings settings, Path engine, Envelope envelope) throws Exception {
        try (CommandExecutor executor =
                VerbExecutor.create(
                        settings,
                        new Host(List.of(Path.of("/"))),
                        List.of(engine),
                        ProcessRunner.create(),
                        null,
                        InstantSource.system(),
                        _ -> {})) {
            return run(executor, envelope);
        }
    }

    static RunOutcome run(CommandExecutor executor, Envelope envelope) throws Exception {
        assertThat(executor.check(envelope)).isEmpty();
        CompletableFuture<RunOutcome> end = new CompletableFuture<>();
        executor.reserve().orElseThrow().start(Warrant.unsigned(envelope), _ -> {}, end::complete);
        return end.get();
    }

    /** What it gave; it must have ended well. */
    static ObjectNode data(RunOutcome outcome) {
        return Objects.requireNonNull(outcome.data(), String.valueOf(outcome.error()));
    }

    /** Why it failed; it must have failed as {@code ExecFailed}. */
    static String failure(RunOutcome outcome) {
        FrameError error = Objects.requireNonNull(outcome.error(), "it ended well");
        assertThat(error.code()).isEqualTo("ExecFailed");
        return error.msg();
    }
}
