package io.viworks.agent.helper.server;

import io.viworks.agent.helper.BadRequest;
import io.viworks.agent.helper.HelperReply;
import io.viworks.agent.helper.HelperRequest;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.frame.FrameCodec;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One JSON line for each thing the helper did, and for what it refused, with the names of spec 7;
 * under systemd they go to the journal. No argument, no output and no secret is in them, only
 * digests. Thread-safe.
 */
final class Audit {
    /** Refusals that are told at once; then {@link #PER_SECOND}, and how many were left out. */
    static final int BURST = 50;

    static final int PER_SECOND = 5;

    private static final FrameCodec CODEC = new FrameCodec();
    private static final long SECOND = 1_000_000_000L;

    private final PrintStream out;
    private final InstantSource clock;
    private final AgentId agentId;
    private final LongSupplier nanos;
    private double tokens = BURST;
    private long filledAt;
    private long untold;

    Audit(PrintStream out, InstantSource clock, AgentId agentId, LongSupplier nanos) {
        this.out = out;
        this.clock = clock;
        this.agentId = agentId;
        this.nanos = nanos;
        this.filledAt = nanos.getAsLong();
    }

    /** What the helper itself does: starts, stops, cannot. */
    void say(String level, String event, String msg) {
        write(line(level, event, msg));
    }

    /** One run, from its beginning to its end. */
    void ran(Gate.Permit permit, String argsDigest, Peer peer, HelperReply.Ended end) {
        ObjectNode line = line("INFO", "helper_run", "a verb was run");
        named(line, permit.request());
        line.put("args_hmac", argsDigest).put("signed", permit.issuedBy() != null);
        if (permit.issuedBy() != null) {
            line.put("issued_by", permit.issuedBy());
        }
        asked(line, peer);
        if (end.rc() != null) {
            line.put("rc", end.rc());
        }
        line.put("duration_ms", end.durationMs())
                .put("stdout_sha256", end.stdoutSha256())
                .put("stderr_sha256", end.stderrSha256());
        if (end.left() > 0) {
            line.put("left", end.left());
        }
        if (end.error() != null) {
            line.put("error", end.error().code());
        }
        write(line);
    }

    /** A run that an earlier life of the helper did not see the end of. */
    void interrupted(Memory.Begun run, int left) {
        ObjectNode line =
                line("WARN", "helper_run", "a run was cut short by the end of the helper");
        line.put("correlation_id", run.id().toString())
                .put("verb", run.verb())
                .put("error", "Interrupted")
                .put("left", left);
        write(line);
    }

    /**
     * Something that is not run.
     *
     * @param request null when nobody can know what it was
     */
    void refused(@Nullable HelperRequest request, @Nullable Peer peer, BadRequest why) {
        long left;
        synchronized (this) {
            long now = nanos.getAsLong();
            tokens = Math.min(BURST, tokens + (double) (now - filledAt) * PER_SECOND / SECOND);
            filledAt = now;
            if (tokens < 1) {
                untold++;
                return;
            }
            tokens--;
            left = untold;
            untold = 0;
        }
        ObjectNode line = line("WARN", "helper_refused", why.message());
        if (request != null) {
            named(line, request);
        }
        if (peer != null) {
            asked(line, peer);
        }
        line.put("error", why.code());
        if (left > 0) {
            line.put("untold", left);
        }
        write(line);
    }

    private static void named(ObjectNode line, HelperRequest request) {
        line.put("asked_for", request.agentId().value())
                .put("correlation_id", request.correlationId().toString())
                .put("verb", cut(request.verb()));
    }

    private static void asked(ObjectNode line, Peer peer) {
        line.put("peer_user", peer.user()).put("peer_group", peer.group());
    }

    private static String cut(String text) {
        return text.length() > 64 ? text.substring(0, 64) : text;
    }

    private ObjectNode line(String level, String event, String msg) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("ts", clock.instant().toString())
                .put("level", level)
                .put("msg", msg)
                .put("service", "host-helper")
                .put("event", event)
                .put("agent_id", agentId.value());
    }

    private void write(ObjectNode line) {
        out.println(new String(CODEC.encodeObject(line), StandardCharsets.UTF_8));
    }
}
