package io.viworks.launcher;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Ports that launchers on this machine have chosen and their children do not listen on yet: seconds
 * lie between the two, in which another launcher would find them free. A claim is the lock of one
 * byte, at the port's number, of a file they share; it ends with the process. Thread-safe.
 */
final class PortClaims {
    private static final Path FILE =
            Path.of(System.getProperty("java.io.tmpdir"), "viworks-port-claims");

    /** Never closed: closing any channel of a file gives up all locks a process has on it. */
    private static final @Nullable FileChannel CHANNEL = open();

    private PortClaims() {}

    /** Whether the port is this process's now; always, where there is no place for the file. */
    static boolean claim(int port) {
        if (CHANNEL == null) {
            return true;
        }
        try {
            return CHANNEL.tryLock(port, 1, false) != null;
        } catch (OverlappingFileLockException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private static @Nullable FileChannel open() {
        Set<OpenOption> options = Set.of(StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        try {
            return FileChannel.open(FILE, options);
        } catch (NoSuchFileException e) {
            return create();
        } catch (IOException e) {
            return null;
        }
    }

    /** For launchers of every user. */
    private static @Nullable FileChannel create() {
        try {
            FileChannel channel =
                    FileChannel.open(
                            FILE,
                            Set.of(
                                    StandardOpenOption.CREATE,
                                    StandardOpenOption.WRITE,
                                    LinkOption.NOFOLLOW_LINKS));
            Files.setPosixFilePermissions(FILE, PosixFilePermissions.fromString("rw-rw-rw-"));
            return channel;
        } catch (IOException e) {
            return null;
        }
    }
}
