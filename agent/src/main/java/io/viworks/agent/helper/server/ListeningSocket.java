package io.viworks.agent.helper.server;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * Where the helper listens.
 *
 * @param handedOver whether a service manager made it and keeps it ({@code StandardInput=socket})
 */
record ListeningSocket(ServerSocketChannel channel, boolean handedOver) {
    private static final int BACKLOG = 64;

    /**
     * The socket that is this process's standard input, or a new one of the configuration.
     *
     * @throws IOException when there is neither; says why
     */
    static ListeningSocket open(Path path, @Nullable String group) throws IOException {
        Channel inherited = System.inheritedChannel();
        return switch (inherited) {
            case null -> new ListeningSocket(bound(path, group), false);
            case ServerSocketChannel server
                    when server.getLocalAddress() instanceof UnixDomainSocketAddress ->
                    new ListeningSocket(server, true);
            default ->
                    throw new IOException(
                            "standard input is a socket, but no listening Unix socket: the socket"
                                    + " unit must have ListenStream=/… and Accept=no");
        };
    }

    /** One that nobody else listens at; what a crash left there is taken away. */
    private static ServerSocketChannel bound(Path path, @Nullable String group) throws IOException {
        Owners.mustBeTrusted(path.resolveSibling(""));
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            try (SocketChannel _ = SocketChannel.open(address)) {
                throw new IOException("another helper listens at " + path);
            } catch (ConnectException _) {
                Files.delete(path);
            }
        }
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.bind(address, BACKLOG);
            PosixFileAttributeView view =
                    Files.getFileAttributeView(path, PosixFileAttributeView.class);
            if (group != null) {
                view.setGroup(
                        path.getFileSystem()
                                .getUserPrincipalLookupService()
                                .lookupPrincipalByGroupName(group));
            }
            view.setPermissions(PosixFilePermissions.fromString("rw-rw----"));
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }
}
