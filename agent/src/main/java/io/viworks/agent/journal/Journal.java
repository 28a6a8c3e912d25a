package io.viworks.agent.journal;

import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.ExecutionId;
import io.viworks.protocol.InstanceUid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The agent's memory of commands (spec 6): whatever a method here wrote is on disk when it returns,
 * only confirmations go with the next write. An {@link IOException} means that nothing is known to
 * be written and nothing has changed. One thread at a time, which nobody may interrupt.
 *
 * <p>Damage in the middle of the file, which no crash makes, is answered by honesty: the file is
 * set aside, and a new journal with a new {@code instance_uid} begins, so that the ledger ends what
 * was out here as unknown instead of sending it again.
 */
public final class Journal implements AutoCloseable {
    private static final long SMALL_FILE = 1 << 20;

    private final JournalFolder folder;
    private final JournalBounds bounds;
    private final JournalState state = new JournalState();
    private final List<Note> lazy = new ArrayList<>();
    private final List<String> reports = new ArrayList<>();
    private @Nullable JournalFile file;
    private InstanceUid instance;

    private Journal(JournalFolder folder, JournalBounds bounds, InstanceUid instance) {
        this.folder = folder;
        this.bounds = bounds;
        this.instance = instance;
    }

    /**
     * Opens the journal in this folder, or begins one.
     *
     * @throws IOException also when another agent runs on this folder
     */
    public static Journal open(Path path, JournalBounds bounds, Instant now) throws IOException {
        JournalFolder folder = JournalFolder.lock(path);
        try {
            Journal journal = new Journal(folder, bounds, new InstanceUid(UUID.randomUUID()));
            journal.load(now);
            journal.tidy(now);
            return journal;
        } catch (IOException | RuntimeException e) {
            folder.close();
            throw e;
        }
    }

    private void load(Instant now) throws IOException {
        if (Files.exists(folder.journal())) {
            try {
                read();
                return;
            } catch (JournalFile.Damaged e) {
                state.clear();
                file = null;
                reports.add(
                        "the journal was %s; it is kept as %s, and a new instance begins"
                                .formatted(e.getMessage(), folder.setAside(now)));
            }
        } else if (folder.uid().isPresent()) {
            reports.add("the journal is gone from beside its instance_uid; a new instance begins");
        }
        rewrite();
        folder.writeUid(instance);
    }

    private void read() throws IOException {
        long size = Files.size(folder.journal());
        List<InstanceUid> heads = new ArrayList<>();
        JournalFile opened =
                JournalFile.open(
                        folder.journal(),
                        (offset, notes) -> {
                            for (Note.Placed placed : notes) {
                                if (placed.note() instanceof Note.Head(InstanceUid uid)) {
                                    heads.add(uid);
                                }
                                state.apply(placed.note(), offset + placed.frameAt());
                            }
                        });
        file = opened;
        if (heads.size() != 1) {
            opened.close();
            throw new JournalFile.Damaged("without a head");
        }
        instance = heads.getFirst();
        if (opened.size() < size) {
            reports.add("cut %d bytes of an unfinished write".formatted(size - opened.size()));
        }
        if (!folder.uid().equals(Optional.of(instance))) {
            folder.writeUid(instance);
        }
    }

    /** What was found on opening that people should know; empty after an ordinary start. */
    public List<String> reports() {
        return List.copyOf(reports);
    }

    public InstanceUid instanceUid() {
        return instance;
    }

    /** A COMMAND whose {@code expires_at} is at or before this and is not here is expired. */
    public Instant horizon() {
        return state.horizon();
    }

    public Optional<Entry> find(CorrelationId id) {
        return Optional.ofNullable(state.entries().get(id));
    }

    /** The command this nonce came with. */
    public Optional<CorrelationId> nonceOwner(UUID nonce) {
        return Optional.ofNullable(state.nonces().get(nonce));
    }

    /** All there is, the oldest first. */
    public List<Entry> entries() {
        return List.copyOf(state.entries().values());
    }

    /** Taken on and not ended, the oldest first. */
    public List<Entry> pending() {
        if (state.pending() == 0) {
            return List.of();
        }
        return state.entries().values().stream()
                .filter(entry -> entry instanceof Entry.Accepted || entry instanceof Entry.Started)
                .toList();
    }

    /** Ends no bridge has confirmed, the oldest first. */
    public List<Entry.Finished> unconfirmed() {
        return state.entries().values().stream()
                .filter(Entry.Finished.class::isInstance)
                .map(Entry.Finished.class::cast)
                .filter(entry -> !entry.confirmed())
                .sorted(Comparator.comparing(Entry.Finished::finishedAt))
                .toList();
    }

    /** How full it is. */
    public JournalUsage usage() throws IOException {
        return JournalUsage.of(state, open().size(), bounds);
    }

    /** The RESULT frame as it was written. */
    public Bytes result(Entry.Finished entry) throws IOException {
        return open().read(entry.result());
    }

    /**
     * Takes a command on.
     *
     * @throws JournalFull when its end might find no room
     */
    public void accepted(Entry.Order order, Instant at) throws IOException, JournalFull {
        makeRoom(at);
        write(new Note.Accepted(order, at));
    }

    public void started(CorrelationId id, ExecutionId execution, Instant at) throws IOException {
        write(new Note.Started(id, execution, at));
    }

    public void finished(CorrelationId id, Instant at, Bytes resultFrame) throws IOException {
        write(new Note.Finished(id, at, false, resultFrame));
    }

    /** Written with the next write: to forget it costs one repeated RESULT. */
    public void confirmed(CorrelationId id) {
        Note note = new Note.Confirmed(id);
        if (state.apply(note, 0)) {
            lazy.add(note);
        }
    }

    /** Never runs this command; when there is no room to remember it, by raising the horizon. */
    public void refused(Entry.Refused refused) throws IOException {
        if (state.entries().size() >= bounds.maxEntries()) {
            if (refused.expiresAt().isAfter(state.horizon())) {
                write(new Note.Horizon(refused.expiresAt()));
            }
            return;
        }
        write(new Note.Refused(refused));
    }

    /**
     * Drops what has been kept long enough, raising the horizon over it first, and gives its space
     * back when that is worth a new file.
     */
    public void tidy(Instant now) throws IOException {
        List<Entry> leaving =
                state.entries().values().stream().filter(entry -> mayLeave(entry, now)).toList();
        Optional<Instant> horizon =
                leaving.stream().map(Entry::expiresAt).max(Comparator.naturalOrder());
        if (horizon.isPresent()) {
            if (horizon.get().isAfter(state.horizon())) {
                write(new Note.Horizon(horizon.get()));
            }
            leaving.forEach(state::remove);
        }
        if (open().size() > SMALL_FILE + 2 * state.liveBytes()) {
            rewrite();
        }
    }

    private boolean mayLeave(Entry entry, Instant now) {
        if (entry.expiresAt().plus(bounds.keepPastExpiry()).isAfter(now)) {
            return false;
        }
        return switch (entry) {
            case Entry.Accepted _, Entry.Started _ -> false;
            case Entry.Finished finished ->
                    finished.confirmed() && !finished.finishedAt().plus(bounds.keep()).isAfter(now);
            case Entry.Refused _ -> true;
        };
    }

    /** Room for one more command and its end. */
    private void makeRoom(Instant now) throws IOException, JournalFull {
        if (hasRoom()) {
            return;
        }
        tidy(now);
        List<Entry.Finished> confirmed =
                state.entries().values().stream()
                        .filter(Entry.Finished.class::isInstance)
                        .map(Entry.Finished.class::cast)
                        .filter(entry -> entry.confirmed() && !entry.stripped())
                        .sorted(Comparator.comparing(Entry.Finished::finishedAt))
                        .toList();
        // Half of them at once, so that a full journal is not written anew for each command.
        if (!confirmed.isEmpty()) {
            strip(confirmed.subList(0, (confirmed.size() + 1) / 2));
        }
        if (!hasRoom() && confirmed.size() > 1) {
            strip(confirmed.subList((confirmed.size() + 1) / 2, confirmed.size()));
        }
        if (!hasRoom()) {
            throw new JournalFull();
        }
    }

    private boolean hasRoom() {
        long pending = state.pending() + 1L;
        return state.liveBytes() + pending * bounds.reserve() <= bounds.maxBytes()
                && state.fullResults() + pending <= bounds.maxResults()
                && state.entries().size() < bounds.maxEntries();
    }

    private void strip(List<Entry.Finished> entries) throws IOException {
        rewrite(entries.stream().map(Entry::correlationId).collect(Collectors.toSet()));
    }

    private void write(Note note) throws IOException {
        writeMany(List.of(note));
    }

    private void writeMany(List<Note> notes) throws IOException {
        List<Note> batch = new ArrayList<>(lazy);
        batch.addAll(notes);
        List<Note.Placed> placed = new ArrayList<>();
        byte[] payload = Note.encode(batch, placed);
        long offset = append(payload);
        lazy.clear();
        for (Note.Placed note : placed) {
            state.apply(note.note(), offset + note.frameAt());
        }
    }

    /** After a failed write the file is not trusted any more: memory is written anew first. */
    private long append(byte[] payload) throws IOException {
        JournalFile present = open();
        try {
            return present.append(payload);
        } catch (IOException e) {
            rewrite();
            return open().append(payload);
        }
    }

    private JournalFile open() throws IOException {
        if (file == null) {
            throw new IOException("the journal is closed");
        }
        return file;
    }

    private void rewrite() throws IOException {
        rewrite(Set.of());
    }

    /** A new file with what is alive; the old one stays until the new one is whole. */
    private void rewrite(Set<CorrelationId> withoutOutputs) throws IOException {
        JournalFile old = file;
        JournalState moved = new JournalState();
        JournalFile fresh =
                JournalFile.replace(
                        folder.journal(),
                        sink -> {
                            put(sink, moved, List.of(new Note.Head(instance)));
                            put(sink, moved, List.of(new Note.Horizon(state.horizon())));
                            for (Entry entry : state.entries().values()) {
                                boolean strip = withoutOutputs.contains(entry.correlationId());
                                put(sink, moved, Carried.notes(entry, old, strip));
                            }
                        });
        file = fresh;
        state.become(moved);
        lazy.clear();
        if (old != null) {
            old.close();
        }
    }

    private static void put(JournalFile.Sink sink, JournalState into, List<Note> notes)
            throws IOException {
        List<Note.Placed> placed = new ArrayList<>();
        long offset = sink.put(Note.encode(notes, placed));
        placed.forEach(note -> into.apply(note.note(), offset + note.frameAt()));
    }

    /** Writes what was left for the next write and gives the folder free. */
    @Override
    public void close() throws IOException {
        JournalFile last = file;
        file = null;
        try {
            if (last != null && !lazy.isEmpty()) {
                last.append(Note.encode(lazy, new ArrayList<>()));
            }
        } finally {
            if (last != null) {
                last.close();
            }
            folder.close();
        }
    }
}
