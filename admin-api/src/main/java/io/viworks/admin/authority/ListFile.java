package io.viworks.admin.authority;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.UUID;

/** A file that others read while it is written anew: it is replaced as a whole. */
final class ListFile {
    private ListFile() {}

    /** Whether the file holds exactly this. */
    static boolean holds(Path file, byte[] content) {
        try {
            return Files.size(file) == content.length
                    && Arrays.equals(Files.readAllBytes(file), content);
        } catch (IOException e) {
            return false;
        }
    }

    /** Replaces the file; readers see the old one or the new one. */
    static void write(Path file, byte[] content) throws IOException {
        Path whole = file.toAbsolutePath();
        Path next = whole.resolveSibling("." + whole.getFileName() + "." + UUID.randomUUID());
        try {
            try (FileChannel channel =
                    FileChannel.open(
                            next, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(content);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            // The edge and the bridges run as somebody else, and nothing in it is secret.
            Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rw-r--r--"));
            Files.move(next, whole, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            throw new IOException("the folder " + whole.getParent() + " is not there", e);
        } finally {
            Files.deleteIfExists(next);
        }
    }
}
