package io.viworks.protocol.frame;

import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.ExecutionId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.Limits;
import io.viworks.protocol.Traceparent;
import io.viworks.protocol.frame.AgentFrame.Ack;
import io.viworks.protocol.frame.AgentFrame.AckStatus;
import io.viworks.protocol.frame.AgentFrame.Bye;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.AgentFrame.Heartbeat;
import io.viworks.protocol.frame.AgentFrame.Hello;
import io.viworks.protocol.frame.AgentFrame.Job;
import io.viworks.protocol.frame.AgentFrame.JobState;
import io.viworks.protocol.frame.AgentFrame.JobStatus;
import io.viworks.protocol.frame.AgentFrame.OutputStreamName;
import io.viworks.protocol.frame.AgentFrame.Ping;
import io.viworks.protocol.frame.AgentFrame.Pong;
import io.viworks.protocol.frame.AgentFrame.Progress;
import io.viworks.protocol.frame.AgentFrame.Result;
import io.viworks.protocol.frame.AgentFrame.ResultStatus;
import io.viworks.protocol.frame.AgentFrame.Telemetry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Makes an agent's frame out of its fields (spec 2.2, 2.3). */
final class AgentFrameReader {
    private AgentFrameReader() {}

    static AgentFrame read(String type, Fields fields, Drops drops) throws BadFrame {
        return switch (type) {
            case "HELLO" -> hello(fields, drops);
            case "TELEMETRY" -> telemetry(fields);
            case "ACK" -> ack(fields);
            case "PROGRESS" -> progress(fields);
            case "RESULT" -> result(fields);
            case "JOB_STATUS" -> jobStatus(fields);
            case "HEARTBEAT" -> new Heartbeat(fields.agentIdOrNull(), fields.instantOrNull("ts"));
            case "PING" -> new Ping();
            case "PONG" -> new Pong();
            case "BYE" -> new Bye(fields.textOrNull("reason"));
            default ->
                    throw new BadFrame(
                            ErrorFrameCode.UNKNOWN_TYPE,
                            "type must be one of " + String.join(", ", AgentFrame.TYPES));
        };
    }

    private static Hello hello(Fields fields, Drops drops) throws BadFrame {
        UUID instance = fields.uuidOrNull("instance_uid");
        Set<String> offered = new HashSet<>(fields.textsOrEmpty("features", Limits.MAX_FEATURES));
        ObjectNode metadata = fields.objectOrNull("metadata");
        Hello hello =
                new Hello(
                        fields.agentId(),
                        fields.text("version"),
                        instance == null ? null : new InstanceUid(instance),
                        fields.textOrNull("boot_id"),
                        protocolVersion(fields),
                        fields.textOrNull("site"),
                        fields.textOrNull("hostname"),
                        labels(fields),
                        fields.texts("capabilities", Limits.MAX_VERBS),
                        fields.textsOrEmpty("supported_verbs", Limits.MAX_VERBS),
                        offered,
                        fields.intOrNull("max_concurrency", 0, Short.MAX_VALUE),
                        fields.instantOrNull("now"),
                        fields.textOrNull("nonce"),
                        metadata == null ? fields.node().objectNode() : metadata);
        for (String feature : offered) {
            if (!hello.features().contains(feature)) {
                drops.dropped("HELLO", "features." + feature);
            }
        }
        return hello;
    }

    /** Never left out: without it the agent would pass for one of today's version. */
    private static @Nullable Integer protocolVersion(Fields fields) throws BadFrame {
        return fields.has("protocol_version")
                ? (Integer) fields.integer("protocol_version", 0, Integer.MAX_VALUE)
                : null;
    }

    private static Map<String, String> labels(Fields fields) throws BadFrame {
        ObjectNode object = fields.objectOrNull("labels");
        if (object == null) {
            return Map.of();
        }
        Map<String, String> labels = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> label : object.properties()) {
            String key = label.getKey();
            JsonNode value = label.getValue();
            if (labels.size() == Limits.MAX_LABELS
                    || key.isEmpty()
                    || key.length() > Limits.MAX_LABEL_KEY
                    || !value.isString()
                    || value.stringValue().length() > Limits.MAX_LABEL_VALUE) {
                throw fields.wrong(
                        "labels",
                        "at most %d strings of at most %d characters, by keys of 1 to %d"
                                .formatted(
                                        Limits.MAX_LABELS,
                                        Limits.MAX_LABEL_VALUE,
                                        Limits.MAX_LABEL_KEY));
            }
            labels.put(key, value.stringValue());
        }
        return labels;
    }

    private static Telemetry telemetry(Fields fields) throws BadFrame {
        fields.text("ts");
        return new Telemetry(
                fields.agentId(),
                fields.instantOrNull("ts"),
                MetricsReader.read(fields.fields("metrics")));
    }

    private static Ack ack(Fields fields) throws BadFrame {
        return new Ack(
                fields.agentId(),
                correlationId(fields),
                fields.has("attempt") ? fields.integer("attempt", 1, Integer.MAX_VALUE) : 1,
                fields.constant("status", AckStatus.class),
                error(fields),
                fields.integerOrNull("retry_after_ms", 0, Limits.MAX_RETRY_AFTER.toMillis()));
    }

    private static Progress progress(Fields fields) throws BadFrame {
        return new Progress(
                fields.agentId(),
                correlationId(fields),
                fields.integer("seq", 0, Long.MAX_VALUE),
                fields.constant("stream", OutputStreamName.class),
                fields.text("chunk"));
    }

    private static Result result(Fields fields) throws BadFrame {
        UUID execution = fields.uuidOrNull("execution_id");
        return new Result(
                fields.agentId(),
                correlationId(fields),
                execution == null ? null : new ExecutionId(execution),
                fields.constant("status", ResultStatus.class),
                fields.intOrNull("rc", Integer.MIN_VALUE, Integer.MAX_VALUE),
                fields.textOrNull("stdout"),
                fields.textOrNull("stderr"),
                fields.objectOrNull("data"),
                fields.flag("truncated"),
                fields.instantOrNull("started_at"),
                fields.instantOrNull("finished_at"),
                fields.integerOrNull("duration_ms", 0, Long.MAX_VALUE),
                error(fields),
                Traceparent.read(fields.textOrNull("traceparent"))
                        .map(Traceparent::text)
                        .orElse(null));
    }

    private static JobStatus jobStatus(Fields fields) throws BadFrame {
        List<Job> jobs = new ArrayList<>();
        for (Fields job : fields.objects("jobs")) {
            jobs.add(new Job(correlationId(job), job.constant("state", JobState.class)));
        }
        return new JobStatus(fields.agentIdOrNull(), jobs);
    }

    private static CorrelationId correlationId(Fields fields) throws BadFrame {
        return new CorrelationId(fields.uuid("correlation_id"));
    }

    /** Older agents leave {@code msg} out; the code alone says how the command ended. */
    private static @Nullable FrameError error(Fields fields) throws BadFrame {
        Fields error = fields.fieldsOrNull("error");
        if (error == null) {
            return null;
        }
        String msg = error.textOrNull("msg");
        return new FrameError(error.text("code"), msg == null ? "" : msg);
    }
}
