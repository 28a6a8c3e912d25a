package io.viworks.agent.simulate;

import io.viworks.agent.config.AgentConfig;
import io.viworks.agent.connection.Fleet;
import io.viworks.agent.log.AgentLog;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.verb.Verb;
import io.viworks.protocol.verb.VerbCatalogue;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Many agents in one process (spec 6, {@code agent simulate}), named after the configured one:
 * {@code <agent_id>-00001} and so on. They connect by the shared secret or the configured client
 * certificate; they have no key of their own and run nothing.
 */
public final class Simulation {
    private static final Duration FAREWELL = Duration.ofSeconds(2);

    private final Options options;
    private final Fleet fleet;
    private final Tally tally = new Tally();
    private final List<Fleet.Member> members = new ArrayList<>();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final AgentLog log;
    private final AgentConfig common;
    private final RandomGenerator random;

    /**
     * Nobody connects yet.
     *
     * @param memberLog for what single agents have to say
     * @throws IOException when TLS cannot be set up with what is configured
     */
    public Simulation(
            AgentConfig common,
            String version,
            Options options,
            RandomGenerator random,
            AgentLog log,
            AgentLog memberLog)
            throws IOException {
        this.common = common;
        this.options = options;
        this.log = log;
        this.random = random;
        this.fleet =
                new Fleet(
                        common,
                        version,
                        VerbCatalogue.standard().all().stream().map(Verb::name).toList(),
                        Runtime.getRuntime().availableProcessors(),
                        random,
                        memberLog);
    }

    /** Whether the agents' ids, which are longer than the configured one, are ids still. */
    public static boolean fits(AgentId prefix) {
        try {
            return AgentId.of(name(prefix, Options.MOST)).value().startsWith(prefix.value());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Runs until it is told to stop, or its time is over. */
    public void run() throws InterruptedException {
        List<@Nullable Habit> habits = habits();
        for (int i = 0; i < options.count(); i++) {
            Habit habit = habits.get(i);
            int number = habit == Habit.CLONE && i > 0 ? i : i + 1;
            members.add(
                    fleet.join(
                            common.as(AgentId.of(name(common.agentId(), number))),
                            i,
                            habit == null ? Fleet.Fault.NONE : habit.fault(),
                            options.ramp().multipliedBy(i).dividedBy(options.count()),
                            new Gateway(habit, options, tally, random),
                            tally));
        }
        log.info("simulation_started").with("count", options.count()).say("agents connect");
        long end = System.nanoTime() + options.duration().toNanos();
        boolean forever = options.duration().isZero();
        do {
            report();
        } while (!stop.await(options.report().toNanos(), TimeUnit.NANOSECONDS)
                && (forever || System.nanoTime() < end));
        leave();
        report();
    }

    private static String name(AgentId prefix, int number) {
        return "%s-%05d".formatted(prefix.value(), number);
    }

    /** Has {@link #run} end. Thread-safe. */
    public void stop() {
        stop.countDown();
    }

    /** The bad ones stand among the good ones, not before them. */
    private List<@Nullable Habit> habits() {
        List<@Nullable Habit> habits = new ArrayList<>();
        options.bad()
                .forEach((habit, count) -> {
                    for (int i = 0; i < count; i++) {
                        habits.add(habit);
                    }
                });
        while (habits.size() < options.count()) {
            habits.add(null);
        }
        for (int i = habits.size() - 1; i > 0; i--) {
            Collections.swap(habits, i, random.nextInt(i + 1));
        }
        return habits;
    }

    private void leave() throws InterruptedException {
        members.forEach(member -> member.post(() -> member.leave("the simulation ends")));
        long end = System.nanoTime() + FAREWELL.toNanos();
        while (tally.connected.get() > 0 && System.nanoTime() < end) {
            TimeUnit.MILLISECONDS.sleep(20);
        }
        fleet.close();
    }

    private void report() {
        Runtime runtime = Runtime.getRuntime();
        AgentLog.Line line =
                log.info("simulation")
                        .with("connected", tally.connected.get())
                        .with("dials", tally.dials.sum())
                        .with("sessions", tally.sessions.sum())
                        .with("losses", tally.losses.sum())
                        .with("telemetry", tally.telemetry.sum())
                        .with("commands", tally.commands.sum())
                        .with("repeats", tally.repeats.sum())
                        .with("results", tally.results.sum())
                        .with("confirmed", tally.confirmed.sum());
        tally.refusals().forEach((code, count) -> line.with("refused_" + code, count));
        line.with("heap_mb", (runtime.totalMemory() - runtime.freeMemory()) >> 20)
                .say("%d of %d connected".formatted(tally.connected.get(), options.count()));
    }
}
