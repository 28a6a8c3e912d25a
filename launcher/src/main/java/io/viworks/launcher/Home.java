package io.viworks.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The data folder {@code .viw/}: what the embedded start keeps between starts, and the secrets of
 * this one. Held by a lock, so that two starts never share it.
 */
public final class Home implements AutoCloseable {
    private static final Set<PosixFilePermission> PRIVATE_FILE =
            PosixFilePermissions.fromString("rw-------");

    /** What Redis and agents keep, and logs, are for this user only, whatever the umask. */
    private static final Set<PosixFilePermission> PRIVATE_FOLDER =
            PosixFilePermissions.fromString("rwx------");

    private final Path root;
    private final FileChannel lockFile;

    private Home(Path root, FileChannel lockFile) {
        this.root = root;
        this.lockFile = lockFile;
    }

    /**
     * Opens the folder, making it when it is not there.
     *
     * @param fresh whether to remove all that an earlier start left in it
     * @throws InUse when another launcher holds it
     */
    public static Home open(Path root, boolean fresh) throws IOException, InUse {
        Files.createDirectories(root);
        FileChannel channel =
                FileChannel.open(
                        root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (!locks(channel)) {
            channel.close();
            throw new InUse(
                    root
                            + " is in use by another ./viw up; stop that one first, or set VIW_HOME"
                            + " to another folder");
        }
        Home home = new Home(root, channel);
        if (fresh) {
            home.empty();
        }
        home.remove(home.runFile());
        home.folder("logs");
        return home;
    }

    private static boolean locks(FileChannel channel) throws IOException {
        try {
            @Nullable FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    Path root() {
        return root;
    }

    Path logs() {
        return root.resolve("logs");
    }

    Path runFile() {
        return root.resolve("run.json");
    }

    /** A folder in it that only this user can look into, made when it is not there. */
    Path folder(String name) {
        try {
            return Files.createDirectories(
                    root.resolve(name), PosixFilePermissions.asFileAttribute(PRIVATE_FOLDER));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A folder in it that other users may pass through: Postgres may have to run as one. */
    Path openFolder(String name) {
        try {
            return Files.createDirectories(root.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes a file that only this user can read, all or nothing. */
    Path writePrivate(String name, String content) {
        try {
            Path target = root.resolve(name);
            Path parent = target.getParent();
            if (parent != null) {
                Files.createDirectories(
                        parent, PosixFilePermissions.asFileAttribute(PRIVATE_FOLDER));
            }
            Path temporary = target.resolveSibling(target.getFileName() + ".new");
            Files.deleteIfExists(temporary);
            Files.createFile(temporary, PosixFilePermissions.asFileAttribute(PRIVATE_FILE));
            Files.writeString(temporary, content);
            return Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file that only this user can read, as an earlier start made it, else made now. */
    Path keepPrivate(String name, Supplier<String> content) {
        Path file = root.resolve(name);
        return Files.exists(file) ? file : writePrivate(name, content.get());
    }

    /** The log of a process, emptied: a start's log tells of that start. */
    Path freshLog(String name) {
        Path log = logs().resolve(name + ".log");
        remove(log);
        return log;
    }

    void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void empty() throws IOException {
        Path lock = root.resolve("lock");
        Files.walkFileTree(
                root,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        if (!file.equals(lock)) {
                            Files.delete(file);
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path dir, @Nullable IOException failure) throws IOException {
                        if (failure != null) {
                            throw failure;
                        }
                        if (!dir.equals(root)) {
                            Files.delete(dir);
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    @Override
    public void close() {
        try {
            lockFile.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Another launcher holds the folder. */
    public static final class InUse extends Exception {
        InUse(String message) {
            super(message);
        }
    }
}
