package io.viworks.agent.journal;

import io.viworks.protocol.InstanceUid;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * The folder a journal lives in: its lock, which one process holds, and the {@code instance_uid}
 * beside it.
 */
final class JournalFolder implements Closeable {
    private final Path folder;
    private final FileChannel lockFile;

    private JournalFolder(Path folder, FileChannel lockFile) {
        this.folder = folder;
        this.lockFile = lockFile;
    }

    /**
     * Makes the folder if need be and locks it until {@link #close}.
     *
     * @throws IOException also when another process holds it
     */
    static JournalFolder lock(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(
                    folder,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        }
        FileChannel lockFile =
                FileChannel.open(
                        folder.resolve("journal.lock"),
                        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                        JournalFile.OWNER_ONLY);
        try {
            FileLock lock = lockFile.tryLock();
            if (lock != null) {
                return new JournalFolder(folder, lockFile);
            }
        } catch (OverlappingFileLockException e) {
            // Held by this very process: the same as by another.
        } catch (IOException e) {
            lockFile.close();
            throw e;
        }
        lockFile.close();
        throw new IOException("another agent runs on " + folder);
    }

    Path journal() {
        return folder.resolve("journal.log");
    }

    private Path uidFile() {
        return folder.resolve("instance_uid");
    }

    /** What stands beside the journal; empty when there is nothing readable. */
    Optional<InstanceUid> uid() {
        try {
            return Optional.of(InstanceUid.of(Files.readString(uidFile()).strip()));
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    void writeUid(InstanceUid uid) throws IOException {
        Path fresh = folder.resolve("instance_uid.new");
        Files.deleteIfExists(fresh);
        try (FileChannel channel =
                FileChannel.open(
                        fresh,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        JournalFile.OWNER_ONLY)) {
            ByteBuffer text = StandardCharsets.US_ASCII.encode(uid + "\n");
            while (text.hasRemaining()) {
                channel.write(text);
            }
            channel.force(true);
        }
        Files.move(
                fresh,
                uidFile(),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        JournalFile.syncFolder(uidFile());
    }

    /** Puts a damaged journal out of the way, for people to look at. */
    Path setAside(Instant now) throws IOException {
        String name = "journal.damaged-" + now.toString().replace(":", "");
        Path aside = folder.resolve(name);
        Files.move(journal(), aside, StandardCopyOption.ATOMIC_MOVE);
        JournalFile.syncFolder(aside);
        return aside;
    }

    @Override
    public void close() throws IOException {
        lockFile.close();
    }
}
