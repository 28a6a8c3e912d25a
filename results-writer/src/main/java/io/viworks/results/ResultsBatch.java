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
import io.viworks.ledger.CommandState;
import io.viworks.ledger.LedgerEvent;
import io.viworks.ledger.Moves;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.frame.BadFrame;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
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

    /** What the histograms of steps tell apart: a command runs for an hour at most. */
    private static final Duration LONGEST_STEP = Duration.ofHours(1);

    /** What the histogram of their appearance tells apart. */
    private static final Duration LONGEST_VISIBLE = Duration.ofMinutes(10);

    /** A dispatch, an ACK: what is worth a transaction of its own only when nothing follows. */
    private static final Duration PATIENCE = Duration.ofMillis(5);

    private final Moves moves;
    private final Reading reading;
    private final Sender sender;
    private final OlderPending olderPending;
    private final MoveEvents moveEvents;
    private final LedgerSteps steps;
    private final InstantSource clock;
    private final MeterRegistry meters;
    private final Counter written;
    private final Counter duplicate;
    private final Counter foreign;
    private final Counter doubleRuns;
    private final Timer duration;
    private final Timer visible;

    ResultsBatch(
            Moves moves,
            Reading reading,
            Sender sender,
            OlderPending olderPending,
            MoveEvents moveEvents,
            LedgerSteps steps,
            InstantSource clock,
            MeterRegistry meters) {
        this.moves = moves;
        this.reading = reading;
        this.sender = sender;
        this.olderPending = olderPending;
        this.moveEvents = moveEvents;
        this.steps = steps;
        this.clock = clock;
        this.meters = meters;
        this.written = outcome("written");
        this.duplicate = outcome("duplicate");
        this.foreign = outcome("foreign");
        this.duration = meters.timer("viw.results.batch.duration");
        this.doubleRuns = meters.counter("viw.commands.double.runs");
        this.visible =
                Timer.builder("viw.results.visible")
                        .publishPercentileHistogram()
                        .minimumExpectedValue(Duration.ofMillis(1))
                        .maximumExpectedValue(LONGEST_VISIBLE)
                        .register(meters);
        Ends.register(meters);
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
        Set<String> unjudged = judgeUnknown(events.only(applied.unknown()), events);
        count(batch.size() - unjudged.size(), applied);
        appeared(batch, unjudged);
        follow(applied);
        if (!unjudged.isEmpty()) {
            throw new NotYet(unjudged);
        }
    }

    @Override
    public Duration patience() {
        return PATIENCE;
    }

    /** A quick command's RESULT follows its ACK at once; ends and releases wait for nothing. */
    @Override
    public boolean mayWait(StreamRecord.OfResults record) {
        return switch (record) {
            case StreamRecord.Dispatched _, StreamRecord.Ack _, StreamRecord.JobStatus _ -> true;
            case StreamRecord.Released _, StreamRecord.Result _ -> false;
        };
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
        Instant since = clock.instant();
        try {
            Moves.Applied applied =
                    World.<Moves.Applied, BadFrame>database(() -> moves.apply(events.events()));
            tell(applied);
            steps.wrote(applied.moved(), since, clock.instant());
            return applied;
        } finally {
            duration.record(Duration.ofNanos(System.nanoTime() - start));
        }
    }

    /** At once, for a batch that is read again has moved nothing any more. */
    private void tell(Moves.Applied applied) {
        moveEvents.tell(applied.moved().stream().map(Moves.Change::moved).toList());
    }

    /**
     * Events without a row: the record that makes the row may be in other hands (spec 3.1). What
     * nothing older is pending before is looked at once more, and is foreign then.
     *
     * @return entries that cannot be judged yet
     */
    private Set<String> judgeUnknown(Events unknown, Events all)
            throws BadFrame, InterruptedException {
        Set<String> mine = unknown.ids().isEmpty() ? Set.of() : new HashSet<>(all.ids());
        Set<String> unjudged = new LinkedHashSet<>();
        List<Integer> judged = new ArrayList<>();
        for (int place = 0; place < unknown.events().size(); place++) {
            String id = unknown.ids().get(place);
            if (waitsForItsRow(unknown.events().get(place))
                    && (unjudged.contains(id) || World.redis(olderPending.elsewhere(id, mine)))) {
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
            Ends.count(change.moved(), meters);
            measure(change);
            if (change.moved().state().terminal()) {
                log.atInfo()
                        .addKeyValue("event", "command_ended")
                        .addKeyValue("agent_id", change.moved().agentId())
                        .addKeyValue("correlation_id", change.moved().correlationId())
                        .log("{} {}", change.moved().verb(), change.moved().state());
            }
        }
        if (applied.doubleRuns() > 0) {
            doubleRuns.increment(applied.doubleRuns());
            log.atError()
                    .addKeyValue("event", "double_run")
                    .log("{} commands were run twice; see agent_events", applied.doubleRuns());
        }
    }

    /** How long each step took that this batch has seen; a quick command's are all in one. */
    private void measure(Moves.Change change) {
        int from = change.from().rank();
        int to = change.moved().state().rank();
        if (passed(CommandState.DISPATCHED, from, to)) {
            latency("dispatched", change.issuedAt(), change.dispatchedAt());
        }
        if (passed(CommandState.ACKED, from, to)) {
            latency("acked", change.dispatchedAt(), change.ackedAt());
        }
        if (change.moved().state().terminal()) {
            latency("finished", change.ackedAt(), change.finishedAt());
        }
    }

    private static boolean passed(CommandState state, int from, int to) {
        return from < state.rank() && state.rank() <= to;
    }

    /** How long after their arrival at a bridge results are in the ledger. */
    private void appeared(List<Entry<StreamRecord.OfResults>> batch, Set<String> unjudged) {
        Instant now = clock.instant();
        for (Entry<StreamRecord.OfResults> entry : batch) {
            if (entry.record() instanceof StreamRecord.Result result
                    && !unjudged.contains(entry.id())) {
                visible.record(Duration.between(result.ts(), now));
            }
        }
    }

    private void latency(String step, @Nullable Instant from, @Nullable Instant to) {
        if (from != null && to != null && !to.isBefore(from)) {
            Timer.builder("viw.commands.latency")
                    .tag("step", step)
                    .publishPercentileHistogram()
                    .minimumExpectedValue(Duration.ofMillis(1))
                    .maximumExpectedValue(LONGEST_STEP)
                    .register(meters)
                    .record(Duration.between(from, to));
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
            tell(applied);
            follow(applied);
        }
    }
}
