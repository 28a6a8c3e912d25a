package io.viworks.agent.connection;

import io.viworks.agent.config.AgentConfig;
import io.viworks.agent.log.AgentLog;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.frame.AgentFrame;
import io.viworks.protocol.frame.BridgeFrame;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Many agents of one process: each has the connection life of a real one (handshake, HELLO, signs
 * of life, backoff), on threads and an HTTP client they share. What they do with their sessions is
 * up to {@link Conduct}. Thread-safe.
 */
public final class Fleet implements AutoCloseable {
    private final String version;
    private final List<String> verbs;
    private final RandomGenerator random;
    private final AgentLog log;
    private final HttpClients clients;
    private final List<Loop> loops = new ArrayList<>();

    /**
     * Nobody connects before {@link #join}.
     *
     * @param common what they share; the id is each one's own
     * @param verbs said in HELLO
     * @param threads on which everything of their sessions happens
     * @throws IOException when TLS cannot be set up with what is configured
     */
    public Fleet(
            AgentConfig common,
            String version,
            List<String> verbs,
            int threads,
            RandomGenerator random,
            AgentLog log)
            throws IOException {
        this.version = version;
        this.verbs = List.copyOf(verbs);
        this.random = random;
        this.log = log;
        this.clients = new HttpClients(common, Time.SYSTEM::now, log);
        for (int i = 0; i < threads; i++) {
            loops.add(new Loop(Time.SYSTEM, this::fault));
        }
    }

    /** What an agent does with its session; called on the agent's thread. */
    public interface Conduct {
        /** The bridge owns it now. */
        void welcomed(Member member);

        /** A frame that is not about the session itself. */
        void frame(Member member, BridgeFrame frame);

        /** There is no session until it is welcome again. */
        void lost(Member member);
    }

    /** What can be wrong with how an agent is connected. */
    public enum Fault {
        NONE,
        /** Reads one frame in 10 s. */
        SLOW_READER,
        /** Reads nothing once it is welcome, and answers no ping. */
        HALF_OPEN,
        /** Its clock is ten minutes ahead. */
        WRONG_CLOCK
    }

    /** Is told of what the agents' attempts come to, from any thread. */
    public interface Witness {
        void dialled();

        /**
         * An attempt came to nothing.
         *
         * @param because the stable code of the refusal, the status of an answer without one, or
         *     {@code lost}
         */
        void refused(String because);
    }

    /**
     * Has one more agent connect, and stay connected, after a pause.
     *
     * @param config its own, with its id
     * @param number chooses its thread
     */
    public Member join(
            AgentConfig config,
            int number,
            Fault fault,
            Duration pause,
            Conduct conduct,
            Witness witness) {
        Member member = new Member(config, loops.get(number % loops.size()), fault, conduct);
        member.loop.after(pause, () -> member.start(witness));
        return member;
    }

    private void fault(Throwable error) {
        log.error("fault").because(error).say("a fault of the simulator");
    }

    /** Drops all connections. */
    @Override
    public void close() {
        loops.forEach(Loop::close);
        clients.close();
    }

    /** One agent. Its methods are called on its thread, but for {@link #post}. */
    public final class Member {
        private final AgentConfig config;
        private final Loop loop;
        private final Fault fault;
        private final Conduct conduct;
        private final UUID instance = new UUID(random.nextLong(), random.nextLong());
        private final InstanceUid instanceUid = new InstanceUid(instance);
        private @Nullable Uplink uplink;

        private Member(AgentConfig config, Loop loop, Fault fault, Conduct conduct) {
            this.config = config;
            this.loop = loop;
            this.fault = fault;
            this.conduct = conduct;
        }

        /** Its configuration. */
        public AgentConfig config() {
            return config;
        }

        /** Whether a bridge has welcomed it. */
        public boolean live() {
            return uplink != null && uplink.live();
        }

        /** Sends, or drops when there is no session. */
        public void send(AgentFrame frame) {
            if (uplink != null) {
                uplink.send(frame);
            }
        }

        /** Sends a frame that is written already, or drops it. */
        public void send(Bytes frame) {
            if (uplink != null) {
                uplink.send(frame);
            }
        }

        /** Whether the bridge's frame rate, and the socket, leave room for telemetry. */
        public boolean hasRoom() {
            return uplink != null && uplink.roomFor(Wire.Urgency.TELEMETRY);
        }

        /** Leaves the bridge and comes back at once. */
        public void comeAgain(String reason) {
            if (uplink != null) {
                uplink.comeAgain(reason);
            }
        }

        /** Says BYE and comes back no more. */
        public void leave(String reason) {
            if (uplink != null) {
                uplink.stop(reason);
            }
        }

        /** Runs it on the agent's thread. */
        public void post(Runnable task) {
            loop.post(task);
        }

        /** Runs it on the agent's thread after a pause. */
        public void after(Duration pause, Runnable task) {
            var _ = loop.after(pause, task);
        }

        private void start(Witness witness) {
            Time time = fault == Fault.WRONG_CLOCK ? new Ahead() : Time.SYSTEM;
            Greeting greeting = new Greeting(config, version, verbs, instance);
            uplink =
                    new Uplink(
                            config.agentId(),
                            dialler(time, witness),
                            new Backoff(random, 1),
                            () -> greeting.hello(instanceUid, time.now()),
                            loop,
                            time,
                            log);
            uplink.start(new Told());
        }

        private Dialler dialler(Time time, Witness witness) {
            return new Watched(
                    new HttpDialler(config, time, clients, null, Duration.ZERO),
                    witness,
                    listener -> new Reading(listener, this));
        }

        private final class Told implements Uplink.Listener {
            @Override
            public void welcomed(BridgeFrame.Welcome welcome) {
                conduct.welcomed(Member.this);
            }

            @Override
            public void frame(BridgeFrame frame) {
                conduct.frame(Member.this, frame);
            }

            @Override
            public void unreadable(CorrelationId id, String problem) {
                log.warn("frame_unreadable").say(problem);
            }

            @Override
            public void lost() {
                conduct.lost(Member.this);
            }
        }
    }

    /** A clock that somebody set wrong. */
    private static final class Ahead implements Time {
        @Override
        public Instant now() {
            return Instant.now().plus(Duration.ofMinutes(10));
        }

        @Override
        public long nanos() {
            return System.nanoTime();
        }
    }

    /** How a member reads: as it should, or as its fault has it. */
    private static final class Reading implements Link.Listener {
        private static final Duration SLOW = Duration.ofSeconds(10);

        private final Link.Listener listener;
        private final Member member;

        Reading(Link.Listener listener, Member member) {
            this.listener = listener;
            this.member = member;
        }

        @Override
        public void frame(Bytes frame, Runnable next) {
            switch (member.fault) {
                case NONE, WRONG_CLOCK -> listener.frame(frame, next);
                case SLOW_READER -> listener.frame(frame, () -> member.after(SLOW, next));
                case HALF_OPEN ->
                        listener.frame(
                                frame,
                                () -> {
                                    if (!member.live()) {
                                        next.run();
                                    }
                                });
            }
        }

        @Override
        public void heard() {
            listener.heard();
        }

        @Override
        public void ended(End end) {
            listener.ended(end);
        }
    }

    /** Tells what attempts come to. */
    private record Watched(Dialler dialler, Witness witness, UnaryOperator<Link.Listener> reading)
            implements Dialler {
        @Override
        public CompletionStage<Link> dial(Link.Listener listener) {
            witness.dialled();
            return dialler.dial(reading.apply(listener))
                    .whenComplete((_, error) -> {
                        if (error != null) {
                            witness.refused(code(error));
                        }
                    });
        }

        private static String code(Throwable error) {
            Throwable cause = error.getCause() == null ? error : error.getCause();
            if (cause instanceof NoLink none && none.end() instanceof End.Refused refused) {
                return refused.code() == null ? "http_" + refused.status() : refused.code();
            }
            return "lost";
        }

        @Override
        public void welcomed() {
            dialler.welcomed();
        }

        @Override
        public void close() {
            dialler.close();
        }
    }
}
