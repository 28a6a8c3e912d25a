package io.viworks.agent;

import io.viworks.agent.config.AgentConfig;
import io.viworks.agent.connection.Agent;
import io.viworks.agent.connection.Time;
import io.viworks.agent.helper.client.HelperClient;
import io.viworks.agent.host.ContainerEngine;
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
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** An agent from its start to its signal: what it is made of stands here. */
final class Running {
    private static final List<Path> MOUNTS = List.of(Path.of("/"));

    private final AgentConfig config;
    private final String version;
    private final AgentLog log;
    private volatile String farewell = "the agent stops";

    Running(AgentConfig config, String version, PrintStream out) {
        this.config = config;
        this.version = version;
        this.log =
                new AgentLog(
                        out, InstantSource.system(), config.agentId().value(), config.logLevel());
    }

    /** Runs until SIGTERM or SIGINT; gives the exit code should it not come so far. */
    int untilStopped() {
        Agent agent;
        try {
            Journal journal = journal();
            agent = agent(journal);
            // open until the process is gone: an agent that takes its time to stop still runs
            StatusSocket.open(
                    config.dataDir(),
                    new StatusDocument(config, version, journal.instanceUid(), agent),
                    log);
        } catch (IOException e) {
            log.error("start_failed").because(e).say("the agent cannot start");
            return Main.FAILED;
        }
        config.notes().forEach(note -> log.warn("config_note").say(note));
        log.info("started")
                .with("version", version)
                .with("backend_url", config.backendUrl())
                .say("the agent starts");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(agent), "stop"));
        agent.start();
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Main.OK;
    }

    private Journal journal() throws IOException {
        Journal journal = Journal.open(config.dataDir(), JournalBounds.STANDARD, Time.SYSTEM.now());
        journal.reports().forEach(report -> log.warn("journal_opened").say(report));
        return journal;
    }

    private Agent agent(Journal journal) throws IOException {
        ProcessRunner runner = ProcessRunner.create();
        return new Agent(
                new Agent.Parts(
                        config,
                        version,
                        journal,
                        executor(runner),
                        HostTelemetry.create(
                                config.allowedUnits(), ContainerEngine.SOCKETS, MOUNTS, runner),
                        Time.SYSTEM,
                        new SecureRandom(),
                        1,
                        log));
    }

    private CommandExecutor executor(ProcessRunner runner) {
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
                        helper(),
                        config.helperVerbs().isEmpty() ? null : config.helperVerbs()),
                new Host(MOUNTS),
                ContainerEngine.SOCKETS,
                runner,
                config.runLog(),
                InstantSource.system(),
                this::shutDown);
    }

    /** What {@code shutdown_agent} begins: the same as a signal, and it is said why. */
    private void shutDown(String reason) {
        farewell = reason;
        // beside the run that asks for it: stopping waits until that one's RESULT is in the journal
        Thread.ofPlatform().daemon().name("shutdown").start(() -> System.exit(Main.OK));
    }

    private @Nullable HelperClient helper() {
        Path socket = config.helperSocket();
        Path secret = config.helperSecretFile();
        return socket == null || secret == null ? null : new HelperClient(socket, secret);
    }

    /** A signal is how an agent is asked to end: it ends with 0, not with the signal's number. */
    private void stop(Agent agent) {
        log.info("stopping").say("the agent stops");
        agent.stop(farewell);
        log.info("stopped").say("the agent has stopped");
        Runtime.getRuntime().halt(Main.OK);
    }
}
