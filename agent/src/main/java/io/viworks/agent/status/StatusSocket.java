package io.viworks.agent.status;

import io.viworks.agent.log.AgentLog;
import io.viworks.protocol.frame.FrameCodec;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;

/**
 * Where {@code agent status} asks: a Unix socket in {@code data_dir}, 0600, that writes one JSON
 * object to whoever connects and reads nothing. Only the agent's own user and root are answered;
 * the kernel says who they are. One at a time: an answer fits into the socket's buffer, so nobody
 * can hold it up.
 */
public final class StatusSocket {
    static final String NAME = "status.sock";

    private static final int BACKLOG = 8;

    /** By its name, and without one where users have none. */
    private static final Set<String> ROOT = Set.of("root", "0");

    private static final FrameCodec CODEC = new FrameCodec();

    private final Path path;
    private final ServerSocketChannel server;
    private final StatusDocument document;
    private final AgentLog log;

    private StatusSocket(
            Path path, ServerSocketChannel server, StatusDocument document, AgentLog log) {
        this.path = path;
        this.server = server;
        this.document = document;
        this.log = log;
    }

    /**
     * Listens there as long as the process lives, or says why it does not: an agent does its work
     * without it as well.
     *
     * @param dataDir whose lock this process holds: what a crash left there is nobody's
     */
    public static void open(Path dataDir, StatusDocument document, AgentLog log) {
        Path path = dataDir.resolve(NAME);
        try {
            Files.deleteIfExists(path);
            ServerSocketChannel server = bound(path);
            StatusSocket socket = new StatusSocket(path, server, document, log);
            Thread.ofVirtual().name("status").start(socket::serve);
        } catch (IOException | IllegalArgumentException e) {
            log.warn("status_unavailable")
                    .with("path", path)
                    .because(e)
                    .say("agent status will not find this agent");
        }
    }

    private static ServerSocketChannel bound(Path path) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            server.bind(UnixDomainSocketAddress.of(path), BACKLOG);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            return server;
        } catch (IOException | IllegalArgumentException e) {
            server.close();
            throw e;
        }
    }

    private void serve() {
        while (server.isOpen()) {
            try (SocketChannel asker = server.accept()) {
                answer(asker);
            } catch (IOException e) {
                // The asker is gone.
            } catch (RuntimeException e) {
                log.error("fault").because(e).say("a fault of the agent");
            }
        }
    }

    private void answer(SocketChannel asker) throws IOException {
        UnixDomainPrincipal peer = asker.getOption(ExtendedSocketOptions.SO_PEERCRED);
        String user = peer.user().getName();
        if (!ROOT.contains(user) && !user.equals(Files.getOwner(path).getName())) {
            return;
        }
        asker.configureBlocking(false);
        ByteBuffer answer = ByteBuffer.wrap(CODEC.encodeObject(document.write()));
        while (answer.hasRemaining() && asker.write(answer) > 0) {
            // until the buffer, which is far larger, has it all
        }
    }
}
