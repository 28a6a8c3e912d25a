package io.viworks.agent.helper.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whether the helper could be asked, seen from outside: to connect would start a helper that a
 * service manager starts with its first connection.
 */
public final class HelperDoor {
    private static final Path SOCKETS = Path.of("/proc/self/net/unix");

    /** In the column of flags: it listens (include/linux/net.h, {@code __SO_ACCEPTCON}). */
    private static final String LISTENING = "00010000";

    private HelperDoor() {}

    /** Why a request would not come through; null when nothing speaks against it. */
    public static @Nullable String problem(Path socket) {
        if (!Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
            return "there is no socket";
        }
        if (!Files.isWritable(socket)) {
            return "the agent's user and groups may not write to the socket";
        }
        return isHeard(socket) ? null : "nobody listens at the socket";
    }

    /** The kernel's table: Num RefCount Protocol Flags Type St Inode Path. */
    private static boolean isHeard(Path socket) {
        String path = " " + socket;
        try (Stream<String> lines = Files.lines(SOCKETS)) {
            return lines.anyMatch(
                    line -> line.endsWith(path) && line.contains(" " + LISTENING + " "));
        } catch (IOException e) {
            return true; // nothing seen speaks against it
        }
    }
}
