package io.viworks.agent.journal;

import io.viworks.protocol.CorrelationId;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the notes add up to. A note about an unknown command, or out of turn, changes nothing. */
final class JournalState {
    /** What an entry takes in the file beside its result, rounded up. */
    private static final int ENTRY_BYTES = 256;

    private final Map<CorrelationId, Entry> entries = new LinkedHashMap<>();
    private final Map<UUID, CorrelationId> nonces = new HashMap<>();
    private Instant horizon = Instant.EPOCH;
    private long liveBytes;
    private int fullResults;
    private int pending;

    Map<CorrelationId, Entry> entries() {
        return Collections.unmodifiableMap(entries);
    }

    Map<UUID, CorrelationId> nonces() {
        return Collections.unmodifiableMap(nonces);
    }

    Instant horizon() {
        return horizon;
    }

    /** Bytes a file with nothing dead in it would take, rounded up. */
    long liveBytes() {
        return liveBytes;
    }

    /** Results that have their outputs. */
    int fullResults() {
        return fullResults;
    }

    /** Commands whose end is still to come. */
    int pending() {
        return pending;
    }

    /**
     * Takes a note in.
     *
     * @param frameAt where the RESULT of a finished one stands in the file
     * @return whether it changed anything
     */
    boolean apply(Note note, long frameAt) {
        return switch (note) {
            case Note.Head _ -> false;
            case Note.Horizon(Instant at) -> {
                horizon = at.isAfter(horizon) ? at : horizon;
                yield true;
            }
            case Note.Accepted(Entry.Order order, Instant at) ->
                    !entries.containsKey(order.correlationId())
                            && put(new Entry.Accepted(order, at));
            case Note.Started(CorrelationId id, var execution, Instant at) ->
                    entries.get(id) instanceof Entry.Accepted accepted
                            && put(new Entry.Started(accepted.order(), execution, at));
            case Note.Finished finished -> finish(finished, frameAt);
            case Note.Confirmed(CorrelationId id) ->
                    entries.get(id) instanceof Entry.Finished finished
                            && !finished.confirmed()
                            && put(confirmed(finished));
            case Note.Refused(Entry.Refused refused) -> refuse(refused);
        };
    }

    private boolean finish(Note.Finished note, long frameAt) {
        return entries.get(note.id()) instanceof Entry.Started started
                && put(
                        new Entry.Finished(
                                started.order(),
                                started.executionId(),
                                note.at(),
                                new Entry.Place(frameAt, note.frame().length()),
                                false,
                                note.stripped()));
    }

    private boolean refuse(Entry.Refused refused) {
        @Nullable Entry present = entries.get(refused.correlationId());
        return (present == null || present instanceof Entry.Accepted) && put(refused);
    }

    private static Entry.Finished confirmed(Entry.Finished entry) {
        return new Entry.Finished(
                entry.order(),
                entry.executionId(),
                entry.finishedAt(),
                entry.result(),
                true,
                entry.stripped());
    }

    private boolean put(Entry entry) {
        Entry before = entries.put(entry.correlationId(), entry);
        if (before != null) {
            count(before, -1);
        }
        count(entry, 1);
        UUID nonce = entry.nonce();
        if (nonce != null) {
            nonces.putIfAbsent(nonce, entry.correlationId());
        }
        return true;
    }

    void remove(Entry entry) {
        if (entries.remove(entry.correlationId(), entry)) {
            count(entry, -1);
            UUID nonce = entry.nonce();
            if (nonce != null) {
                nonces.remove(nonce, entry.correlationId());
            }
        }
    }

    private void count(Entry entry, int sign) {
        liveBytes += (long) sign * ENTRY_BYTES;
        switch (entry) {
            case Entry.Accepted _, Entry.Started _ -> pending += sign;
            case Entry.Finished finished -> {
                liveBytes += (long) sign * finished.result().length();
                fullResults += finished.stripped() ? 0 : sign;
            }
            case Entry.Refused refused -> liveBytes += (long) sign * refused.message().length() * 2;
        }
    }

    void clear() {
        become(new JournalState());
    }

    /** Takes over what another one holds. */
    void become(JournalState other) {
        entries.clear();
        entries.putAll(other.entries);
        nonces.clear();
        nonces.putAll(other.nonces);
        horizon = other.horizon;
        liveBytes = other.liveBytes;
        fullResults = other.fullResults;
        pending = other.pending;
    }
}
