package io.viworks.agent.connection;

import io.viworks.agent.connection.Wire.Urgency;
import io.viworks.agent.journal.Entry;
import io.viworks.agent.journal.Journal;
import io.viworks.agent.journal.ResultFrames;
import io.viworks.agent.log.AgentLog;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.Limits;
import io.viworks.protocol.frame.BridgeFrame.ResultAck;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sends ends out of the journal until a bridge has said that Redis has them (spec 2.3), again after
 * {@link #FIRST_PAUSE} and then ever more rarely, a few at a time and no faster than the bridge
 * reads. Used on the loop only.
 */
final class Outbox {
    /** How long a RESULT waits for its RESULT_ACK before it goes again. */
    static final Duration FIRST_PAUSE = Duration.ofSeconds(30);

    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    /** Below what a bridge takes: 1 MiB/s. */
    private static final double BYTES_PER_SECOND = 768 * 1024;

    private final Journal journal;
    private final Wire wire;
    private final Time time;
    private final AgentLog log;
    private final Bucket bytes;
    private final Map<CorrelationId, Sending> waiting = new LinkedHashMap<>();

    Outbox(Journal journal, Wire wire, Time time, AgentLog log) {
        this.journal = journal;
        this.wire = wire;
        this.time = time;
        this.log = log;
        this.bytes = new Bucket(BYTES_PER_SECOND, BYTES_PER_SECOND, time);
    }

    /**
     * One RESULT on its way.
     *
     * @param dueNanos when it is to go (again)
     * @param tries how often it went in this session
     */
    private record Sending(long dueNanos, int tries) {
        boolean out(long now) {
            return tries > 0 && dueNanos - now > 0;
        }
    }

    /** A new session: all that is unconfirmed is due. */
    void welcomed() {
        waiting.clear();
        journal.unconfirmed().forEach(entry -> add(entry.correlationId()));
        pump();
    }

    /** A new end, or one that is asked for again. */
    void send(CorrelationId id) {
        add(id);
        pump();
    }

    /** As {@link #send}, but behind what the caller still has to say: it pumps itself. */
    void sendAfter(CorrelationId id) {
        add(id);
    }

    /** A bridge says that Redis has it. */
    void confirmed(ResultAck ack) {
        CorrelationId id = ack.correlationId();
        if (journal.find(id).orElse(null) instanceof Entry.Finished finished
                && ack.executionId() != null
                && !finished.executionId().equals(ack.executionId())) {
            return; // another life's run, of which this journal knows nothing
        }
        journal.confirmed(id);
        waiting.remove(id);
        pump();
    }

    /** RESULTs that were sent and may yet be confirmed before they are due again. */
    long out() {
        long now = time.nanos();
        return waiting.values().stream().filter(sending -> sending.out(now)).count();
    }

    /** Whether nothing waits for a confirmation. */
    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** Sends what may go now. Called again each second. */
    void pump() {
        while (wire.live() && wire.roomFor(Urgency.RESULT) && bytes.open()) {
            CorrelationId next = next();
            if (next == null) {
                return;
            }
            transmit(next);
        }
    }

    private void add(CorrelationId id) {
        waiting.put(id, new Sending(time.nanos(), 0));
    }

    private @Nullable CorrelationId next() {
        long now = time.nanos();
        if (out() >= Limits.MAX_UNCONFIRMED_RESULTS) {
            return null;
        }
        return waiting.entrySet().stream()
                .filter(entry -> entry.getValue().dueNanos() - now <= 0)
                .min(Comparator.comparingLong(entry -> entry.getValue().dueNanos() - now))
                .map(Map.Entry::getKey)
                .orElse(null);
    }

    private void transmit(CorrelationId id) {
        if (!(journal.find(id).orElse(null) instanceof Entry.Finished finished)) {
            waiting.remove(id);
            return;
        }
        int tries = waiting.getOrDefault(id, new Sending(0, 0)).tries();
        waiting.put(id, new Sending(time.nanos() + pause(tries).toNanos(), tries + 1));
        try {
            Bytes frame = fitting(journal.result(finished), finished);
            bytes.take(frame.length());
            wire.send(frame);
            log.debug("result_sent").with("correlation_id", id).say("RESULT sent");
        } catch (IOException e) {
            log.error("journal_unreadable")
                    .with("correlation_id", id)
                    .because(e)
                    .say("a result cannot be read; it is tried again");
        }
    }

    /** Without its outputs if need be: the end itself is what must arrive. */
    private Bytes fitting(Bytes frame, Entry.Finished finished) {
        Bytes fitting = frame;
        int outputs = Limits.MAX_OUTPUT_BYTES;
        while (fitting.length() > wire.frameLimit() && outputs > 0) {
            outputs = outputs > 512 ? outputs / 2 : 0;
            fitting = ResultFrames.cut(frame, finished.finishedAt(), outputs);
        }
        return fitting;
    }

    private static Duration pause(int tries) {
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(tries, 5));
        return pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    }
}
