package io.viworks.agent;

import io.viworks.agent.config.AgentConfig;
import io.viworks.agent.log.AgentLog;
import io.viworks.agent.log.LogLevel;
import io.viworks.agent.simulate.Options;
import io.viworks.agent.simulate.Simulation;
import java.io.IOException;
import java.io.PrintStream;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.random.RandomGenerator;

/** A simulation from its start to its signal. */
final class Simulating {
    private final AgentConfig config;
    private final String version;
    private final PrintStream out;
    private final AgentLog log;

    Simulating(AgentConfig config, String version, PrintStream out) {
        this.config = config;
        this.version = version;
        this.out = out;
        this.log = log(LogLevel.INFO);
    }

    /** Runs until SIGTERM or SIGINT, or for as long as was asked; gives the exit code. */
    int untilStopped(Options options) {
        if (!Simulation.fits(config.agentId())) {
            log.error("start_failed")
                    .say("agent_id must be short enough for a number of six characters behind it");
            return Main.CONFIGURATION;
        }
        try {
            // what thousands of agents say of themselves is in the figures: only faults are lines
            Simulation simulation =
                    new Simulation(
                            config, version, options, randomness(), log, log(LogLevel.ERROR));
            CountDownLatch ended = new CountDownLatch(1);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(simulation, ended)));
            try {
                simulation.run();
            } finally {
                ended.countDown();
            }
            return Main.OK;
        } catch (IOException e) {
            log.error("start_failed").because(e).say("the simulation cannot start");
            return Main.FAILED;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Main.FAILED;
        }
    }

    /** A signal is how it is asked to end: it ends with 0, not with the signal's number. */
    private static void stop(Simulation simulation, CountDownLatch ended) {
        simulation.stop();
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(Main.OK);
    }

    /** Of many threads, and not for secrets. */
    private static RandomGenerator randomness() {
        return new SecureRandom();
    }

    private AgentLog log(LogLevel level) {
        return new AgentLog(out, InstantSource.system(), config.agentId().value(), level);
    }
}
