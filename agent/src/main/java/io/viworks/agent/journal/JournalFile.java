package io.viworks.agent.journal;

import io.viworks.protocol.Bytes;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * An append-only file of batches, each {@code magic, length, CRC-32C of the payload, payload}. A
 * batch is one write and one fsync, so only the last one can be torn: a bad batch with a good one
 * behind it is damage, not a crash. Not thread-safe.
 */
final class JournalFile implements Closeable {
    private static final int MAGIC = 0x5649_574a;
    private static final int HEAD = 12;
    private static final int MAX_BATCH = 8 << 20;

    static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private static final Set<StandardOpenOption> FOR_A_NEW_FILE =
            Set.of(
                    StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);

    private final FileChannel channel;
    private long end;

    private JournalFile(FileChannel channel, long end) {
        this.channel = channel;
        this.end = end;
    }

    /** A file that is damaged in its middle, or no journal at all. */
    static final class Damaged extends IOException {
        Damaged(String message) {
            super(message);
        }
    }

    /** Is told each batch of a file, in order, with the offset of its payload. */
    @FunctionalInterface
    interface Visitor {
        void batch(long offset, List<Note.Placed> notes) throws IOException;
    }

    /** Writes one batch; gives the offset of its payload. */
    @FunctionalInterface
    interface Sink {
        long put(byte[] payload) throws IOException;
    }

    /** Gives the batches of a new file to a sink. */
    @FunctionalInterface
    interface Source {
        void writeTo(Sink sink) throws IOException;
    }

    /**
     * Opens a file and cuts off the torn write at its end, if there is one.
     *
     * @throws Damaged when something good stands behind something bad; the visitor may have been
     *     told what stands before it
     */
    static JournalFile open(Path path, Visitor visitor) throws IOException {
        FileChannel channel =
                FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            int size = Math.toIntExact(channel.size());
            int at = good(channel.map(FileChannel.MapMode.READ_ONLY, 0, size), visitor);
            if (at < size) {
                channel.truncate(at);
                channel.force(true);
            }
            return new JournalFile(channel, at);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Where the good batches end, when nothing good stands behind that. */
    private static int good(ByteBuffer all, Visitor visitor) throws IOException {
        int at = 0;
        while (isBatch(all, at)) {
            byte[] payload = new byte[all.getInt(at + 4)];
            all.get(at + HEAD, payload);
            visitor.batch(at + HEAD, decode(payload));
            at += HEAD + payload.length;
        }
        for (int later = at + 1; later <= all.limit() - HEAD; later++) {
            if (isBatch(all, later)) {
                throw new Damaged("damaged at byte " + at + ", good again at byte " + later);
            }
        }
        if (at == 0) {
            throw new Damaged("no journal begins here");
        }
        return at;
    }

    /** Makes a file beside {@code path} and puts it in its place when all of it is on disk. */
    static JournalFile replace(Path path, Source source) throws IOException {
        Path fresh = path.resolveSibling(path.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        FileChannel channel = FileChannel.open(fresh, FOR_A_NEW_FILE, OWNER_ONLY);
        try {
            JournalFile file = new JournalFile(channel, 0);
            source.writeTo(file::write);
            channel.force(true);
            Files.move(
                    fresh,
                    path,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            syncFolder(path);
            return file;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Makes names in this file's folder durable. */
    static void syncFolder(Path path) throws IOException {
        Path folder = path.toAbsolutePath().getParent();
        try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
            names.force(true);
        }
    }

    /**
     * Appends one batch; it is on disk when this returns.
     *
     * @return the offset of its payload
     */
    long append(byte[] payload) throws IOException {
        long before = end;
        try {
            long offset = write(payload);
            channel.force(false);
            return offset;
        } catch (IOException e) {
            end = before;
            channel.truncate(before);
            throw e;
        }
    }

    Bytes read(Entry.Place place) throws IOException {
        return Bytes.of(read(channel, place.offset(), place.length()).array());
    }

    long size() {
        return end;
    }

    /** Bytes a batch takes beside its payload. */
    static int overhead() {
        return HEAD;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private long write(byte[] payload) throws IOException {
        CRC32C crc = new CRC32C();
        crc.update(payload);
        ByteBuffer batch = ByteBuffer.allocate(HEAD + payload.length);
        batch.putInt(MAGIC).putInt(payload.length).putInt((int) crc.getValue()).put(payload).flip();
        long at = end;
        while (batch.hasRemaining()) {
            at += channel.write(batch, at);
        }
        long offset = end + HEAD;
        end = at;
        return offset;
    }

    private static boolean isBatch(ByteBuffer all, int at) {
        if (at + HEAD > all.limit() || all.getInt(at) != MAGIC) {
            return false;
        }
        int length = all.getInt(at + 4);
        if (length <= 0 || length > MAX_BATCH || length > all.limit() - at - HEAD) {
            return false;
        }
        CRC32C crc = new CRC32C();
        crc.update(all.slice(at + HEAD, length));
        return (int) crc.getValue() == all.getInt(at + 8);
    }

    private static List<Note.Placed> decode(byte[] payload) throws Damaged {
        try {
            return Note.decode(payload);
        } catch (IOException e) {
            throw new Damaged("a batch of another make: " + e.getMessage());
        }
    }

    private static ByteBuffer read(FileChannel channel, long offset, int length)
            throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, offset + bytes.position()) < 0) {
                throw new EOFException("the journal is shorter than it was");
            }
        }
        return bytes.flip();
    }
}
