package io.viworks.agent.helper.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.viworks.agent.helper.BadRequest;
import io.viworks.agent.helper.HelperCodes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.Uuids;
import io.viworks.protocol.frame.ErrorCodes;
import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the helper has begun, on disk before it begins: no command is run twice, neither after a
 * crash nor after a restart, as long as its request or its signature could be used again. What
 * could not be any more leaves behind a horizon, at or before which nothing is begun, whatever the
 * clock says. Thread-safe.
 *
 * <p>The file {@code runs} is appended to, and rewritten at the start and when half of it is past:
 * {@code began <last use> <until> <correlation id> <nonce> <verb>}, {@code ended <correlation id>},
 * {@code horizon <instant>}, instants in milliseconds since 1970. A line without its end is one
 * that was being written in a crash: nothing had begun.
 */
final class Memory implements AutoCloseable {
    /** Most commands remembered at a time; beyond it none is begun until the oldest are past. */
    static final int MAX_REMEMBERED = 50_000;

    private static final String NAME = "runs";

    /** Lines that may be past before the file is rewritten. */
    private static final int SLACK = 1_000;

    /** One that was begun. */
    record Begun(CorrelationId id, UUID nonce, String verb, long lastUse, long until) {}

    private final Path file;
    private final FileLock lock;
    private final FileChannel locked;
    private final Map<CorrelationId, Begun> begun = new HashMap<>();
    private final Set<UUID> nonces = new HashSet<>();
    private final Set<CorrelationId> open = new HashSet<>();
    private final Map<UUID, Long> burnt = new HashMap<>();
    private long horizon;
    private int lines;
    private @Nullable FileOutputStream out;

    private Memory(Path file, FileChannel locked, FileLock lock) {
        this.file = file;
        this.locked = locked;
        this.lock = lock;
    }

    /**
     * Opens the memory of a folder; makes both when they are not there.
     *
     * @throws IOException when it cannot be read or written, is damaged, or is another helper's
     */
    static Memory open(Path folder, Instant now) throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(
                    folder,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        }
        Owners.mustBeTrusted(folder.toAbsolutePath());
        FileChannel locked =
                FileChannel.open(
                        folder.resolve("lock"),
                        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
        FileLock lock = locked.tryLock();
        if (lock == null) {
            locked.close();
            throw new IOException("another helper uses " + folder);
        }
        Memory memory = new Memory(folder.resolve(NAME), locked, lock);
        try {
            memory.read();
            memory.rewrite(now.toEpochMilli());
            return memory;
        } catch (IOException e) {
            memory.close();
            throw e;
        }
    }

    /** What was begun and not ended by an earlier life of the helper. */
    synchronized List<Begun> open() {
        List<Begun> left = new ArrayList<>();
        for (CorrelationId id : open) {
            Begun one = begun.get(id);
            if (one != null) {
                left.add(one);
            }
        }
        return left;
    }

    /**
     * Writes down that a command begins; it is on disk when this returns.
     *
     * @param lastUse when neither its request nor its signature can be used any more
     * @param until how long to remember it; not before {@code lastUse}
     * @throws BadRequest when it has begun before, could have, or cannot be written down
     */
    synchronized void begin(
            CorrelationId id, UUID nonce, String verb, Instant lastUse, Instant until, Instant now)
            throws BadRequest {
        long time = now.toEpochMilli();
        if (begun.containsKey(id)) {
            throw new BadRequest(
                    ErrorCodes.REPLAY_DETECTED, "correlation_id must be new: it was run already");
        }
        if (nonces.contains(nonce) || burnt.getOrDefault(nonce, 0L) > time) {
            throw new BadRequest(ErrorCodes.REPLAY_DETECTED, "nonce must be new");
        }
        if (lastUse.toEpochMilli() <= horizon) {
            throw new BadRequest(
                    ErrorCodes.EXPIRED, "it is older than what the helper remembers of its runs");
        }
        try {
            forget(time);
            if (begun.size() >= MAX_REMEMBERED) {
                throw new BadRequest(
                        HelperCodes.NOT_READY,
                        "the helper remembers %d runs and can remember no more"
                                .formatted(MAX_REMEMBERED));
            }
            Begun one = new Begun(id, nonce, verb, lastUse.toEpochMilli(), until.toEpochMilli());
            append(line(one));
            remember(one);
            open.add(id);
        } catch (IOException e) {
            throw new BadRequest(
                    HelperCodes.NOT_READY, "the helper's disk does not take what must be kept");
        }
    }

    /** The nonce of a request that was refused: it is good for no second one. */
    synchronized void burn(UUID nonce, Instant until, Instant now) {
        burnt.values().removeIf(end -> end <= now.toEpochMilli());
        if (burnt.size() < MAX_REMEMBERED) {
            burnt.put(nonce, until.toEpochMilli());
        }
    }

    /** Writes down that it ended; should that fail, a restart tells it as interrupted. */
    synchronized void end(CorrelationId id) throws IOException {
        open.remove(id);
        append("ended " + id + "\n");
    }

    @Override
    public synchronized void close() throws IOException {
        if (out != null) {
            out.close();
        }
        lock.release();
        locked.close();
    }

    private void remember(Begun one) {
        begun.put(one.id(), one);
        nonces.add(one.nonce());
    }

    /** Lets go of what is past, and of its lines when they are many. */
    private void forget(long now) throws IOException {
        drop(now);
        if (lines > SLACK + 4 * begun.size()) {
            rewrite(now);
        }
    }

    private void drop(long now) {
        begun.values()
                .removeIf(one -> {
                    boolean past = one.until() <= now && !open.contains(one.id());
                    if (past) {
                        nonces.remove(one.nonce());
                        horizon = Math.max(horizon, one.lastUse());
                    }
                    return past;
                });
    }

    private static String line(Begun one) {
        return "began %d %d %s %s %s\n"
                .formatted(one.lastUse(), one.until(), one.id(), one.nonce(), one.verb());
    }

    /** Not a channel: an interrupt would close it before the line is there. */
    private void append(String line) throws IOException {
        FileOutputStream stream = out;
        if (stream == null) {
            throw new IOException(file + " is not open");
        }
        long before = stream.getChannel().size();
        try {
            stream.write(line.getBytes(US_ASCII));
            stream.getFD().sync();
        } catch (IOException e) {
            stream.getChannel().truncate(before); // half a line would make the next one unreadable
            throw e;
        }
        lines++;
    }

    private void rewrite(long now) throws IOException {
        drop(now);
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        text.writeBytes(("horizon " + horizon + "\n").getBytes(US_ASCII));
        lines = 1;
        for (Begun one : begun.values()) {
            text.writeBytes(line(one).getBytes(US_ASCII));
            lines++;
            if (!open.contains(one.id())) {
                text.writeBytes(("ended " + one.id() + "\n").getBytes(US_ASCII));
                lines++;
            }
        }
        Path fresh = file.resolveSibling(NAME + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(
                fresh,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        FileOutputStream stream = new FileOutputStream(fresh.toFile(), true);
        try {
            stream.write(text.toByteArray());
            stream.getFD().sync();
            Files.move(
                    fresh,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            try (FileChannel names =
                    FileChannel.open(file.resolveSibling(""), StandardOpenOption.READ)) {
                names.force(true);
            }
        } catch (IOException e) {
            stream.close();
            throw e;
        }
        if (out != null) {
            out.close();
        }
        out = stream;
    }

    private void read() throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        byte[] bytes = Files.readAllBytes(file);
        int number = 0;
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                number++;
                String text = new String(Arrays.copyOfRange(bytes, start, i), US_ASCII);
                try {
                    take(text.split(" ", -1));
                } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                    throw new IOException(
                            """
                            %s:%d is damaged: the helper cannot know any more what it has run. \
                            Once no command of before can come again, move the file away\
                            """
                                    .formatted(file, number),
                            e);
                }
                start = i + 1;
            }
        }
    }

    private void take(String[] words) {
        switch (words[0]) {
            case "horizon" -> horizon = Math.max(horizon, Long.parseLong(words[1]));
            case "ended" -> open.remove(CorrelationId.of(words[1]));
            case "began" -> {
                Begun one =
                        new Begun(
                                CorrelationId.of(words[3]),
                                Uuids.parse("nonce", words[4]),
                                words[5],
                                Long.parseLong(words[1]),
                                Long.parseLong(words[2]));
                remember(one);
                open.add(one.id());
            }
            default -> throw new IllegalArgumentException(words[0]);
        }
    }
}
