package io.viworks.agent.identity;

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
import java.util.Set;

/** Replaces files as a whole, so that a crash leaves the old one or the new one. */
final class DurableFile {
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY_FOLDER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private DurableFile() {}

    /**
     * Writes a file that only its owner may read; it and its name are on disk when this returns.
     * What a crash left of an earlier attempt is thrown away.
     */
    static void replace(Path path, byte[] content) throws IOException {
        Path absolute = path.toAbsolutePath();
        Path folder = absolute.resolveSibling("");
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder, OWNER_ONLY_FOLDER);
        }
        Path fresh = unfinished(absolute);
        Files.deleteIfExists(fresh);
        try (FileChannel channel =
                FileChannel.open(
                        fresh,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        OWNER_ONLY)) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        move(fresh, absolute);
    }

    /** Renames; the names are on disk when this returns. */
    static void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel names =
                FileChannel.open(to.toAbsolutePath().resolveSibling(""), StandardOpenOption.READ)) {
            names.force(true);
        }
    }

    /** Where a file is written before it takes its name. */
    static Path unfinished(Path path) {
        return path.resolveSibling(path.getFileName() + ".new");
    }
}
