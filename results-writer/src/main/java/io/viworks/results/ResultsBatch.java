package io.viworks.results;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.viworks.backplane.WorldAway;
import io.viworks.backplane.stream.BatchHandler;
import io.viworks.backplane.stream.Entry;
import io.viworks.backplane.stream.NotYet;
import io.viworks.backplane.stream.OlderPending;
import io.viworks.backplane.stream.SetAside;
import io.viworks.backplane.stream.SetAsideHook;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.ledger.LedgerEvent;
import io.viworks.ledger.Moves;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.frame.BadFrame;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves the ledger by a batch of {@code viw.command_results}, then sends what its ends and releases
 * made room for. Thread-safe.
 */
final class ResultsBatch
        implements BatchHandler<StreamRecord.OfResults>, SetAsideHook<StreamRecord.OfResults> {
    private static final Logger log = LoggerFactory.getLogger(ResultsBatch.class);

    private final Moves moves;
    private final Reading reading;
    private final Sender sender;
    private final OlderPending olderPending;
    private final MeterRegistry meters;
    private final Counter written;
    private final Counter duplicate;
    private final Counter foreign;
    private final Timer duration;

    ResultsBatch(
            Moves moves,
            Reading reading,
            Sender sender,
            OlderPending olderPending,
            MeterRegistry meters) {
        this.moves = moves;
        this.reading = reading;
        this.sender = sender;
        this.olderPending = olderPending;
        this.meters = meters;
        this.written = outcome("written");
        this.duplicate = outcome("duplicate");
        this.foreign = outcome("foreign");
        this.duration = meters.timer("viw.results.batch.duration");
    }

    private Counter outcome(String outcome) {
        return meters.counter("viw.results.records", "outcome", outcome);
    }

    /** The events of a batch, and which entry each is of. */
    private record Events(List<LedgerEvent> events, List<String> ids) {
        Events only(List<Integer> places) {
            return new Events(
                    places.stream().map(events::get).toList(),
                    places.stream().map(ids::get).toList());
        }
    }

    @Override
    public void handle(List<Entry<StreamRecord.OfResults>> batch)
            throws BadFrame, NotYet, InterruptedException {
        Events events = read(batch);
        Moves.Applied applied = apply(events);
        Set<String> unjudged = judgeUnknown(events.only(applied.unknown()));
        count(batch.size() - unjudged.size(), applied);
        follow(applied);
        if (!unjudged.isEmpty()) {
            throw new NotYet(unjudged);
        }
    }

    private Events read(List<Entry<StreamRecord.OfResults>> batch) throws BadFrame {
        Events events = new Events(new ArrayList<>(), new ArrayList<>());
        for (Entry<StreamRecord.OfResults> entry : batch) {
            for (LedgerEvent event : reading.events(entry.record())) {
                events.events().add(event);
                events.ids().add(entry.id());
            }
        }
        return events;
    }

    private Moves.Applied apply(Events events) throws BadFrame {
        long start = System.nanoTime();
        try {
            return World.<Moves.Applied, BadFrame>database(() -> moves.apply(events.events()));
        } finally {
            duration.record(Duration.ofNanos(System.nanoTime() - start));
        }
    }

    /**
     * Events without a row: the record that makes the row may be in another consumer's hands (spec
     * 3.1). What nothing older is pending before is looked at once more, and is foreign then.
     *
     * @return entries that cannot be judged yet
     */
    private Set<String> judgeUnknown(Events unknown) throws BadFrame, InterruptedException {
        Set<String> unjudged = new LinkedHashSet<>();
        List<Integer> judged = new ArrayList<>();
        for (int place = 0; place < unknown.events().size(); place++) {
            String id = unknown.ids().get(place);
            if (waitsForItsRow(unknown.events().get(place))
                    && (unjudged.contains(id) || World.redis(olderPending.elsewhere(id)))) {
                unjudged.add(id);
            } else {
                judged.add(place);
            }
        }
        if (!judged.isEmpty()) {
            Events again = unknown.only(judged);
            Moves.Applied applied = apply(again);
            follow(applied);
            tellForeign(again.only(applied.unknown()));
        }
        return unjudged;
    }

    private static boolean waitsForItsRow(LedgerEvent event) {
        return switch (event) {
            case LedgerEvent.Finished _, LedgerEvent.Acknowledged _, LedgerEvent.Refused _ -> true;
            case LedgerEvent.Dispatched _, LedgerEvent.Released _, LedgerEvent.Reported _ -> false;
        };
    }

    private void tellForeign(Events events) {
        Map<AgentId, Integer> results = new HashMap<>();
        for (LedgerEvent event : events.events()) {
            foreign.increment();
            if (event instanceof LedgerEvent.Finished) {
                results.merge(event.agentId(), 1, Integer::sum);
            }
        }
        if (!results.isEmpty()) {
            World.database(() -> {
                moves.tellForeign(results);
                return true;
            });
        }
    }

    private void count(int records, Moves.Applied applied) {
        int duplicates = Math.min(records, applied.duplicates());
        duplicate.increment(duplicates);
        written.increment(records - duplicates);
        for (Moves.Change change : applied.moved()) {
            meters.counter("viw.commands.moved", "state", change.moved().state().name())
                    .increment();
            Instant dispatched = change.dispatchedAt();
            switch (change.moved().state()) {
                case DISPATCHED -> latency("dispatched", change.issuedAt(), dispatched);
                case ACKED -> latency("acked", dispatched, change.ackedAt());
                case QUEUED -> {}
                case SUCCEEDED,
                        FAILED,
                        REJECTED,
                        EXPIRED,
                        EXEC_TIMED_OUT,
                        CANCELLED,
                        OUTCOME_UNKNOWN -> {
                    latency("finished", change.ackedAt(), change.finishedAt());
                    log.atInfo()
                            .addKeyValue("event", "command_ended")
                            .addKeyValue("agent_id", change.moved().agentId())
                            .addKeyValue("correlation_id", change.moved().correlationId())
                            .log("{} {}", change.moved().verb(), change.moved().state());
                }
            }
        }
        if (applied.doubleRuns() > 0) {
            meters.counter("viw.commands.double.runs").increment(applied.doubleRuns());
            log.atError()
                    .addKeyValue("event", "double_run")
                    .log("{} commands were run twice; see agent_events", applied.doubleRuns());
        }
    }

    private void latency(String step, @Nullable Instant from, @Nullable Instant to) {
        if (from != null && to != null && !to.isBefore(from)) {
            meters.timer("viw.commands.latency", "step", step).record(Duration.between(from, to));
        }
    }

    /** After the commit. What fails here the sweep makes good. */
    private void follow(Moves.Applied applied) throws InterruptedException {
        try {
            sender.ask(applied.asks());
            int _ = sender.serve(applied.freed());
        } catch (WorldAway away) {
            log.atDebug()
                    .addKeyValue("event", "send_later")
                    .addKeyValue("error", away.getMessage())
                    .log("the sweep sends what is next");
        }
    }

    /** A RESULT that cannot be stored still ends its row. */
    @Override
    public void settingAside(SetAside<StreamRecord.OfResults> letter)
            throws BadFrame, InterruptedException {
        if (letter.record() instanceof StreamRecord.Result result) {
            LedgerEvent end = reading.withoutContent(result);
            Moves.Applied applied =
                    World.<Moves.Applied, BadFrame>database(() -> moves.apply(List.of(end)));
            follow(applied);
        }
    }
}
