package io.viworks.conformance.failure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.viworks.conformance.failure.Faults.Kind;
import io.viworks.launcher.Child;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * One scenario per row of spec 3.6, on real processes: at least 200 commands not ended when it
 * breaks, over 20 gateways and 2 bridges, and more asked for while it is broken.
 */
@Tag("failure")
class FailureTest {
    private static final int COMMANDS = 450;

    /** Of a machine so slow that commands end as fast as they are asked for. */
    private static final int AT_MOST = 2_000;

    private static final int AT_LEAST_OPEN = 200;
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration MINUTE = Duration.ofSeconds(60);
    private static final Path TARGET = Path.of("target").toAbsolutePath();
    private static final AtomicReference<Fleet> FLEET = new AtomicReference<>();
    private static final Report REPORT = new Report(TARGET.resolve("failure-tests.md"));

    @BeforeAll
    static void start() throws Exception {
        Fleet fleet =
                Fleet.start(
                        TARGET.resolve("failures"),
                        TARGET.resolve("../..").normalize(),
                        Fleet.GATEWAYS);
        FLEET.set(fleet);
        fleet.awaitConnected(Fleet.GATEWAYS, Duration.ofMinutes(2));
    }

    @AfterAll
    static void stop() {
        Fleet fleet = FLEET.get();
        if (fleet != null) {
            fleet.close();
        }
    }

    private static Verdict withstands(String name, Kind kind, Duration outage) throws Exception {
        return withstands(name, kind.takesFromAgents(), faults -> faults.make(kind, outage));
    }

    /** Breaks something. */
    private interface Break {
        void make(Faults faults) throws Exception;
    }

    private static Verdict withstands(String name, boolean mayBeUnknown, Break fault)
            throws Exception {
        Fleet fleet = FLEET.get();
        fleet.awaitConnected(Fleet.GATEWAYS, Duration.ofMinutes(2));
        Instant since = Instant.now();
        long seed = name.hashCode();
        Load load = new Load(fleet.api(), fleet.gateways(), seed);
        load.ask(COMMANDS);
        long open = Verdict.open(fleet);
        for (int asked = COMMANDS;
                open < AT_LEAST_OPEN && asked < AT_MOST;
                asked += AT_LEAST_OPEN) {
            load.ask(AT_LEAST_OPEN);
            open = Verdict.open(fleet);
        }
        AtomicBoolean stop = new AtomicBoolean();
        Thread trickle =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                load.trickle(stop, 200);
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
        try {
            fault.make(new Faults(fleet, seed));
        } finally {
            stop.set(true);
            trickle.join();
        }
        Verdict verdict = Verdict.of(fleet, load, since, PATIENCE, mayBeUnknown);
        REPORT.add(name, open, verdict, load.refused() + " answers not 202 meanwhile");
        assertThat(open)
                .as("commands not ended when it broke")
                .isGreaterThanOrEqualTo(AT_LEAST_OPEN);
        assertThat(verdict.violations()).isEmpty();
        return verdict;
    }

    @Test
    void bridgeKilledWithCommandsInFlight() throws Exception {
        var _ =
                withstands(
                        "a bridge killed, back after 20 s",
                        Kind.BRIDGE_KILLED,
                        Duration.ofSeconds(20));
    }

    @Test
    void bridgeStoppedAndResumed() throws Exception {
        var _ = withstands("a bridge stopped (SIGSTOP) for 60 s", Kind.BRIDGE_STOPPED, MINUTE);
    }

    @Test
    void writersKilledInABatch() throws Exception {
        var _ =
                withstands(
                        "writers of both kinds killed",
                        false,
                        faults -> {
                            for (int i = 0; i < 3; i++) {
                                faults.make(Kind.WRITER_KILLED, Duration.ofSeconds(3));
                            }
                        });
    }

    @Test
    void redisStopped() throws Exception {
        var _ = withstands("Redis stopped for 60 s", Kind.REDIS_AWAY, MINUTE);
    }

    @Test
    void redisEmptied() throws Exception {
        var _ =
                withstands(
                        "Redis loses all data, three times",
                        false,
                        faults -> {
                            for (int i = 0; i < 3; i++) {
                                faults.make(Kind.REDIS_EMPTIED, Duration.ZERO);
                                Pauses.sleep(Duration.ofSeconds(4));
                            }
                        });
    }

    @Test
    void postgresStopped() throws Exception {
        var _ = withstands("Postgres stopped for 60 s", Kind.POSTGRES_AWAY, MINUTE);
    }

    @Test
    void poisonInEveryStream() throws Exception {
        var _ = withstands("poison records in every stream", Kind.POISON, Duration.ZERO);
        assertThat(Fleet.count(FLEET.get().redis("XLEN viw.command_results.dlq"))).isPositive();
    }

    @Test
    void connectionsHalfOpen() throws Exception {
        var _ = withstands("all connections half-open", Kind.HALF_OPEN, Duration.ofSeconds(30));
    }

    @Test
    void agentsKilledBeforeInAndAfterRuns() throws Exception {
        var _ =
                withstands(
                        "a third of the agents killed, three times",
                        true,
                        faults -> {
                            for (int i = 0; i < 3; i++) {
                                faults.make(Kind.AGENT_KILLED, Duration.ofSeconds(3));
                                Pauses.sleep(Duration.ofSeconds(4));
                            }
                        });
    }

    @Test
    void agentReinstalled() throws Exception {
        var _ =
                withstands(
                        "two agents reinstalled under their ids",
                        true,
                        faults -> {
                            faults.make(Kind.AGENT_REINSTALLED, Duration.ZERO);
                            faults.make(Kind.AGENT_REINSTALLED, Duration.ZERO);
                        });
    }

    @Test
    void oneIdOnTwoMachines() throws Exception {
        Fleet fleet = FLEET.get();
        String gateway = fleet.all("agent").getFirst().name();
        var _ =
                withstands(
                        "one id on two machines for 100 s",
                        true,
                        faults -> {
                            Child twin = fleet.twin(fleet.all("agent").getFirst());
                            // The displaced one comes back after a minute: A, B, A.
                            Pauses.sleep(Duration.ofSeconds(100));
                            assertThat(
                                            fleet.number(
                                                    "select count(*) from agent_events"
                                                            + " where type = 'clone_suspected'"))
                                    .as("clone_suspected is raised")
                                    .isPositive();
                            twin.kill();
                        });
        fleet.clearClone(gateway);
    }

    @Test
    void clockAnHourAhead() throws Exception {
        Path libfaketime = Path.of("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1");
        assumeTrue(Files.exists(libfaketime), "needs the Debian package libfaketime");
        Fleet fleet = FLEET.get();
        Child agent = fleet.all("agent").getLast();
        var _ =
                withstands(
                        "a gateway's clock an hour ahead",
                        true,
                        faults -> {
                            agent.kill();
                            Child ahead = fleet.anHourAhead(agent, libfaketime);
                            Pauses.sleep(Duration.ofSeconds(25));
                            assertThat(
                                            fleet.number(
                                                    "select count(*) from os_gateways"
                                                            + " where abs(clock_skew_ms) > 3000000"))
                                    .as("inventory shows the skew")
                                    .isPositive();
                            ahead.kill();
                            fleet.restart(agent);
                        });
    }
}
