package io.viworks.admin.event.live;

import io.viworks.admin.command.FollowedCommands;
import io.viworks.admin.command.FollowedCommands.Followed;
import io.viworks.backplane.WorldAway;
import io.viworks.backplane.stream.CommandEvent;
import io.viworks.backplane.stream.StreamIds;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamRecord.OfEvents;
import io.viworks.backplane.stream.StreamRecord.OfOutput;
import io.viworks.ledger.CommandState;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.Redaction;
import io.viworks.protocol.frame.AgentFrame;
import io.viworks.protocol.frame.AgentFrame.OutputStreamName;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.FrameCodec;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * One reader who follows a command: its states and its live output, and at last how it ended. For
 * the thread that serves it.
 */
final class OutputSession {
    /** The id of the last event: whoever comes again with it has seen all. */
    static final String END = "end";

    /** Between two looks at the row, for what was not told. */
    private static final Duration LOOK = Duration.ofSeconds(5);

    /** How much the clocks of Redis and of Postgres may differ. */
    private static final Duration CLOCKS = Duration.ofMinutes(1);

    /** How long the end waits for output that was written before it. */
    private static final Duration LAST_OUTPUT = Duration.ofSeconds(5);

    private final Parts parts;
    private final Listener listener;
    private final SseOut out;
    private final AgentId agent;
    private final CorrelationId command;
    private final Semaphore wake = new Semaphore(0);
    private final Map<OutputStreamName, LiveText> texts = new EnumMap<>(OutputStreamName.class);
    private Followed row;
    private @Nullable State told;
    private @Nullable String from;

    /** The last piece that was shown in this session. */
    private @Nullable String seen;

    private boolean wrote;
    private boolean lookNow;
    private long lookedAt = System.nanoTime();

    /** What such sessions are made of. */
    record Parts(
            Feed<OfEvents> changes,
            Feed<OfOutput> output,
            FollowedCommands commands,
            FrameCodec codec,
            Redaction redaction,
            Shown shown,
            EventSettings settings) {}

    /** The command has come into a state. */
    record State(
            Instant ts,
            String state,
            @Nullable String endedBy,
            @Nullable String errorCode,
            int attempt) {}

    /**
     * A piece of output.
     *
     * @param stream {@code stdout} or {@code stderr}
     * @param seq of the piece that completed it; pieces that were lost are missing in it
     */
    record Output(String stream, @Nullable Long seq, String text) {}

    OutputSession(
            Parts parts,
            Listener listener,
            SseOut out,
            AgentId agent,
            CorrelationId command,
            Followed row,
            @Nullable String from) {
        this.parts = parts;
        this.listener = listener;
        this.out = out;
        this.agent = agent;
        this.command = command;
        this.row = row;
        this.from = from;
        for (OutputStreamName stream : OutputStreamName.values()) {
            texts.put(stream, new LiveText(parts.redaction()));
        }
    }

    /** Every piece of output of one gateway. */
    private record OutputOf(AgentId agent) implements Interest<OfOutput> {
        @Override
        public boolean needsSites() {
            return false;
        }

        @Override
        public boolean wants(OfOutput record, Map<AgentId, String> sites) {
            return record.agentId().equals(agent);
        }
    }

    /**
     * Writes until there is an end; empty when that was the command's.
     *
     * @throws IOException when the reader has gone, or takes nothing
     */
    Optional<EventSession.End> run() throws IOException, InterruptedException {
        try (Subscription<OfEvents> moves =
                        parts.changes()
                                .subscribe(
                                        EventInterest.of(listener.caller(), agent, command),
                                        null,
                                        wake);
                Subscription<OfOutput> pieces =
                        parts.output().subscribe(new OutputOf(agent), null, wake)) {
            pieces.restart(begin());
            tell(row.state(), row.since(), row.endedBy(), row.errorCode(), row.attempt());
            long endsAt = 0;
            while (true) {
                Optional<EventSession.End> end = mustEnd(moves, pieces);
                if (end.isPresent()) {
                    return end;
                }
                boolean more = follow(moves);
                more |= show(pieces);
                if (!look()) {
                    return Optional.of(EventSession.End.RIGHTS);
                }
                if (row.state().terminal()) {
                    long now = System.nanoTime();
                    endsAt = endsAt == 0 ? now + LAST_OUTPUT.toNanos() : endsAt;
                    if (now - endsAt >= 0 || hasAll(pieces)) {
                        end();
                        return Optional.empty();
                    }
                }
                flush();
                if (!more) {
                    await(moves, pieces);
                }
            }
        }
    }

    /** A place before all that the command can have said. */
    private String begin() {
        return row.issuedAt().minus(CLOCKS).toEpochMilli() + "-0";
    }

    private Optional<EventSession.End> mustEnd(
            Subscription<OfEvents> moves, Subscription<OfOutput> pieces) {
        if (parts.changes().closed()) {
            return Optional.of(EventSession.End.CLOSED);
        }
        if (moves.tooSlow() || pieces.tooSlow()) {
            return Optional.of(EventSession.End.SLOW);
        }
        return listener.mayListen() ? Optional.empty() : Optional.of(EventSession.End.RIGHTS);
    }

    /** Tells the states that were told on the stream of changes. */
    private boolean follow(Subscription<OfEvents> moves) throws IOException {
        for (Item<OfEvents> item = moves.poll(); item != null; item = moves.poll()) {
            moved(item.record());
        }
        if (!moves.behind()) {
            return false;
        }
        try {
            switch (moves.step()) {
                case Subscription.Step.Missed<OfEvents> missed -> {
                    for (Item<OfEvents> item : missed.items()) {
                        moved(item.record());
                    }
                    return missed.more();
                }
                case Subscription.Step.Begun<OfEvents> _ -> lookNow = true;
                case Subscription.Step.Gap<OfEvents> _ -> moves.restart(null);
                case Subscription.Step.Waiting<OfEvents> _ -> {
                    return false;
                }
            }
            return true;
        } catch (WorldAway | DataAccessException | TransactionException away) {
            return false;
        }
    }

    private void moved(OfEvents event) throws IOException {
        if (event instanceof CommandEvent moved) {
            CommandState state = CommandState.valueOf(moved.state());
            tell(state, moved.ts(), moved.endedBy(), moved.errorCode(), moved.attempt());
            lookNow |= state.terminal();
        } else {
            lookNow = true;
        }
    }

    /** Tells a state that is news: what was said before a state that is known says nothing. */
    private void tell(
            CommandState state,
            Instant ts,
            @Nullable String endedBy,
            @Nullable String errorCode,
            int attempt)
            throws IOException {
        State before = told;
        if (before != null) {
            CommandState was = CommandState.valueOf(before.state());
            boolean back =
                    state == CommandState.QUEUED
                            && was == CommandState.DISPATCHED
                            && ts.isAfter(before.ts());
            boolean other = was.terminal() && state.terminal() && was != state;
            boolean sentAgain = attempt > before.attempt() && !was.terminal();
            if (state.rank() <= was.rank() && !back && !other && !sentAgain) {
                return;
            }
        }
        told = new State(ts, state.name(), endedBy, errorCode, attempt);
        event(null, "state", told);
    }

    /**
     * Looks at the row when there is a reason to; false when it is not for this reader any more.
     */
    private boolean look() throws IOException {
        if (!lookNow && System.nanoTime() - lookedAt < LOOK.toNanos()) {
            return true;
        }
        lookedAt = System.nanoTime();
        try {
            Optional<Followed> found = parts.commands().find(listener.caller(), agent, command);
            lookNow = false;
            if (found.isEmpty()) {
                return false;
            }
            row = found.get();
        } catch (DataAccessException | TransactionException away) {
            return true; // looked at again a little later
        }
        tell(row.state(), row.since(), row.endedBy(), row.errorCode(), row.attempt());
        return true;
    }

    private boolean show(Subscription<OfOutput> pieces) throws IOException {
        for (Item<OfOutput> item = pieces.poll(); item != null; item = pieces.poll()) {
            piece(item);
        }
        if (!pieces.behind()) {
            return false;
        }
        try {
            switch (pieces.step()) {
                case Subscription.Step.Missed<OfOutput> missed -> {
                    for (Item<OfOutput> item : missed.items()) {
                        piece(item);
                    }
                    return missed.more();
                }
                case Subscription.Step.Gap<OfOutput> _ -> {
                    pieces.restart(StreamIds.FIRST);
                    forget();
                    return true;
                }
                case Subscription.Step.Begun<OfOutput> _ -> {
                    return true;
                }
                case Subscription.Step.Waiting<OfOutput> _ -> {
                    return false;
                }
            }
        } catch (WorldAway away) {
            return false;
        }
    }

    /** Not all of it is kept any more: what is, is shown from its beginning. */
    private void forget() throws IOException {
        boolean wasShown = told != null && seen != null;
        texts.replaceAll((_, _) -> new LiveText(parts.redaction()));
        if (wasShown || (from != null && !parts.output().keeps(from))) {
            from = null;
            seen = null;
            event(null, "reset", new Shown.Reset("gap"));
        }
    }

    private void piece(Item<OfOutput> item) throws IOException {
        if (!(item.record() instanceof StreamRecord.Progress record)) {
            return;
        }
        AgentFrame frame;
        try {
            frame = parts.codec().decodeAgent(record.frame().array(), record.ts());
        } catch (BadFrame e) {
            return;
        }
        if (!(frame instanceof AgentFrame.Progress progress)
                || !progress.correlationId().equals(command)) {
            return;
        }
        LiveText live = texts.get(progress.stream());
        String text = live == null ? "" : live.add(progress.chunk());
        String last = from;
        if (text.isEmpty() || (last != null && StreamIds.ORDER.compare(item.id(), last) <= 0)) {
            return; // nothing to show yet, or shown before its reader came again
        }
        seen = item.id();
        output(item.id(), progress.stream(), progress.seq(), text);
    }

    private void output(
            @Nullable String id, OutputStreamName stream, @Nullable Long seq, String text)
            throws IOException {
        event(id, "output", new Output(stream.name().toLowerCase(Locale.ROOT), seq, text));
    }

    /** Whether all that was written before now was shown; also when nobody can say. */
    private boolean hasAll(Subscription<OfOutput> pieces) {
        try {
            String upTo = pieces.upTo();
            return upTo != null && !parts.output().isBeyond(upTo);
        } catch (WorldAway away) {
            return true;
        }
    }

    private void end() throws IOException {
        for (Map.Entry<OutputStreamName, LiveText> live : texts.entrySet()) {
            String rest = live.getValue().end();
            if (!rest.isEmpty()) {
                output(null, live.getKey(), null, rest);
            }
        }
        event(END, "end", row.view());
        out.flush();
    }

    private void event(@Nullable String id, String name, Object data) throws IOException {
        out.event(id, name, parts.shown().of(data));
        wrote = true;
    }

    private void flush() throws IOException {
        if (!wrote && out.silence().compareTo(parts.settings().heartbeat()) >= 0) {
            out.heartbeat(null);
            wrote = true;
        }
        if (wrote) {
            out.flush();
            wrote = false;
        }
    }

    private void await(Subscription<OfEvents> moves, Subscription<OfOutput> pieces)
            throws InterruptedException {
        long ms = parts.settings().heartbeat().minus(out.silence()).toMillis();
        ms = Math.min(ms, Listener.EVERY.toMillis());
        if (moves.behind() || pieces.behind() || lookNow || row.state().terminal()) {
            ms = Math.min(ms, 100);
        }
        boolean _ = wake.tryAcquire(Math.max(1, ms), TimeUnit.MILLISECONDS);
        wake.drainPermits();
    }
}
