package io.viworks.ledger;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.frame.ErrorCodes;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.verb.VerbCatalogue;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Moves the ledger by what agents and bridges say: a batch in one transaction, with one statement
 * per table. Applying a batch again changes nothing. Thread-safe, and for as many processes as
 * there are: rows are locked in one order.
 */
public final class Moves {
    private final TransactionOperations transaction;
    private final CommandRows commands;
    private final ResultRows results;
    private final SecurityEvents events;
    private final Transitions transitions;
    private final LedgerLimits limits;
    private final JdbcOperations operations;
    private final VerbCatalogue verbs;
    private final FrameCodec codec = new FrameCodec();

    public Moves(
            JdbcOperations operations,
            TransactionOperations transaction,
            LedgerLimits limits,
            VerbCatalogue verbs) {
        JdbcClient jdbc = JdbcClient.create(operations);
        this.operations = operations;
        this.transaction = transaction;
        this.limits = limits;
        this.verbs = verbs;
        this.commands = new CommandRows(jdbc);
        this.results = new ResultRows(jdbc);
        this.events = new SecurityEvents(jdbc);
        this.transitions = new Transitions(limits);
    }

    /**
     * What a batch has done.
     *
     * @param moved commands with their new states, those that have changed theirs
     * @param freed gateways with room, or something to send again, since this batch
     * @param asks what is to be said to agents at once
     * @param unknown indexes of events there is no row for: no such command for this agent
     * @param duplicates how many events changed nothing
     */
    public record Applied(
            List<Change> moved,
            Set<AgentId> freed,
            List<CommandAsk> asks,
            List<Integer> unknown,
            int duplicates,
            int doubleRuns) {}

    /**
     * A command that came into another state, with its times, for whoever measures.
     *
     * @param from the state it was in: a batch may take it past several
     */
    public record Change(
            Moved moved,
            CommandState from,
            Instant issuedAt,
            @Nullable Instant dispatchedAt,
            @Nullable Instant ackedAt,
            @Nullable Instant finishedAt) {}

    /** Something to be said about a command to the journal it is at. */
    public record CommandAsk(
            CorrelationId correlationId,
            AgentId agentId,
            Instant at,
            Instant expiresAt,
            @Nullable InstanceUid instance,
            boolean onlyIfIdle) {}

    /**
     * Applies a batch, in the order it was read.
     *
     * @throws BadFrame when an envelope made of a hand-made record cannot be read
     */
    public Applied apply(List<LedgerEvent> batch) throws BadFrame {
        List<CommandRows.HandMade> made = handMade(batch);
        return Objects.requireNonNull(
                transaction.execute(_ -> {
                    commands.make(made);
                    return move(batch);
                }));
    }

    /** Tells of RESULTs nobody asked for, once per agent. */
    public void tellForeign(Map<AgentId, Integer> perAgent) {
        transaction.executeWithoutResult(_ -> events.foreignResults(perAgent));
    }

    private List<CommandRows.HandMade> handMade(List<LedgerEvent> batch) throws BadFrame {
        Map<CorrelationId, CommandRows.HandMade> made = new LinkedHashMap<>();
        for (LedgerEvent event : batch) {
            Bytes envelope = event.envelope();
            if (envelope != null && !made.containsKey(event.correlationId())) {
                made.put(event.correlationId(), handMade(event, envelope));
            }
        }
        return List.copyOf(made.values());
    }

    private CommandRows.HandMade handMade(LedgerEvent event, Bytes bytes) throws BadFrame {
        Envelope envelope = codec.decodeEnvelope(bytes.array());
        return new CommandRows.HandMade(
                event,
                envelope.verb(),
                verbs.find(envelope.verb())
                        .map(verb -> verb.masked(envelope.args()).toString())
                        .orElse("{}"),
                envelope.issuedBy(),
                envelope.issuedAt(),
                envelope.expiresAt(),
                envelope.expiresAt().plusSeconds(envelope.timeoutS()).plus(limits.outcomeGrace()),
                envelope.timeoutS());
    }

    private Applied move(List<LedgerEvent> batch) {
        Set<CorrelationId> ids = new LinkedHashSet<>();
        batch.forEach(event -> ids.add(event.correlationId()));
        CommandRows.Locked locked = commands.lock(ids);
        Set<ResultRows.Run> stored = new HashSet<>(results.known(repeated(batch, locked.rows())));
        Fold fold = new Fold(locked.rows(), stored, locked.now());
        order(batch).forEach(place -> fold.take(place, batch.get(place)));
        RoundTrip trip = new RoundTrip();
        CommandRows.write(fold.changes(), trip);
        ResultRows.store(fold.results, trip);
        trip.make(operations);
        events.alarms(fold.alarms);
        return fold.applied();
    }

    /** Runs that may be stored already: a row is ended by its RESULT as that is stored. */
    private static List<ResultRows.Run> repeated(
            List<LedgerEvent> batch, Map<CorrelationId, CommandRow> rows) {
        List<ResultRows.Run> runs = new ArrayList<>();
        for (LedgerEvent event : batch) {
            CommandRow row = rows.get(event.correlationId());
            if (event instanceof LedgerEvent.Finished finished
                    && row != null
                    && row.endedBy() == EndedBy.RESULT) {
                runs.add(
                        new ResultRows.Run(
                                finished.correlationId(), finished.result().executionId()));
            }
        }
        return runs;
    }

    /** All releases first, by their attempts; the rest as it was said (spec 3.5). */
    private static List<Integer> order(List<LedgerEvent> batch) {
        List<Integer> order = new ArrayList<>(batch.size());
        for (int place = 0; place < batch.size(); place++) {
            order.add(place);
        }
        order.sort(Comparator.comparingInt(place -> releaseOf(batch.get(place))));
        return order;
    }

    private static int releaseOf(LedgerEvent event) {
        return switch (event) {
            case LedgerEvent.Released released -> released.attempt();
            case LedgerEvent.Refused refused when ErrorCodes.NOT_AN_END.contains(refused.code()) ->
                    refused.attempt();
            case LedgerEvent.Refused _,
                    LedgerEvent.Dispatched _,
                    LedgerEvent.Acknowledged _,
                    LedgerEvent.Reported _,
                    LedgerEvent.Finished _ ->
                    Integer.MAX_VALUE;
        };
    }

    /** One batch on its way through the rows it touches. */
    private final class Fold {
        private final Map<CorrelationId, CommandRow> before;
        private final Map<CorrelationId, CommandRow> after;
        private final Set<ResultRows.Run> stored;
        private final Instant now;
        private final List<ResultRows.Stored> results = new ArrayList<>();
        private final List<SecurityEvents.Alarm> alarms = new ArrayList<>();
        private final List<CommandAsk> asks = new ArrayList<>();
        private final List<Integer> unknown = new ArrayList<>();
        private int duplicates;

        Fold(Map<CorrelationId, CommandRow> before, Set<ResultRows.Run> stored, Instant now) {
            this.before = before;
            this.after = new LinkedHashMap<>(before);
            this.stored = stored;
            this.now = now;
        }

        void take(int place, LedgerEvent event) {
            CommandRow row = after.get(event.correlationId());
            if (row == null || !row.agentId().equals(event.agentId())) {
                unknown.add(place);
                return;
            }
            if (event instanceof LedgerEvent.Finished finished
                    && !stored.add(
                            new ResultRows.Run(
                                    finished.correlationId(), finished.result().executionId()))) {
                duplicates++;
                return;
            }
            Step step = transitions.apply(row, event, now);
            if (step.row().equals(row) && !(event instanceof LedgerEvent.Finished)) {
                duplicates++;
            }
            after.put(row.correlationId(), step.row());
            if (event instanceof LedgerEvent.Finished finished) {
                results.add(new ResultRows.Stored(row, finished.result(), step.late()));
            }
            Step.Alarm alarm = step.alarm();
            if (alarm != null) {
                alarms.add(new SecurityEvents.Alarm(alarm, row));
            }
            Step.Ask ask = step.ask();
            if (ask != null) {
                asks.add(
                        new CommandAsk(
                                row.correlationId(),
                                row.agentId(),
                                now,
                                row.expiresAt(),
                                row.instance(),
                                ask == Step.Ask.STOP_IF_NOT_STARTED));
            }
        }

        List<CommandRows.Change> changes() {
            return before.values().stream()
                    .map(row ->
                            new CommandRows.Change(
                                    row, Objects.requireNonNull(after.get(row.correlationId()))))
                    .toList();
        }

        Applied applied() {
            List<Change> moved = new ArrayList<>();
            Set<AgentId> freed = new LinkedHashSet<>();
            for (CommandRows.Change change : changes()) {
                CommandRow row = change.after();
                if (row.state() != change.before().state()) {
                    moved.add(
                            new Change(
                                    row.moved(),
                                    change.before().state(),
                                    row.issuedAt(),
                                    row.dispatchedAt(),
                                    row.ackedAt(),
                                    row.finishedAt()));
                }
                if (row.ended() != change.before().ended()
                        || row.released() != change.before().released()) {
                    freed.add(row.agentId());
                }
            }
            int doubleRuns =
                    (int) alarms.stream().filter(a -> a.alarm() == Step.Alarm.DOUBLE_RUN).count();
            return new Applied(moved, freed, asks, unknown, duplicates, doubleRuns);
        }
    }
}
