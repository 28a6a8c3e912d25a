package io.viworks.protocol.frame;

import io.viworks.protocol.frame.AgentFrame.Container;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.AgentFrame.Hello;
import io.viworks.protocol.frame.AgentFrame.Job;
import io.viworks.protocol.frame.AgentFrame.Metrics;
import io.viworks.protocol.frame.AgentFrame.Result;
import io.viworks.protocol.frame.BridgeFrame.Welcome;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Writes the fields of every frame, {@code type} first; what is absent is left out. */
final class FrameWriter {
    private static final Set<String> KNOWN_METRICS =
            Set.of(
                    "cpu_pct",
                    "mem_pct",
                    "disk_pct",
                    "load1",
                    "containers_running",
                    "services",
                    "containers");

    private FrameWriter() {}

    static void write(Frame frame, JsonText json) {
        json.text("type", frame.type());
        switch (frame) {
            case AgentFrame said -> agent(said, json);
            case BridgeFrame said -> bridge(said, json);
        }
    }

    private static void agent(AgentFrame frame, JsonText json) {
        json.id("agent_id", frame.claimedAgent());
        switch (frame) {
            case Hello hello -> hello(hello, json);
            case AgentFrame.Heartbeat heartbeat -> json.instant("ts", heartbeat.ts());
            case AgentFrame.Telemetry telemetry -> {
                json.instant("ts", telemetry.ts());
                json.object("metrics", body -> metrics(telemetry.metrics(), body));
            }
            case AgentFrame.Ack ack -> {
                json.id("correlation_id", ack.correlationId());
                json.number("attempt", ack.attempt());
                json.constant("status", ack.status());
                error(ack.error(), json);
                json.number("retry_after_ms", ack.retryAfterMs());
            }
            case AgentFrame.Progress progress -> {
                json.id("correlation_id", progress.correlationId());
                json.number("seq", progress.seq());
                json.constant("stream", progress.stream());
                json.text("chunk", progress.chunk());
            }
            case Result result -> result(result, json);
            case AgentFrame.JobStatus status ->
                    json.objects("jobs", status.jobs().stream().map(FrameWriter::job).toList());
            case AgentFrame.Bye bye -> json.text("reason", bye.reason());
            case AgentFrame.Ping _, AgentFrame.Pong _ -> {}
        }
    }

    private static void hello(Hello hello, JsonText json) {
        json.text("version", hello.version());
        json.id("instance_uid", hello.instanceUid());
        json.text("boot_id", hello.bootId());
        json.number("protocol_version", hello.protocolVersion());
        json.text("site", hello.site());
        json.text("hostname", hello.hostname());
        if (!hello.labels().isEmpty()) {
            json.texts("labels", hello.labels());
        }
        json.texts("capabilities", hello.capabilities());
        if (!hello.supportedVerbs().isEmpty()) {
            json.texts("supported_verbs", hello.supportedVerbs());
        }
        if (!hello.features().isEmpty()) {
            json.texts("features", new TreeSet<>(hello.features()));
        }
        json.number("max_concurrency", hello.maxConcurrency());
        json.instant("now", hello.now());
        json.text("nonce", hello.nonce());
        json.tree("metadata", hello.metadata().isEmpty() ? null : hello.metadata());
    }

    /** The known metrics from their components, the others from {@code all}. */
    private static void metrics(Metrics metrics, JsonText json) {
        json.number("cpu_pct", metrics.cpuPct());
        json.number("mem_pct", metrics.memPct());
        json.number("disk_pct", metrics.diskPct());
        json.number("load1", metrics.load1());
        json.number("containers_running", metrics.containersRunning());
        json.texts("services", metrics.services());
        json.objects(
                "containers", metrics.containers().stream().map(FrameWriter::container).toList());
        metrics.all()
                .forEachEntry((name, value) -> {
                    if (!KNOWN_METRICS.contains(name)) {
                        json.tree(name, value);
                    }
                });
    }

    private static JsonText.Body container(Container container) {
        return json -> {
            json.text("id", container.id());
            json.text("name", container.name());
            json.text("image", container.image());
            json.text("state", container.state());
        };
    }

    private static void result(Result result, JsonText json) {
        json.id("correlation_id", result.correlationId());
        json.id("execution_id", result.executionId());
        json.constant("status", result.status());
        json.number("rc", result.rc());
        json.text("stdout", result.stdout());
        json.text("stderr", result.stderr());
        json.tree("data", result.data());
        if (result.truncated()) {
            json.flag("truncated", true);
        }
        json.instant("started_at", result.startedAt());
        json.instant("finished_at", result.finishedAt());
        json.number("duration_ms", result.durationMs());
        error(result.error(), json);
        json.text("traceparent", result.traceparent());
    }

    private static JsonText.Body job(Job job) {
        return json -> {
            json.id("correlation_id", job.correlationId());
            json.constant("state", job.state());
        };
    }

    private static void error(@Nullable FrameError error, JsonText json) {
        if (error != null) {
            json.object(
                    "error",
                    body -> {
                        body.text("code", error.code());
                        body.text("msg", error.msg());
                    });
        }
    }

    private static void bridge(BridgeFrame frame, JsonText json) {
        switch (frame) {
            case BridgeFrame.HelloAck ack -> {
                json.instant("server_time", ack.serverTime());
                json.texts("supported", ack.supported());
                json.id("agent_id", ack.agentId());
                json.id("conn_id", ack.connId());
            }
            case Welcome welcome -> welcome(welcome, json);
            case BridgeFrame.Command command -> {
                json.number("attempt", command.attempt());
                json.text("traceparent", command.traceparent());
                envelope(command.envelope(), json);
            }
            case BridgeFrame.SignedCommand command -> {
                json.id("correlation_id", command.correlationId());
                json.number("attempt", command.attempt());
                json.text("jws", command.jws());
            }
            case BridgeFrame.ResultAck ack -> {
                json.id("correlation_id", ack.correlationId());
                json.id("execution_id", ack.executionId());
            }
            case BridgeFrame.Cancel cancel -> {
                json.id("correlation_id", cancel.correlationId());
                json.instant("expires_at", cancel.expiresAt());
                json.constant("mode", cancel.mode());
            }
            case BridgeFrame.JobQuery query ->
                    json.texts(
                            "correlation_ids",
                            query.correlationIds().stream().map(Object::toString).toList());
            case BridgeFrame.Refusal refusal -> {
                json.constant("code", refusal.code());
                json.text("msg", refusal.msg());
                json.flag("retryable", refusal.retryable());
                json.number("retry_after_ms", refusal.retryAfterMs());
                json.text("ref", refusal.ref());
            }
            case BridgeFrame.Bye bye -> json.text("reason", bye.reason());
            case BridgeFrame.Ping _, BridgeFrame.Pong _ -> {}
        }
    }

    /** {@code now} and {@code server_time} are one instant: older agents read the former. */
    private static void welcome(Welcome welcome, JsonText json) {
        json.id("session_id", welcome.sessionId());
        json.id("conn_id", welcome.connId());
        json.instant("now", welcome.serverTime());
        json.instant("server_time", welcome.serverTime());
        json.text("server_nonce", welcome.serverNonce());
        json.number("heartbeat_s", welcome.heartbeatS());
        json.number("cmd_timeout_s", welcome.cmdTimeoutS());
        json.number("max_inflight", welcome.maxInflight());
        json.number("max_frame_bytes", welcome.maxFrameBytes());
        json.tree("config", welcome.config());
        json.text("config_hash", welcome.configHash());
    }

    static void envelope(Envelope envelope, JsonText json) {
        json.id("correlation_id", envelope.correlationId());
        json.id("agent_id", envelope.agentId());
        json.text("verb", envelope.verb());
        json.tree("args", envelope.args());
        json.instant("issued_at", envelope.issuedAt());
        json.instant("expires_at", envelope.expiresAt());
        json.uuid("nonce", envelope.nonce());
        json.number("timeout_s", envelope.timeoutS());
        json.text("issued_by", envelope.issuedBy());
    }
}
