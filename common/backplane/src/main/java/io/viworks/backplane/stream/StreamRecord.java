package io.viworks.backplane.stream;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.SessionId;
import io.viworks.protocol.frame.BridgeFrame;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a Redis Stream, before it is written and after it is read. Frames and envelopes are
 * the bytes as received.
 */
public sealed interface StreamRecord {
    /** The field {@code kind}. */
    String kind();

    /** Arrival, by the writer's clock. */
    Instant ts();

    /** What {@code viw.agent_hello} carries. */
    sealed interface OfHello extends StreamRecord {}

    /** What {@code viw.telemetry} carries. */
    sealed interface OfTelemetry extends StreamRecord {}

    /** What {@code viw.commands} and {@code viw.commands.{bridge_id}} carry. */
    sealed interface OfCommands extends StreamRecord {
        AgentId agentId();
    }

    /** What {@code viw.command_results} carries. */
    sealed interface OfResults extends StreamRecord {
        AgentId agentId();
    }

    /** What {@code viw.command_output} carries. */
    sealed interface OfOutput extends StreamRecord {
        AgentId agentId();
    }

    /** What {@code viw.events} carries. */
    sealed interface OfEvents extends StreamRecord permits CommandEvent, GatewayEvent, LostEvents {}

    /** How a session proved who it is. */
    enum Auth {
        SHARED,
        KEY,
        CERT,
        NONE
    }

    record Hello(
            AgentId agentId,
            Instant ts,
            Origin origin,
            Bytes frame,
            Auth auth,
            @Nullable String credential,
            String ip)
            implements OfHello {
        @Override
        public String kind() {
            return "HELLO";
        }
    }

    record Gone(AgentId agentId, Instant ts, Origin origin, int closeCode, String reason)
            implements OfHello {
        @Override
        public String kind() {
            return "GONE";
        }
    }

    /** This bridge lives; every 5 s. */
    record Seen(BridgeId bridgeId, Instant ts, String version, String address) implements OfHello {
        @Override
        public String kind() {
            return "SEEN";
        }
    }

    /** A handshake that was refused after its MAC was found valid. */
    record Refused(
            AgentId agentId,
            Instant ts,
            BridgeId bridgeId,
            String code,
            @Nullable Long skewMs,
            String ip)
            implements OfHello {
        @Override
        public String kind() {
            return "REFUSED";
        }
    }

    record Telemetry(AgentId agentId, Instant ts, Origin origin, Bytes frame)
            implements OfTelemetry {
        static final String KIND = "TELEMETRY";

        @Override
        public String kind() {
            return KIND;
        }
    }

    /**
     * A command on its way to a bridge.
     *
     * @param attempt which sending this is, from 1
     * @param life the memory of Redis it was written into, a copy from another life is dropped;
     *     empty until {@code CommandSender} has stamped it
     * @param instanceUid the only journal it may be given to; absent, it may be given only to a
     *     session without one
     */
    record Command(
            AgentId agentId,
            Instant ts,
            CorrelationId correlationId,
            int attempt,
            String life,
            @Nullable InstanceUid instanceUid,
            Payload payload,
            @Nullable String traceparent)
            implements OfCommands {
        /** One that {@code CommandSender} will stamp with the life when it writes it. */
        public static Command unsent(
                AgentId agentId,
                Instant ts,
                CorrelationId correlationId,
                int attempt,
                @Nullable InstanceUid instanceUid,
                Payload payload,
                @Nullable String traceparent) {
            return new Command(
                    agentId, ts, correlationId, attempt, "", instanceUid, payload, traceparent);
        }

        /** The same command, and the step of its trace that sends it now. */
        public Command causedBy(@Nullable String step) {
            return step == null
                    ? this
                    : new Command(
                            agentId, ts, correlationId, attempt, life, instanceUid, payload, step);
        }

        @Override
        public String kind() {
            return "COMMAND";
        }
    }

    /** What a command record carries for the agent: exactly one of the two. */
    sealed interface Payload {
        /** The envelope's bytes in the clear, with its signature when there is one. */
        record Clear(Bytes envelope, @Nullable String jws) implements Payload {}

        /** The envelope encrypted: only a bridge opens it, when it writes the frame. */
        record Sealed(Bytes sealed) implements Payload {}
    }

    /**
     * A record somebody wrote by hand: the short form of the public door. It is delivered now or
     * never, so it carries neither a life nor an instance, and its attempt is 1.
     *
     * @param correlationId what the writer chose, else the UUIDv5 of the record's id
     * @param params a JSON object
     * @param expiresAt the record's own time and its {@code ttl_s}
     */
    record HandMade(
            AgentId agentId,
            Instant ts,
            CorrelationId correlationId,
            String command,
            String params,
            Instant expiresAt)
            implements OfCommands {
        @Override
        public String kind() {
            return "HAND_MADE";
        }
    }

    record Cancel(
            AgentId agentId,
            Instant ts,
            CorrelationId correlationId,
            Instant expiresAt,
            BridgeFrame.CancelMode mode,
            @Nullable InstanceUid instanceUid)
            implements OfCommands {
        @Override
        public String kind() {
            return "CANCEL";
        }
    }

    record JobQuery(
            AgentId agentId,
            Instant ts,
            List<CorrelationId> correlationIds,
            @Nullable InstanceUid instanceUid)
            implements OfCommands {
        @Override
        public String kind() {
            return "JOB_QUERY";
        }
    }

    record Close(AgentId agentId, Instant ts, SessionId sessionId, int code) implements OfCommands {
        @Override
        public String kind() {
            return "CLOSE";
        }
    }

    record Result(AgentId agentId, Instant ts, Origin origin, Bytes frame) implements OfResults {
        @Override
        public String kind() {
            return "RESULT";
        }
    }

    record Ack(AgentId agentId, Instant ts, Origin origin, Bytes frame) implements OfResults {
        @Override
        public String kind() {
            return "ACK";
        }
    }

    record JobStatus(AgentId agentId, Instant ts, Origin origin, Bytes frame) implements OfResults {
        @Override
        public String kind() {
            return "JOB_STATUS";
        }
    }

    /**
     * The delivery script let this attempt through to the socket.
     *
     * @param instanceUid the journal of the session it was let through to, absent without one
     * @param envelope only of a hand-made record: the ledger makes its row from it
     */
    record Dispatched(
            AgentId agentId,
            Instant ts,
            BridgeId bridgeId,
            CorrelationId correlationId,
            int attempt,
            @Nullable InstanceUid instanceUid,
            @Nullable Bytes envelope)
            implements OfResults {
        @Override
        public String kind() {
            return "DISPATCHED";
        }
    }

    /** No copy of this attempt reached, or will reach, the agent. */
    record Released(
            AgentId agentId,
            Instant ts,
            BridgeId bridgeId,
            CorrelationId correlationId,
            int attempt,
            ReleaseReason reason,
            @Nullable Bytes envelope)
            implements OfResults {
        @Override
        public String kind() {
            return "RELEASED";
        }
    }

    /** Why no copy of an attempt was let through. */
    enum ReleaseReason {
        OFFLINE,
        BUSY,
        EXPIRED,
        OTHER_INSTANCE,
        /** It is sealed, and no bridge may or can open it for this command and this agent. */
        UNOPENED,
        /** It is sealed, and the session was opened without a credential of the agent's own. */
        NOT_ENROLLED
    }

    /** A piece of a running command's output. */
    record Progress(AgentId agentId, Instant ts, Origin origin, Bytes frame) implements OfOutput {
        @Override
        public String kind() {
            return "PROGRESS";
        }
    }
}
