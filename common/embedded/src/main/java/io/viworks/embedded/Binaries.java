package io.viworks.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The servers' programs, unpacked once from the libraries that carry them into a folder every user
 * can read (Postgres may have to run as nobody). Safe for several processes at once: what is
 * unpacked appears whole, by a rename.
 */
final class Binaries {
    private static final String POSTGRES_VERSION = "18.6.0";
    private static final String REDIS_JAR = "1.4.4";

    private Binaries() {}

    /** The folder with {@code bin/postgres}. */
    static Path postgres() throws IOException {
        Path folder = cache().resolve("postgres-" + POSTGRES_VERSION);
        if (!Files.isExecutable(folder.resolve("bin/postgres"))) {
            String resource = "/postgres-linux-" + (isArm() ? "arm_64" : "x86_64") + ".txz";
            unpackWhole(folder, temporary -> unpackTar(resource, temporary));
        }
        return folder;
    }

    /**
     * The first Redis server of this machine's kind that runs here: the usual one needs OpenSSL 3;
     * on x86 a static one stands behind it.
     */
    static Path redis() throws IOException {
        String[] names =
                isArm()
                        ? new String[] {"redis-server-6.2.7-linux-arm64"}
                        : new String[] {
                            "redis-server-6.2.6-v5-linux-amd64", "redis-server-6.2.7-linux-386"
                        };
        Path folder = cache().resolve("redis-" + REDIS_JAR);
        for (String name : names) {
            Path program = folder.resolve(name);
            if (!Files.isExecutable(program)) {
                Files.createDirectories(folder);
                unpackWhole(program, temporary -> copy("/" + name, temporary));
            }
            if (runs(program)) {
                return program;
            }
        }
        throw new IOException(
                "the Redis binaries this build brings do not run here (libssl.so.3 missing?);"
                        + " point VIW_REDIS_URL at a Redis of your own, 6.2 or newer");
    }

    private static boolean isArm() throws IOException {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch");
        if (!os.contains("linux") || !(arch.equals("amd64") || arch.equals("aarch64"))) {
            throw new IOException(
                    "the embedded Redis and Postgres are for Linux on amd64 or arm64, this is "
                            + os
                            + " on "
                            + arch
                            + "; use VIW_REDIS_URL and VIW_JDBC_URL");
        }
        return arch.equals("aarch64");
    }

    /** A folder of this user's own that others can only read. */
    private static Path cache() throws IOException {
        String user = System.getProperty("user.name").replaceAll("[^A-Za-z0-9_-]", "_");
        Path base = Files.isWritable(Path.of("/var/tmp")) ? Path.of("/var/tmp") : temporary();
        Path folder = base.resolve("viworks-" + user);
        Files.createDirectories(
                folder,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        Set<PosixFilePermission> permissions =
                Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS);
        boolean ours =
                Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).getName().equals(user)
                        && !permissions.contains(PosixFilePermission.GROUP_WRITE)
                        && !permissions.contains(PosixFilePermission.OTHERS_WRITE)
                        && !Files.isSymbolicLink(folder);
        if (!ours) {
            throw new IOException(folder + " belongs to somebody else; remove it");
        }
        return folder;
    }

    /** A folder of its own, and empty, for data whose place Postgres cannot reach. */
    static Path emptyFolderFor(Path dataDir) throws IOException {
        byte[] place = dataDir.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8);
        Path folder = cache().resolve("cluster-" + UUID.nameUUIDFromBytes(place));
        if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            delete(folder);
        }
        return Files.createDirectory(folder);
    }

    private static Path temporary() {
        return Path.of(System.getProperty("java.io.tmpdir"));
    }

    private interface Unpack {
        void into(Path target) throws IOException;
    }

    private static void unpackWhole(Path target, Unpack unpack) throws IOException {
        Path temporary =
                Files.createTempDirectory(target.toAbsolutePath().getParent(), "unpacking-");
        try {
            Path content = temporary.resolve("content");
            unpack.into(content);
            try {
                Files.move(content, target, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                throw e;
            } catch (IOException e) {
                if (!Files.exists(target)) {
                    throw e;
                }
                // Another process was faster; what it unpacked is the same.
            }
        } finally {
            delete(temporary);
        }
    }

    private static InputStream open(String resource) throws IOException {
        InputStream in = Binaries.class.getResourceAsStream(resource);
        if (in == null) {
            throw new IOException(resource + " is not on the class path");
        }
        return in;
    }

    private static void copy(String resource, Path target) throws IOException {
        try (InputStream in = open(resource)) {
            Files.copy(in, target);
        }
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void unpackTar(String resource, Path target) throws IOException {
        Files.createDirectories(target);
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new XZCompressorInputStream(open(resource)))) {
            for (TarArchiveEntry entry = tar.getNextEntry();
                    entry != null;
                    entry = tar.getNextEntry()) {
                Path path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException(resource + " reaches outside its folder");
                }
                Files.createDirectories(path.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else if (entry.isDirectory()) {
                    Files.createDirectories(path);
                } else {
                    Files.copy(tar, path);
                    boolean runs = (entry.getMode() & 0100) != 0;
                    Files.setPosixFilePermissions(
                            path,
                            PosixFilePermissions.fromString(runs ? "rwxr-xr-x" : "rw-r--r--"));
                }
            }
        }
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static boolean runs(Path program) {
        try {
            return new ProcessBuilder(program.toString(), "--version")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static void delete(Path folder) throws IOException {
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.delete(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path dir, @Nullable IOException failure) throws IOException {
                        Files.delete(dir);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
