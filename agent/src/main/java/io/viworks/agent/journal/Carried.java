package io.viworks.agent.journal;

import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a new file must be told of an entry for the old file to be no longer needed. */
final class Carried {
    private Carried() {}

    /**
     * The notes that add up to the entry.
     *
     * @param from where its result stands; null when there is no file yet
     * @param strip whether its outputs are left behind
     */
    static List<Note> notes(Entry entry, @Nullable JournalFile from, boolean strip)
            throws IOException {
        return switch (entry) {
            case Entry.Accepted accepted ->
                    List.of(new Note.Accepted(accepted.order(), accepted.acceptedAt()));
            case Entry.Started started ->
                    List.of(
                            new Note.Accepted(started.order(), started.startedAt()),
                            new Note.Started(
                                    started.correlationId(),
                                    started.executionId(),
                                    started.startedAt()));
            case Entry.Finished finished -> {
                if (from == null) {
                    throw new IOException("a result without a file");
                }
                CorrelationId id = finished.correlationId();
                Instant at = finished.finishedAt();
                Bytes frame = from.read(finished.result());
                if (strip) {
                    frame = ResultFrames.cut(frame, at, 0);
                }
                List<Note> notes = new ArrayList<>();
                notes.add(new Note.Accepted(finished.order(), at));
                notes.add(new Note.Started(id, finished.executionId(), at));
                notes.add(new Note.Finished(id, at, strip || finished.stripped(), frame));
                if (finished.confirmed()) {
                    notes.add(new Note.Confirmed(id));
                }
                yield notes;
            }
            case Entry.Refused refused -> List.of(new Note.Refused(refused));
        };
    }
}
