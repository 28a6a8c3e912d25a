package io.viworks.bridge.ingress;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import io.viworks.backplane.Keys;
import io.viworks.backplane.WorldAway;
import io.viworks.backplane.stream.Origin;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamWriter;
import io.viworks.backplane.stream.TelemetryHead;
import io.viworks.backplane.stream.TelemetryLane;
import io.viworks.backplane.stream.TelemetryWriter;
import io.viworks.bridge.metrics.BridgeMeters;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.frame.AgentFrame;
import io.viworks.protocol.frame.FrameCodec;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries agents' frames into the streams, as the bytes received. What is said of commands is tried
 * once and its fate told, for somebody waits for it; everything else that cannot be written now is
 * dropped and counted. Thread-safe, never blocks.
 */
public final class Ingress implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Ingress.class);

    private final StreamWriter streams;
    private final TelemetryWriter telemetry;
    private final Relief relief;
    private final Recent recent;
    private final BridgeMeters meters;
    private final FrameCodec codec = new FrameCodec();
    private final AtomicInteger underway = new AtomicInteger();

    /** The lane of a thread's event loop. */
    private final FastThreadLocal<@Nullable TelemetryLane> lanes = new FastThreadLocal<>();

    public Ingress(
            StreamWriter streams,
            Telemetry telemetry,
            Relief relief,
            Recent recent,
            BridgeMeters meters) {
        this.streams = streams;
        this.telemetry = telemetry.to(this::settled);
        this.relief = relief;
        this.recent = recent;
        this.meters = meters;
        meters.gauge("records.underway", "records on their way to Redis", this::underway);
    }

    /** Makes the writer of TELEMETRY, which tells what becomes of records. */
    public interface Telemetry {
        TelemetryWriter to(Consumer<TelemetryLane.Outcome> done);
    }

    /** Who says something, when, and which frame it is. */
    public record Said(AgentId agent, Instant at, Origin origin, Bytes frame) {}

    /**
     * A TELEMETRY: also kept for who looks at this bridge. It leaves with all others of this turn
     * of the event loop.
     *
     * @param head of the session's records
     * @param n its count within the session
     * @param loop of the present thread
     */
    public void telemetry(
            AgentId agent, TelemetryHead head, Instant at, long n, Bytes frame, EventLoop loop) {
        recent.telemetry(agent, frame);
        if (relief.needed()) {
            meters.telemetryDropped("pressure", 1);
            return;
        }
        TelemetryLane lane = lanes.get();
        if (lane == null) {
            lane = telemetry.lane(loop);
            lanes.set(lane);
        }
        lane.add(head, at, n, frame);
    }

    private void settled(TelemetryLane.Outcome outcome) {
        meters.telemetryDropped(reason(Fate.AWAY), outcome.away());
        meters.telemetryDropped(reason(Fate.REFUSED), outcome.refused());
        meters.telemetryDropped("full", outcome.full());
        if (outcome.refused() > 0) {
            log.atError()
                    .addKeyValue("event", "record_not_written")
                    .setCause(outcome.fault())
                    .log("{} TELEMETRY records were not written", outcome.refused());
        }
    }

    /** Remembers the latest RESULT, without its outputs, for who looks at this bridge. */
    public void remember(AgentId agent, AgentFrame.Result result) {
        recent.result(agent, Bytes.of(codec.encode(withoutOutputs(result))));
    }

    /** A RESULT: one try, to be confirmed only when it is written; never fails. */
    public CompletionStage<Fate> result(Said said) {
        return relief.needed()
                ? CompletableFuture.completedFuture(Fate.REFUSED)
                : append(
                        Keys.COMMAND_RESULTS,
                        new StreamRecord.Result(
                                said.agent(), said.at(), said.origin(), said.frame()));
    }

    /** An ACK: one try; never fails. */
    public CompletionStage<Fate> ack(Said said) {
        return append(
                Keys.COMMAND_RESULTS,
                new StreamRecord.Ack(said.agent(), said.at(), said.origin(), said.frame()));
    }

    /** A JOB_STATUS: one try; never fails. */
    public CompletionStage<Fate> jobStatus(Said said) {
        return append(
                Keys.COMMAND_RESULTS,
                new StreamRecord.JobStatus(said.agent(), said.at(), said.origin(), said.frame()));
    }

    /** A PROGRESS: live output for who watches, and nothing else. */
    public void progress(Said said) {
        if (relief.needed()) {
            meters.recordLost("PROGRESS");
            return;
        }
        orLost(
                "PROGRESS",
                append(
                        Keys.COMMAND_OUTPUT,
                        new StreamRecord.Progress(
                                said.agent(), said.at(), said.origin(), said.frame())));
    }

    /** A handshake refused for its clock. */
    public void refused(StreamRecord.Refused refused) {
        orLost("REFUSED", append(Keys.AGENT_HELLO, refused));
    }

    /** Records whose fate Redis has not told yet. */
    public int underway() {
        return underway.get() + telemetry.underway();
    }

    /** Ends the connections of TELEMETRY, while the event loops they live on still run. */
    @Override
    public void close() {
        telemetry.close();
    }

    private void orLost(String kind, CompletionStage<Fate> appended) {
        var _ =
                appended.thenAccept(fate -> {
                    if (fate != Fate.WRITTEN) {
                        meters.recordLost(kind);
                    }
                });
    }

    /** Why a record is not in Redis, as metrics say it. */
    public static String reason(Fate fate) {
        return switch (fate) {
            case WRITTEN -> "none";
            case AWAY -> "away";
            case REFUSED -> "refused";
        };
    }

    private CompletionStage<Fate> append(String stream, StreamRecord record) {
        underway.incrementAndGet();
        return streams.append(stream, record)
                .handle((_, failure) -> {
                    underway.decrementAndGet();
                    return failure == null ? Fate.WRITTEN : fate(record, failure);
                });
    }

    /** That Redis is away is said once by its connection; anything else is a mistake of ours. */
    private static Fate fate(StreamRecord record, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException wrapped && wrapped.getCause() != null
                        ? wrapped.getCause()
                        : failure;
        if (cause instanceof WorldAway) {
            return Fate.AWAY;
        }
        log.atError()
                .addKeyValue("event", "record_not_written")
                .setCause(cause)
                .log("A {} record was not written", record.kind());
        return Fate.REFUSED;
    }

    private static AgentFrame.Result withoutOutputs(AgentFrame.Result result) {
        return new AgentFrame.Result(
                result.agentId(),
                result.correlationId(),
                result.executionId(),
                result.status(),
                result.rc(),
                null,
                null,
                result.data(),
                result.truncated(),
                result.startedAt(),
                result.finishedAt(),
                result.durationMs(),
                result.error(),
                result.traceparent());
    }
}
