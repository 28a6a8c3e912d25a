package io.viworks.agent.connection;

import io.viworks.agent.config.AgentConfig;
import io.viworks.agent.config.ConfigReader;
import io.viworks.agent.host.Host;
import io.viworks.agent.host.HostTelemetry;
import io.viworks.agent.journal.Journal;
import io.viworks.agent.journal.JournalBounds;
import io.viworks.agent.log.AgentLog;
import io.viworks.agent.process.ProcessRunner;
import io.viworks.agent.run.CommandExecutor;
import io.viworks.agent.run.RunSettings;
import io.viworks.agent.run.VerbExecutor;
import io.viworks.agent.status.StatusDocument;
import io.viworks.agent.status.StatusSocket;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The agent with all its real parts in a process of its own, by clocks that run fast and with a
 * journal that forgets soon. For each line it is given it says how many bytes of its heap are used.
 */
final class LongLivedAgent {
    /** What a week leaves in the journal must leave it again in this time. */
    private static final JournalBounds BOUNDS =
            new JournalBounds(
                    64L << 20,
                    10_000,
                    50_000,
                    256 << 10,
                    Duration.ofMinutes(2),
                    Duration.ofSeconds(10));

    private static final List<Path> MOUNTS = List.of(Path.of("/"));

    private LongLivedAgent() {}

    /**
     * Runs until it is killed.
     *
     * @param args when its time began, and how fast it runs
     */
    public static void main(String[] args) throws Exception {
        Time time = new HastyTime(Instant.parse(args[0]), Long.parseLong(args[1]));
        AgentConfig config = ConfigReader.read(null, System.getenv());
        AgentLog log = new AgentLog(System.err, time::now, "gateway-1", config.logLevel());
        ProcessRunner runner = ProcessRunner.create();
        Journal journal = Journal.open(config.dataDir(), BOUNDS, time.now());
        Agent agent =
                new Agent(
                        new Agent.Parts(
                                config,
                                "0.1.0",
                                journal,
                                executor(config, runner, time),
                                HostTelemetry.create(
                                        config.allowedUnits(), List.of(), MOUNTS, runner),
                                time,
                                new SecureRandom(),
                                0.2,
                                log));
        StatusSocket.open(
                config.dataDir(),
                new StatusDocument(config, "0.1.0", journal.instanceUid(), agent),
                log);
        agent.start();
        while (System.in.read() >= 0) {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            System.out.println(runtime.totalMemory() - runtime.freeMemory());
        }
    }

    private static CommandExecutor executor(AgentConfig config, ProcessRunner runner, Time time) {
        return VerbExecutor.create(
                new RunSettings(
                        config.maxConcurrency(),
                        Math.toIntExact(config.cmdTimeout().toSeconds()),
                        config.execEnabled(),
                        config.allowedVerbs(),
                        config.allowedUnits(),
                        config.allowedImages(),
                        config.pullImages(),
                        config.openvpn(),
                        config.scriptsDir(),
                        null,
                        null),
                new Host(MOUNTS),
                List.of(),
                runner,
                config.runLog(),
                time::now,
                _ -> {});
    }
}
