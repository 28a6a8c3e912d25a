package io.viworks.agent.connection;

import io.viworks.agent.config.AgentConfig;
import io.viworks.agent.host.Telemetry;
import io.viworks.agent.identity.Identity;
import io.viworks.agent.journal.Journal;
import io.viworks.agent.log.AgentLog;
import io.viworks.agent.log.LogLevel;
import io.viworks.agent.run.CommandExecutor;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.BridgeFrame;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A running agent: one connection, the commands that come over it, and its telemetry. */
public final class Agent implements AutoCloseable {
    /** How long runs may go on when the agent is asked to stop. */
    static final Duration RUN_GRACE = Duration.ofSeconds(3);

    /** How long ends may wait for the bridge's confirmation then. */
    static final Duration FAREWELL = Duration.ofSeconds(2);

    /** How long bridges may need to hear of a new key: they look each second (spec 2.1). */
    private static final Duration PROJECTION = Duration.ofSeconds(2);

    private static final Duration MAX_SKEW = Duration.ofMinutes(5);
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration TIDY = Duration.ofMinutes(10);

    private final Parts parts;
    private final Loop loop;
    private final ServerClock clock;
    private final HttpDialler dialler;
    private final @Nullable Identity identity;
    private final Uplink uplink;
    private final @Nullable Renewal renewal;
    private final Outbox outbox;
    private final Progress progress;
    private final Runs runs;
    private final Commands commands;
    private final TelemetryFeed feed;

    /**
     * What an agent is made of.
     *
     * @param version said in HELLO
     * @param journal closed with the agent
     * @param executor closed with the agent
     * @param pauses 1; tests make the pauses between attempts, and those at the end, shorter
     */
    public record Parts(
            AgentConfig config,
            String version,
            Journal journal,
            CommandExecutor executor,
            Telemetry telemetry,
            Time time,
            RandomGenerator random,
            double pauses,
            AgentLog log) {}

    /**
     * Puts it together; nothing happens before {@link #start}.
     *
     * @throws IOException when TLS cannot be set up with what is configured, or a key cannot be
     *     read
     */
    public Agent(Parts parts) throws IOException {
        this.parts = parts;
        AgentConfig config = parts.config();
        AgentLog log = parts.log();
        this.loop =
                new Loop(
                        parts.time(),
                        error -> log.error("fault").because(error).say("a fault of the agent"));
        this.clock = new ServerClock(parts.time());
        Duration projection = scaled(PROJECTION);
        HttpClients clients = new HttpClients(config, parts.time()::now, log);
        this.identity = identity(parts, clients);
        this.dialler = new HttpDialler(config, parts.time(), clients, identity, projection);
        Greeting greeting =
                new Greeting(config, parts.version(), parts.executor().verbs(), UUID.randomUUID());
        this.uplink =
                new Uplink(
                        config.agentId(),
                        dialler,
                        new Backoff(parts.random(), parts.pauses()),
                        () -> greeting.hello(parts.journal().instanceUid(), parts.time().now()),
                        loop,
                        parts.time(),
                        log);
        this.renewal =
                identity == null
                        ? null
                        : new Renewal(
                                identity,
                                uplink,
                                new Backoff(parts.random(), parts.pauses()),
                                loop,
                                parts.time(),
                                projection);
        this.outbox = new Outbox(parts.journal(), uplink, parts.time(), log);
        this.progress = new Progress(config.agentId(), uplink);
        this.runs =
                new Runs(
                        config.agentId(),
                        parts.journal(),
                        parts.executor(),
                        clock,
                        outbox,
                        progress,
                        loop,
                        log);
        this.commands =
                new Commands(
                        config.agentId(),
                        parts.journal(),
                        parts.executor(),
                        clock,
                        uplink,
                        outbox,
                        runs,
                        new Signatures(config.verifyKeys(), parts.time(), log),
                        log);
        this.feed =
                new TelemetryFeed(
                        config.agentId(), parts.telemetry(), uplink, loop, parts.time(), log);
    }

    private static @Nullable Identity identity(Parts parts, HttpClients clients)
            throws IOException {
        AgentConfig config = parts.config();
        Path keyFile = config.identityKeyFile();
        return keyFile == null
                ? null
                : Identity.open(
                        new Identity.Parts(
                                keyFile,
                                config.enrollUrl(),
                                config.enrollTokenFile(),
                                config.enrollCertificate() ? config.certificate() : null,
                                config.agentId(),
                                clients::toEnrolment,
                                parts.time()::now,
                                parts.log()));
    }

    /** Ends what an earlier life left begun, then connects. */
    public void start() {
        loop.post(() -> {
            runs.recover();
            loop.every(SECOND, this::eachSecond);
            loop.every(SECOND.dividedBy(2), progress::flush);
            loop.every(TIDY, this::tidy);
            uplink.start(new Events());
        });
    }

    /** Stops without a reason of its own. */
    @Override
    public void close() {
        stop("the agent stops");
    }

    /**
     * Stops: takes nothing on any more, gives runs {@link #RUN_GRACE} and then kills them, sends
     * their ends, says BYE and closes the journal. Returns when that is done; what no bridge has
     * confirmed by then goes out in the next life.
     *
     * @param reason said with BYE
     */
    public void stop(String reason) {
        loop.post(commands::close);
        await(scaled(RUN_GRACE), () -> runs.open() == 0);
        parts.executor().close();
        await(scaled(RUN_GRACE), () -> runs.open() == 0);
        await(scaled(FAREWELL), () -> outbox.isEmpty() || !uplink.live());
        loop.post(() -> uplink.stop(reason));
        await(FAREWELL, uplink::gone);
        loop.close();
        dialler.close();
        try {
            parts.journal().close();
        } catch (IOException e) {
            parts.log().warn("journal_unwritable").because(e).say("cannot close the journal");
        }
    }

    /**
     * What it thinks of itself now; see {@link AgentStatus}. Thread-safe.
     *
     * @throws IOException when it does not answer in time, or has stopped
     */
    public ObjectNode status(Duration patience) throws IOException {
        AgentStatus.Sources sources =
                new AgentStatus.Sources(
                        parts.time(),
                        parts.config().backendUrl(),
                        uplink,
                        clock,
                        dialler,
                        identity,
                        feed,
                        parts.journal(),
                        outbox);
        try {
            return loop.ask(() -> AgentStatus.of(sources))
                    .toCompletableFuture()
                    .get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new IOException("the agent's loop does not answer", e);
        } catch (ExecutionException | RejectedExecutionException e) {
            throw new IOException("the agent cannot say how it is", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private Duration scaled(Duration pause) {
        return Duration.ofNanos((long) (pause.toNanos() * parts.pauses()));
    }

    private void await(Duration patience, BooleanSupplier condition) {
        Supplier<Boolean> question = condition::getAsBoolean;
        long deadline = System.nanoTime() + patience.toNanos();
        try {
            while (!loop.ask(question).toCompletableFuture().join()
                    && System.nanoTime() < deadline) {
                Thread.sleep(20);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (CompletionException e) {
            parts.log().error("fault").because(e).say("a fault of the agent");
        }
    }

    private void eachSecond() {
        uplink.lookAtTheClock();
        if (renewal != null) {
            renewal.look();
        }
        runs.retry();
        commands.expire();
        outbox.pump();
    }

    private void tidy() {
        try {
            parts.journal().tidy(clock.now());
        } catch (IOException e) {
            parts.log().error("journal_unwritable").because(e).say("cannot tidy the journal");
        }
    }

    private void welcome(BridgeFrame.Welcome welcome) {
        clock.set(welcome.serverTime());
        Duration skew = clock.skew();
        parts.log()
                .info("connected")
                .with("conn_id", welcome.connId())
                .with("session_id", welcome.sessionId())
                .with("skew_ms", skew.toMillis())
                .say("the bridge says WELCOME");
        if (skew.abs().compareTo(MAX_SKEW) > 0) {
            parts.log()
                    .error("clock_skew")
                    .with("skew_ms", skew.toMillis())
                    .say("this gateway's clock is wrong: the next handshake will be refused");
        }
        feed.start(interval(welcome.config()));
        outbox.welcomed();
    }

    /** A bridge may set the interval and the log level, and nothing else (spec 2.2). */
    private Duration interval(@Nullable ObjectNode config) {
        Duration interval = parts.config().collectInterval();
        if (config == null) {
            return interval;
        }
        JsonNode level = config.path("log_level");
        for (LogLevel known : LogLevel.values()) {
            if (known.name().equals(level.asString("").toUpperCase(Locale.ROOT))) {
                parts.log().level(known);
            }
        }
        JsonNode seconds = config.path("collect_interval");
        return seconds.isInt() && seconds.intValue() >= 1 && seconds.intValue() <= 3_600
                ? Duration.ofSeconds(seconds.intValue())
                : interval;
    }

    /** What the connection tells. */
    private final class Events implements Uplink.Listener {
        @Override
        public void welcomed(BridgeFrame.Welcome welcome) {
            welcome(welcome);
        }

        @Override
        public void frame(BridgeFrame frame) {
            switch (frame) {
                case BridgeFrame.Command command -> commands.command(command);
                case BridgeFrame.SignedCommand command -> commands.command(command);
                case BridgeFrame.Cancel cancel -> commands.cancel(cancel);
                case BridgeFrame.JobQuery query -> commands.query(query);
                case BridgeFrame.ResultAck ack -> outbox.confirmed(ack);
                case BridgeFrame.HelloAck _,
                        BridgeFrame.Welcome _,
                        BridgeFrame.Refusal _,
                        BridgeFrame.Ping _,
                        BridgeFrame.Pong _,
                        BridgeFrame.Bye _ -> {} // the session's own
            }
        }

        @Override
        public void unreadable(CorrelationId id, String problem) {
            commands.unreadable(id, problem);
        }

        @Override
        public void lost() {
            feed.stop();
        }
    }
}
