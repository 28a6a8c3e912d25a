package io.viworks.agent.run;

import io.viworks.agent.helper.client.HelperClient;
import io.viworks.agent.host.ContainerEngine;
import io.viworks.agent.host.Host;
import io.viworks.agent.host.Journald;
import io.viworks.agent.host.Systemd;
import io.viworks.agent.process.ProcessRunner;
import io.viworks.agent.process.Secrets;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.verb.Verb;
import io.viworks.protocol.verb.VerbCatalogue;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs the verbs this agent knows how to run, each on a thread and in a process tree of its own.
 */
public final class VerbExecutor implements CommandExecutor {
    /** How long closing waits for runs to be killed: asking, killing, reading what they said. */
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(12);

    private final RunSettings settings;
    private final Map<String, Action> actions;
    private final Policy policy;
    private final ProcessRunner runner;
    private final RunLog log;
    private final InstantSource clock;
    private final Semaphore places;
    private final Map<CorrelationId, Run> runs = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /**
     * An executor for this machine.
     *
     * @param engineSockets where to look for a container engine, normally {@link
     *     ContainerEngine#SOCKETS}
     * @param runLog gets one line for each run that begins ({@code VIW_AGENT_RUN_LOG}); null for
     *     none
     * @param shutdown told why this agent is to end, and returns at once
     */
    public static CommandExecutor create(
            RunSettings settings,
            Host host,
            List<Path> engineSockets,
            ProcessRunner runner,
            @Nullable Path runLog,
            InstantSource clock,
            Consumer<String> shutdown) {
        VpnSessions sessions = new VpnSessions(settings.openvpn());
        ContainerVerbs containers = new ContainerVerbs(engineSockets, settings.pullImages());
        Map<String, Action> actions = new HashMap<>(SiteScript.all(settings.scriptsDir()));
        actions.put("echo", new Echo());
        actions.put("terminate_session", sessions::terminate);
        actions.put("list_sessions", _ -> sessions.list());
        actions.put("spawn_container", containers::spawn);
        actions.put("stop_container", containers::stop);
        actions.put("restart_container", containers::restart);
        actions.put("list_containers", new ListContainers(engineSockets));
        actions.put("get_system_health", new SystemHealth(host));
        actions.put("get_service_status", new ServiceStatus(() -> Systemd.find(runner)));
        actions.put("reload_service", new ReloadService(() -> Systemd.find(runner)));
        actions.put("tail_logs", new TailLogs(Journald.find()));
        actions.put("shutdown_agent", new ShutdownAgent(shutdown));
        actions.putAll(throughHelper(settings, clock));
        return new VerbExecutor(settings, actions, runner, new RunLog(runLog, clock), clock);
    }

    private static Map<String, Action> throughHelper(RunSettings settings, InstantSource clock) {
        HelperClient helper = settings.helper();
        if (helper == null) {
            return Map.of();
        }
        Set<String> verbs = settings.helperVerbs();
        Map<String, Action> actions = new HashMap<>();
        for (String verb : verbs == null ? HelperAction.DEFAULT_VERBS : verbs) {
            actions.put(verb, new HelperAction(helper, clock));
        }
        return actions;
    }

    VerbExecutor(
            RunSettings settings,
            Map<String, Action> actions,
            ProcessRunner runner,
            RunLog log,
            InstantSource clock) {
        this.settings = settings;
        this.actions = Map.copyOf(actions);
        this.policy = new Policy(settings, VerbCatalogue.standard(), actions.keySet());
        this.runner = runner;
        this.log = log;
        this.clock = clock;
        this.places = new Semaphore(settings.maxConcurrency());
    }

    @Override
    public Optional<Refusal> check(Envelope envelope) {
        return policy.check(envelope);
    }

    @Override
    public Optional<Place> reserve() {
        return !closed && places.tryAcquire() ? Optional.of(new OnePlace()) : Optional.empty();
    }

    @Override
    public boolean cancel(CorrelationId id) {
        Run run = runs.get(id);
        return run != null && run.stop(Run.Stop.CANCELLED);
    }

    @Override
    public void killLeftovers(CorrelationId id) {
        int _ = runner.endAll(id);
    }

    @Override
    public List<String> verbs() {
        return policy.verbs();
    }

    @Override
    public void close() {
        closed = true;
        runs.values().forEach(run -> run.stop(Run.Stop.CLOSED));
        long deadline = System.nanoTime() + CLOSE_PATIENCE.toNanos();
        for (Run run : List.copyOf(runs.values())) {
            run.awaitEnd(Duration.ofNanos(deadline - System.nanoTime()));
        }
    }

    private void start(Warrant warrant, Consumer<Output> output, Consumer<RunOutcome> finished) {
        Envelope envelope = warrant.envelope();
        CorrelationId id = envelope.correlationId();
        Verb verb = VerbCatalogue.standard().find(envelope.verb()).orElseThrow();
        Action action = actions.get(verb.name());
        if (action == null) {
            throw new IllegalArgumentException("check() refuses " + verb.name());
        }
        Task task =
                new Task(
                        warrant,
                        timeout(envelope, verb),
                        runner,
                        Secrets.of(verb.secretValues(envelope.args())),
                        output);
        Run run =
                new Run(
                        task,
                        action,
                        log,
                        clock,
                        outcome -> {
                            runs.remove(id);
                            places.release();
                            finished.accept(outcome);
                        });
        if (runs.putIfAbsent(id, run) != null) {
            throw new IllegalStateException(id + " runs already");
        }
        run.start();
        if (closed) {
            run.stop(Run.Stop.CLOSED); // closing may have looked before this one was there
        }
    }

    /** What the command asks for, within what this gateway allows. */
    private Duration timeout(Envelope envelope, Verb verb) {
        Duration own = Duration.ofSeconds(settings.cmdTimeoutSecs());
        Duration most = own.compareTo(verb.timeout()) > 0 ? own : verb.timeout();
        Duration asked = Duration.ofSeconds(envelope.timeoutS());
        return asked.compareTo(most) < 0 ? asked : most;
    }

    private final class OnePlace implements Place {
        private final AtomicBoolean used = new AtomicBoolean();

        @Override
        public void start(Warrant warrant, Consumer<Output> output, Consumer<RunOutcome> finished) {
            if (!used.compareAndSet(false, true)) {
                throw new IllegalStateException("a place is used once");
            }
            try {
                VerbExecutor.this.start(warrant, output, finished);
            } catch (RuntimeException e) {
                places.release();
                throw e;
            }
        }

        @Override
        public void close() {
            if (used.compareAndSet(false, true)) {
                places.release();
            }
        }
    }
}
