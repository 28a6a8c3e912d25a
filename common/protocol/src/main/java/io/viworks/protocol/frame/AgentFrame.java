package io.viworks.protocol.frame;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.ExecutionId;
import io.viworks.protocol.InstanceUid;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an agent says. Collections are unmodifiable, in the order sent, and never null; absence is
 * an empty one.
 */
public sealed interface AgentFrame extends Frame {
    /** The types an agent may send, as HELLO_ACK names them in {@code supported}. */
    List<String> TYPES =
            List.of(
                    "HELLO",
                    "TELEMETRY",
                    "ACK",
                    "PROGRESS",
                    "RESULT",
                    "JOB_STATUS",
                    "HEARTBEAT",
                    "PING",
                    "PONG",
                    "BYE");

    /** Frames that must name their agent; the session's identity wins over what they say. */
    sealed interface Named extends AgentFrame {
        AgentId agentId();
    }

    /** The agent this frame names, whether it must or may; null when it names none. */
    default @Nullable AgentId claimedAgent() {
        return switch (this) {
            case Named named -> named.agentId();
            case Heartbeat heartbeat -> heartbeat.agentId();
            case JobStatus jobStatus -> jobStatus.agentId();
            case Ping _, Pong _, Bye _ -> null;
        };
    }

    /**
     * The first frame of a session: what the agent says of itself. Site, labels, host name and
     * metadata are for display only.
     *
     * <p>{@code features} holds what may be relied on: an offer without what it requires (spec 2.2)
     * counts as not made, see {@link Features#effective}.
     */
    record Hello(
            AgentId agentId,
            String version,
            @Nullable InstanceUid instanceUid,
            @Nullable String bootId,
            @Nullable Integer protocolVersion,
            @Nullable String site,
            @Nullable String hostname,
            Map<String, String> labels,
            List<String> capabilities,
            List<String> supportedVerbs,
            Set<String> features,
            @Nullable Integer maxConcurrency,
            @Nullable Instant now,
            @Nullable String nonce,
            ObjectNode metadata)
            implements Named {
        public Hello {
            labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
            capabilities = List.copyOf(capabilities);
            supportedVerbs = List.copyOf(supportedVerbs);
            features = Features.effective(features, instanceUid);
        }

        @Override
        public String type() {
            return "HELLO";
        }

        /** The verbs this agent offers: without {@code supported_verbs}, its capabilities. */
        public List<String> verbs() {
            return supportedVerbs.isEmpty() ? capabilities : supportedVerbs;
        }

        /** Whether a command may be sent to this agent again after a copy may have reached it. */
        public boolean hasJournal() {
            return features.contains(Features.JOURNAL);
        }
    }

    /** A sign of life with nothing else in it; answered with PONG. */
    record Heartbeat(@Nullable AgentId agentId, @Nullable Instant ts) implements AgentFrame {
        @Override
        public String type() {
            return "HEARTBEAT";
        }
    }

    /**
     * A snapshot of the gateway. Unknown metrics are kept in {@link Metrics#all}.
     *
     * @param ts the agent's clock; null when it was too far from arrival to be believed
     */
    record Telemetry(AgentId agentId, @Nullable Instant ts, Metrics metrics) implements Named {
        @Override
        public String type() {
            return "TELEMETRY";
        }
    }

    /**
     * The known metrics, and in {@code all} the whole {@code metrics} object as it was sent (made
     * storable). Percentages are 0–100; a value outside its column's range is absent here. To be
     * sent, {@code all} needs to hold only what has no component of its own.
     */
    record Metrics(
            @Nullable Double cpuPct,
            @Nullable Double memPct,
            @Nullable Double diskPct,
            @Nullable Double load1,
            @Nullable Integer containersRunning,
            Map<String, String> services,
            List<Container> containers,
            ObjectNode all) {
        public Metrics {
            services = Collections.unmodifiableMap(new LinkedHashMap<>(services));
            containers = List.copyOf(containers);
        }
    }

    record Container(String id, String name, String image, String state) {}

    /** Accepted means: in the agent's journal, on disk. */
    record Ack(
            AgentId agentId,
            CorrelationId correlationId,
            int attempt,
            AckStatus status,
            @Nullable FrameError error,
            @Nullable Long retryAfterMs)
            implements Named {
        @Override
        public String type() {
            return "ACK";
        }
    }

    enum AckStatus {
        ACCEPTED,
        REJECTED
    }

    /** An error inside an ACK or a RESULT; {@code code} is one of {@link ErrorCodes} or foreign. */
    record FrameError(String code, String msg) {}

    /** A piece of live output. */
    record Progress(
            AgentId agentId,
            CorrelationId correlationId,
            long seq,
            OutputStreamName stream,
            String chunk)
            implements Named {
        @Override
        public String type() {
            return "PROGRESS";
        }
    }

    enum OutputStreamName {
        STDOUT,
        STDERR
    }

    /**
     * How a command ended on the gateway. {@code data} is for programs, stdout for people.
     *
     * @param traceparent what its COMMAND brought, when the agent still knows it
     */
    record Result(
            AgentId agentId,
            CorrelationId correlationId,
            @Nullable ExecutionId executionId,
            ResultStatus status,
            @Nullable Integer rc,
            @Nullable String stdout,
            @Nullable String stderr,
            @Nullable ObjectNode data,
            boolean truncated,
            @Nullable Instant startedAt,
            @Nullable Instant finishedAt,
            @Nullable Long durationMs,
            @Nullable FrameError error,
            @Nullable String traceparent)
            implements Named {
        /** One that belongs to no trace. */
        public Result(
                AgentId agentId,
                CorrelationId correlationId,
                @Nullable ExecutionId executionId,
                ResultStatus status,
                @Nullable Integer rc,
                @Nullable String stdout,
                @Nullable String stderr,
                @Nullable ObjectNode data,
                boolean truncated,
                @Nullable Instant startedAt,
                @Nullable Instant finishedAt,
                @Nullable Long durationMs,
                @Nullable FrameError error) {
            this(
                    agentId,
                    correlationId,
                    executionId,
                    status,
                    rc,
                    stdout,
                    stderr,
                    data,
                    truncated,
                    startedAt,
                    finishedAt,
                    durationMs,
                    error,
                    null);
        }

        @Override
        public String type() {
            return "RESULT";
        }
    }

    enum ResultStatus {
        SUCCESS,
        ERROR
    }

    /** What the journal knows of the commands a JOB_QUERY asked for. */
    record JobStatus(@Nullable AgentId agentId, List<Job> jobs) implements AgentFrame {
        public JobStatus {
            jobs = List.copyOf(jobs);
        }

        @Override
        public String type() {
            return "JOB_STATUS";
        }
    }

    record Job(CorrelationId correlationId, JobState state) {}

    enum JobState {
        UNKNOWN,
        ACCEPTED,
        RUNNING,
        FINISHED,
        LOST
    }

    record Ping() implements AgentFrame {
        @Override
        public String type() {
            return "PING";
        }
    }

    record Pong() implements AgentFrame {
        @Override
        public String type() {
            return "PONG";
        }
    }

    /** A planned end, no outage. */
    record Bye(@Nullable String reason) implements AgentFrame {
        @Override
        public String type() {
            return "BYE";
        }
    }
}
