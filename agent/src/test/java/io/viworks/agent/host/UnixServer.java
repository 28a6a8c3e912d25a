package io.viworks.agent.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Answers on a Unix socket with what it was given, piece by piece. */
public final class UnixServer implements AutoCloseable {
    private final ServerSocketChannel server;
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<SocketChannel> open = new CopyOnWriteArrayList<>();

    /**
     * Starts to answer.
     *
     * @param hold whether the connection stays open after the last piece
     */
    public UnixServer(Path socket, boolean hold, String... pieces) {
        try {
            server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofPlatform().daemon().start(() -> serve(hold, pieces));
    }

    /** An engine with these containers, as JSON objects. */
    public static UnixServer engine(Path socket, String... containers) {
        String body = "[" + String.join(",", containers) + "]";
        int length = body.getBytes(StandardCharsets.UTF_8).length;
        return new UnixServer(
                socket, true, "HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n", body);
    }

    List<String> requests() {
        return requests;
    }

    private void serve(boolean hold, String... pieces) {
        while (true) {
            try {
                SocketChannel channel = server.accept();
                open.add(channel);
                ByteBuffer request = ByteBuffer.allocate(4096);
                channel.read(request);
                requests.add(
                        new String(
                                request.array(), 0, request.position(), StandardCharsets.US_ASCII));
                for (String piece : pieces) {
                    channel.write(ByteBuffer.wrap(piece.getBytes(StandardCharsets.UTF_8)));
                }
                if (!hold) {
                    channel.close();
                }
            } catch (IOException _) {
                if (!server.isOpen()) {
                    return;
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (SocketChannel channel : open) {
            channel.close();
        }
    }
}
