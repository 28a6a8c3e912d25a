package io.viworks.protocol.frame;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.ConnectionId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.ExecutionId;
import io.viworks.protocol.SessionId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** What a bridge says. */
public sealed interface BridgeFrame extends Frame {
    /** The types a bridge may send. */
    List<String> TYPES =
            List.of(
                    "HELLO_ACK",
                    "WELCOME",
                    "COMMAND",
                    "RESULT_ACK",
                    "CANCEL",
                    "JOB_QUERY",
                    "ERROR",
                    "PING",
                    "PONG",
                    "BYE");

    /** Sent at once after the upgrade. */
    record HelloAck(
            Instant serverTime, List<String> supported, AgentId agentId, ConnectionId connId)
            implements BridgeFrame {
        public HelloAck {
            supported = List.copyOf(supported);
        }

        @Override
        public String type() {
            return "HELLO_ACK";
        }
    }

    /** The session is owned by this bridge; commands come only after it. */
    record Welcome(
            SessionId sessionId,
            ConnectionId connId,
            Instant serverTime,
            String serverNonce,
            int heartbeatS,
            int cmdTimeoutS,
            int maxInflight,
            int maxFrameBytes,
            @Nullable ObjectNode config,
            @Nullable String configHash)
            implements BridgeFrame {
        @Override
        public String type() {
            return "WELCOME";
        }
    }

    /** One command. The envelope's bytes are those made at acceptance. */
    record Command(Envelope envelope, int attempt, @Nullable String traceparent)
            implements BridgeFrame {
        @Override
        public String type() {
            return "COMMAND";
        }
    }

    /** One signed command: the envelope is the payload of {@code jws} and stands nowhere else. */
    record SignedCommand(CorrelationId correlationId, int attempt, String jws)
            implements BridgeFrame {
        /** Without the envelope: its arguments may be secret. */
        @Override
        public String toString() {
            return "signed command " + correlationId;
        }

        @Override
        public String type() {
            return "COMMAND";
        }
    }

    /** Redis has the RESULT: ends the re-sending, not the keeping. */
    record ResultAck(CorrelationId correlationId, @Nullable ExecutionId executionId)
            implements BridgeFrame {
        @Override
        public String type() {
            return "RESULT_ACK";
        }
    }

    record Cancel(CorrelationId correlationId, Instant expiresAt, CancelMode mode)
            implements BridgeFrame {
        @Override
        public String type() {
            return "CANCEL";
        }
    }

    enum CancelMode {
        STOP,
        IF_NOT_STARTED
    }

    record JobQuery(List<CorrelationId> correlationIds) implements BridgeFrame {
        public JobQuery {
            correlationIds = List.copyOf(correlationIds);
        }

        @Override
        public String type() {
            return "JOB_QUERY";
        }
    }

    /** The answer to a frame that was wrong: {@code ERROR} on the wire. */
    record Refusal(
            ErrorFrameCode code,
            String msg,
            boolean retryable,
            @Nullable Long retryAfterMs,
            @Nullable String ref)
            implements BridgeFrame {
        @Override
        public String type() {
            return "ERROR";
        }
    }

    record Ping() implements BridgeFrame {
        @Override
        public String type() {
            return "PING";
        }
    }

    /** Answers PING and HEARTBEAT. */
    record Pong() implements BridgeFrame {
        @Override
        public String type() {
            return "PONG";
        }
    }

    record Bye(@Nullable String reason) implements BridgeFrame {
        @Override
        public String type() {
            return "BYE";
        }
    }
}
