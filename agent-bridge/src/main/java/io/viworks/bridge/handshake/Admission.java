package io.viworks.bridge.handshake;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.handshake.Refusal;
import io.viworks.service.limit.KeyedRates;
import io.viworks.service.limit.TokenBucket;
import java.net.InetAddress;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How many sockets there may be and how fast they may come (row 2 of spec 2.1, and the rates of row
 * 7). Who is turned away is told to come back after a pause that is spread, so that a fleet does
 * not return as one. Thread-safe.
 */
public final class Admission {
    /** Sources and agents whose rates are remembered. */
    private static final int REMEMBERED = 50_000;

    /** Longest pause asked for, in seconds: the longest backoff of an agent. */
    private static final int LONGEST_PAUSE_S = 60;

    private final HandshakeSettings settings;
    private final Consumer<String> limited;
    private final LongSupplier nanos;
    private final RandomGenerator random;
    private final AtomicInteger taken = new AtomicInteger();
    private final TokenBucket accepts;
    private final KeyedRates<String> sources;
    private final KeyedRates<AgentId> agents;
    private final Map<AgentId, Integer> perAgent = new ConcurrentHashMap<>();
    private volatile boolean open;

    /**
     * With its limits.
     *
     * @param limited is told the limit that turned somebody away
     */
    public Admission(
            HandshakeSettings settings,
            Consumer<String> limited,
            LongSupplier nanos,
            RandomGenerator random) {
        this.settings = settings;
        this.limited = limited;
        this.nanos = nanos;
        this.random = random;
        this.accepts =
                new TokenBucket(
                        settings.acceptRate(), 2.0 * settings.acceptRate(), nanos.getAsLong());
        this.sources =
                new KeyedRates<>(
                        settings.sourceRate(), 2.0 * settings.sourceRate(), REMEMBERED, nanos);
        this.agents =
                new KeyedRates<>(
                        settings.agentRate() / 60.0, settings.agentRate(), REMEMBERED, nanos);
    }

    /** One socket's place; closing it twice gives it back once. */
    public final class Slot implements AutoCloseable {
        private final AtomicBoolean held = new AtomicBoolean(true);
        private volatile @Nullable AgentId agent;

        private Slot() {}

        @Override
        public void close() {
            if (held.getAndSet(false)) {
                AgentId known = agent;
                if (known != null) {
                    perAgent.computeIfPresent(known, (_, n) -> n <= 1 ? null : n - 1);
                }
                // Last: whoever sees the place free may come with the agent at once.
                taken.decrementAndGet();
            }
        }
    }

    /** What row 2 came to. */
    sealed interface Answer {
        record In(Slot slot) implements Answer {}

        record Out(Verdict.Refused refused) implements Answer {}
    }

    /** Lets agents in, until {@link #drain}. */
    public void open() {
        open = true;
    }

    /** Lets nobody in any more; who is in stays. */
    public void drain() {
        open = false;
    }

    public boolean isOpen() {
        return open && settings.enabled();
    }

    /** Sockets and handshakes in progress. */
    public int taken() {
        return taken.get();
    }

    /** Takes a place for a handshake from this source. */
    Answer enter(String source) {
        if (!settings.enabled()) {
            return out(Refusal.DRAINING, "agents are switched off at this bridge", 30);
        }
        if (!open) {
            return out(Refusal.DRAINING, "this bridge takes no agents just now", 5);
        }
        if (taken.incrementAndGet() > settings.maxConnections()) {
            taken.decrementAndGet();
            limited.accept("max_conn");
            return out(Refusal.AT_CAPACITY, "all connections of this bridge are taken", 30);
        }
        Slot slot = new Slot();
        if (!sources.tryTake(block(source))) {
            slot.close();
            limited.accept("source_rate");
            return out(Refusal.RATE_LIMITED, "too many handshakes from this address", 15);
        }
        if (!takeAccept()) {
            slot.close();
            limited.accept("accept_rate");
            return out(Refusal.RATE_LIMITED, "too many handshakes at this bridge", 15);
        }
        return new Answer.In(slot);
    }

    /**
     * Whose rate an address counts for: its own, or with IPv6 that of its first 64 bits, all of
     * which one host may have.
     */
    static String block(String address) {
        if (address.indexOf(':') < 0) {
            return address;
        }
        try {
            byte[] bytes = InetAddress.ofLiteral(address).getAddress();
            return bytes.length == 16 ? HexFormat.of().formatHex(bytes, 0, 8) : address;
        } catch (IllegalArgumentException e) {
            return address;
        }
    }

    private boolean takeAccept() {
        synchronized (accepts) {
            return accepts.tryTake(nanos.getAsLong());
        }
    }

    /**
     * Gives the place to an agent that has proved who it is.
     *
     * @return why not: its own rate, or the sockets it has open already; empty when it may
     */
    Optional<String> assign(Slot slot, AgentId agent) {
        if (!agents.tryTake(agent)) {
            limited.accept("agent_rate");
            return Optional.of("too many handshakes of this agent");
        }
        int open = perAgent.merge(agent, 1, Integer::sum);
        slot.agent = agent;
        if (open <= settings.maxConnectionsPerAgent()) {
            return Optional.empty();
        }
        limited.accept("max_conn_per_agent");
        return Optional.of("too many connections of this agent");
    }

    /** A refusal with a pause between 1 and the given seconds, the same for nobody. */
    Verdict.Refused refused(Refusal refusal, String detail, int upToS) {
        int pause = 1 + random.nextInt(Math.min(upToS, LONGEST_PAUSE_S));
        return new Verdict.Refused(refusal, detail, pause, null);
    }

    private Answer out(Refusal refusal, String detail, int upToS) {
        return new Answer.Out(refused(refusal, detail, upToS));
    }
}
