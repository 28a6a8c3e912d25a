package io.viworks.agent.connection;

import io.viworks.agent.journal.Entry;
import io.viworks.agent.journal.Journal;
import io.viworks.agent.log.AgentLog;
import io.viworks.agent.run.CommandExecutor;
import io.viworks.agent.run.RunOutcome;
import io.viworks.agent.run.Warrant;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.ExecutionId;
import io.viworks.protocol.Traceparent;
import io.viworks.protocol.frame.AgentFrame.FrameError;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.ErrorCodes;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Commands from {@code accepted} to their end: nothing starts before {@code started} is on disk,
 * and no end is told before it is. Used on the loop only.
 */
final class Runs {
    private final AgentId agentId;
    private final Journal journal;
    private final CommandExecutor executor;
    private final ServerClock clock;
    private final Outbox outbox;
    private final Progress progress;
    private final Loop loop;
    private final AgentLog log;

    /** Accepted, but there was no place, or the disk did not take {@code started}: tried again. */
    private final Map<CorrelationId, Warrant> unstarted = new LinkedHashMap<>();

    /** Ended, but the disk did not take the RESULT: tried again. */
    private final Map<CorrelationId, Bytes> unwritten = new LinkedHashMap<>();

    /** With the trace of each. */
    private final Map<CorrelationId, Optional<Traceparent>> running = new HashMap<>();

    Runs(
            AgentId agentId,
            Journal journal,
            CommandExecutor executor,
            ServerClock clock,
            Outbox outbox,
            Progress progress,
            Loop loop,
            AgentLog log) {
        this.agentId = agentId;
        this.journal = journal;
        this.executor = executor;
        this.clock = clock;
        this.outbox = outbox;
        this.progress = progress;
        this.loop = loop;
        this.log = log;
    }

    /** Ends what an earlier life left begun. Before the first session. */
    void recover() {
        for (Entry entry : journal.entries()) {
            if (entry instanceof Entry.Started started) {
                executor.killLeftovers(started.correlationId());
                log.warn("run_interrupted")
                        .with("correlation_id", started.correlationId())
                        .say("a run was cut short by the end of the agent");
                write(started.correlationId(), Reports.interrupted(agentId, started, clock.now()));
            }
        }
    }

    /** Runs what the journal has as accepted. */
    void begin(Warrant warrant, CommandExecutor.Place place) {
        Envelope envelope = warrant.envelope();
        CorrelationId id = envelope.correlationId();
        ExecutionId execution = new ExecutionId(UUID.randomUUID());
        try {
            journal.started(id, execution, clock.now());
        } catch (IOException e) {
            place.close();
            unstarted.put(id, warrant);
            journalFails(id, e);
            return;
        }
        unstarted.remove(id);
        Optional<Traceparent> trace = Traceparent.read(warrant.traceparent());
        running.put(id, trace);
        traced(log.info("run_started"), trace)
                .with("correlation_id", id)
                .with("verb", envelope.verb())
                .say("run started");
        try {
            place.start(
                    warrant, progress.begin(id), outcome -> loop.post(() -> finished(id, outcome)));
        } catch (RuntimeException e) {
            log.error("run_failed").with("correlation_id", id).because(e).say("cannot start it");
            ended(
                    id,
                    Reports.failed(
                            agentId,
                            started(id),
                            clock.now(),
                            new FrameError(ErrorCodes.EXEC_FAILED, "it could not be started"),
                            warrant.traceparent()));
        }
    }

    /** Whether its start is tried again without another COMMAND. */
    boolean isUnstarted(CorrelationId id) {
        return unstarted.containsKey(id);
    }

    /** Starts it when there is a place; the journal has it as accepted. */
    void later(Warrant warrant) {
        unstarted.put(warrant.envelope().correlationId(), warrant);
    }

    /** It will not be started any more. */
    void forget(CorrelationId id) {
        unstarted.remove(id);
    }

    /** Runs that have not ended, or whose ends are not on disk. */
    int open() {
        return running.size() + unwritten.size();
    }

    /** Tries again what the disk did not take. Called each second. */
    void retry() {
        Map.copyOf(unwritten).forEach(this::write);
        for (Warrant warrant : Map.copyOf(unstarted).values()) {
            executor.reserve().ifPresent(place -> begin(warrant, place));
        }
    }

    private void finished(CorrelationId id, RunOutcome outcome) {
        FrameError error = outcome.error();
        Optional<Traceparent> trace = running.getOrDefault(id, Optional.empty());
        traced(log.info("run_finished"), trace)
                .with("correlation_id", id)
                .with("rc", outcome.rc() == null ? "none" : outcome.rc())
                .with("error", error == null ? "none" : error.code())
                .say("run finished");
        ended(
                id,
                Reports.of(
                        agentId,
                        started(id),
                        outcome,
                        clock.skew(),
                        trace.map(Traceparent::text).orElse(null)));
    }

    private static AgentLog.Line traced(AgentLog.Line line, Optional<Traceparent> trace) {
        return trace.map(one -> line.with("trace_id", one.traceId())).orElse(line);
    }

    private Entry.Started started(CorrelationId id) {
        if (journal.find(id).orElse(null) instanceof Entry.Started started) {
            return started;
        }
        throw new IllegalStateException(id + " has ended already");
    }

    private void ended(CorrelationId id, Bytes frame) {
        running.remove(id);
        progress.end(id);
        write(id, frame);
    }

    private void write(CorrelationId id, Bytes frame) {
        try {
            journal.finished(id, clock.now(), frame);
        } catch (IOException e) {
            unwritten.put(id, frame);
            journalFails(id, e);
            return;
        }
        unwritten.remove(id);
        outbox.send(id);
    }

    private void journalFails(CorrelationId id, IOException e) {
        log.error("journal_unwritable")
                .with("correlation_id", id)
                .because(e)
                .say("the journal's disk does not take this; it is tried again");
    }
}
