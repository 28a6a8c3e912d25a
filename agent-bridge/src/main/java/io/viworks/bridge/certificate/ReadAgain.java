package io.viworks.bridge.certificate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a file says, read again when the file changes. A file that is away or wrong changes nothing:
 * what was read last goes on to count, for a half-written file must neither open the door nor lock
 * a fleet out. {@link #look} is for one thread, the rest thread-safe.
 */
public final class ReadAgain<T> {
    private static final Logger log = LoggerFactory.getLogger(ReadAgain.class);

    /** Largest file taken, in bytes: a revocation list of some hundred thousand certificates. */
    private static final int MAX_BYTES = 16 << 20;

    /** Makes something of a file's bytes, given what the file said before. */
    @FunctionalInterface
    public interface Reader<T> {
        /**
         * Reads it.
         *
         * @param before what counts now, null at the first time
         * @throws UnreadableFile with what is wrong with the contents
         */
        T read(byte[] bytes, @Nullable T before) throws UnreadableFile;
    }

    /** A file's identity and age; another one means that it was changed. */
    private record Stamp(FileTime modified, long size, Optional<Object> file) {}

    private final String name;
    private final Path path;
    private final Reader<T> reader;
    private volatile T value;
    private volatile boolean good = true;
    private @Nullable Stamp seen;

    /**
     * Reads a file for the first time.
     *
     * @param name of the setting that names the file
     * @throws UnreadableFile when it cannot be read: there is nothing older to go on with
     */
    public ReadAgain(String name, Path path, Reader<T> reader) throws UnreadableFile {
        this.name = name;
        this.path = path;
        this.reader = reader;
        try {
            this.seen = stamp();
            this.value = reader.read(bytes(), null);
        } catch (IOException e) {
            throw new UnreadableFile(name + " cannot be read: " + path, e);
        } catch (UnreadableFile e) {
            throw new UnreadableFile(name + " " + e.why() + ": " + path, e);
        }
    }

    /** What counts now. */
    public T value() {
        return value;
    }

    /** Whether the file as it stands is what counts. */
    public boolean isGood() {
        return good;
    }

    /**
     * Reads the file if it has changed.
     *
     * @param again whether to read it even if it has not
     * @return whether what counts is new
     */
    public boolean look(boolean again) {
        try {
            Stamp now = stamp();
            if (!again && now.equals(seen)) {
                return false;
            }
            seen = now;
            value = reader.read(bytes(), value);
            if (!good || !again) {
                log.atInfo()
                        .addKeyValue("event", "file_read_again")
                        .log("{} has changed and was read again", name);
            }
            good = true;
            return true;
        } catch (IOException | UnreadableFile e) {
            if (good) {
                log.atError()
                        .addKeyValue("event", "file_unreadable")
                        .addKeyValue("error", e.getMessage())
                        .log("{} cannot be read; what was read last goes on to count", name);
            }
            good = false;
            return false;
        }
    }

    private Stamp stamp() throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        return new Stamp(
                attributes.lastModifiedTime(),
                attributes.size(),
                Optional.ofNullable(attributes.fileKey()));
    }

    private byte[] bytes() throws IOException, UnreadableFile {
        try (var in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new UnreadableFile("must be at most " + MAX_BYTES + " bytes");
            }
            return bytes;
        }
    }
}
