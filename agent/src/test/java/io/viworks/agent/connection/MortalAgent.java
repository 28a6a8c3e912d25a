package io.viworks.agent.connection;

import io.viworks.agent.config.AgentConfig;
import io.viworks.agent.config.ConfigReader;
import io.viworks.agent.journal.Journal;
import io.viworks.agent.journal.JournalBounds;
import io.viworks.agent.log.AgentLog;
import io.viworks.agent.process.ProcessRunner;
import io.viworks.agent.process.Program;
import io.viworks.agent.run.CommandExecutor;
import io.viworks.agent.run.Output;
import io.viworks.agent.run.Refusal;
import io.viworks.agent.run.RunOutcome;
import io.viworks.agent.run.Warrant;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.AgentFrame.ResultStatus;
import io.viworks.protocol.frame.Envelope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/**
 * An agent in a process of its own that runs a real program for each command and stands still at
 * the point it is told, for a test to kill it there.
 */
final class MortalAgent {
    /** Where it can stand still. */
    enum Point {
        /** The command is here, and nothing of it in the journal. */
        BEFORE_ACCEPTED,
        /** {@code started} is on disk, and nothing runs. */
        BEFORE_THE_PROGRAM,
        /** The program runs. */
        WHILE_IT_RUNS,
        /** Nowhere. */
        NEVER
    }

    private MortalAgent() {}

    /**
     * Runs until it is killed.
     *
     * @param args the point, the file that counts runs, and what {@code sleep} is told
     */
    public static void main(String[] args) throws Exception {
        AgentConfig config = ConfigReader.read(null, System.getenv());
        Agent agent =
                new Agent(
                        new Agent.Parts(
                                config,
                                "0.1.0",
                                Journal.open(
                                        config.dataDir(), JournalBounds.STANDARD, Instant.now()),
                                new Programs(Point.valueOf(args[0]), Path.of(args[1]), args[2]),
                                Map::of,
                                Time.SYSTEM,
                                new Random(7),
                                0.01,
                                new AgentLog(
                                        System.err,
                                        InstantSource.system(),
                                        "gateway-1",
                                        config.logLevel())));
        agent.start();
        new CountDownLatch(1).await();
    }

    /** One program for every command. */
    private record Programs(Point point, Path runs, String seconds) implements CommandExecutor {
        private static final ProcessRunner RUNNER = ProcessRunner.create();

        private void standStillAt(Point here) {
            if (point != here) {
                return;
            }
            System.out.println(here);
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public Optional<Refusal> check(Envelope envelope) {
            standStillAt(Point.BEFORE_ACCEPTED);
            return Optional.empty();
        }

        @Override
        public Optional<Place> reserve() {
            return Optional.of(new Once());
        }

        @Override
        public boolean cancel(CorrelationId id) {
            return false;
        }

        @Override
        public void killLeftovers(CorrelationId id) {
            int _ = RUNNER.endAll(id);
        }

        @Override
        public List<String> verbs() {
            return List.of("echo");
        }

        @Override
        public void close() {}

        private void run(Envelope envelope, Consumer<RunOutcome> finished) {
            Instant began = Instant.now();
            try {
                Files.writeString(
                        runs,
                        envelope.correlationId() + "\n",
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
                String length = point == Point.WHILE_IT_RUNS ? seconds : "0.1";
                var end =
                        RUNNER.run(
                                new Program(
                                        Path.of("/usr/bin/sleep"),
                                        List.of(length),
                                        Map.of(),
                                        Duration.ofMinutes(10),
                                        envelope.correlationId()));
                finished.accept(
                        new RunOutcome(
                                ResultStatus.SUCCESS,
                                end.rc(),
                                "slept",
                                "",
                                null,
                                false,
                                began,
                                Instant.now(),
                                null));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private final class Once implements Place {
            @Override
            public void start(
                    Warrant warrant, Consumer<Output> output, Consumer<RunOutcome> finished) {
                standStillAt(Point.BEFORE_THE_PROGRAM);
                Thread.ofPlatform().daemon().start(() -> run(warrant.envelope(), finished));
            }

            @Override
            public void close() {}
        }
    }
}
