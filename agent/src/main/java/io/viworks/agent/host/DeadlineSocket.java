package io.viworks.agent.host;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * A connection to something on this machine, Unix socket or loopback, that never waits beyond one
 * deadline and ends its waiting when its thread is interrupted. Not thread-safe.
 */
final class DeadlineSocket implements Closeable {
    private static final int READ_BYTES = 64 * 1024;

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final String peer;
    private final Duration timeout;
    private final long deadline;
    private final ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);

    private DeadlineSocket(SocketChannel channel, Selector selector, String peer, Duration timeout)
            throws IOException {
        this.channel = channel;
        this.selector = selector;
        this.peer = peer;
        this.timeout = timeout;
        this.deadline = System.nanoTime() + timeout.toNanos();
        channel.configureBlocking(false);
        this.key = channel.register(selector, SelectionKey.OP_CONNECT);
    }

    /**
     * Connects.
     *
     * @param peer what listens there, as an error names it
     * @param timeout for all that is said over this connection
     * @throws IOException when nothing listens there, or this user may not
     */
    static DeadlineSocket connect(SocketAddress address, String peer, Duration timeout)
            throws IOException {
        Selector selector = Selector.open();
        try {
            SocketChannel channel =
                    address instanceof UnixDomainSocketAddress
                            ? SocketChannel.open(StandardProtocolFamily.UNIX)
                            : SocketChannel.open();
            DeadlineSocket socket = new DeadlineSocket(channel, selector, peer, timeout);
            try {
                socket.connect(address);
                return socket;
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            selector.close();
            throw e;
        }
    }

    private void connect(SocketAddress address) throws IOException {
        try {
            boolean connected = channel.connect(address);
            while (!connected) {
                await();
                connected = channel.finishConnect();
            }
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            String message = String.valueOf(e.getMessage());
            String remedy =
                    message.equals("Permission denied")
                            ? ": the agent's user must be in the group that owns the socket"
                            : "";
            throw new IOException(
                    peer + " cannot be reached at " + address + ": " + message + remedy, e);
        }
    }

    /** Writes it all. */
    void write(byte[] bytes) throws IOException {
        ByteBuffer out = ByteBuffer.wrap(bytes);
        key.interestOps(SelectionKey.OP_WRITE);
        while (channel.write(out) >= 0 && out.hasRemaining()) {
            await();
        }
    }

    /**
     * Waits for bytes and adds all that are there.
     *
     * @return false when nothing more will come
     */
    boolean read(ByteArrayOutputStream received) throws IOException {
        key.interestOps(SelectionKey.OP_READ);
        boolean some = false;
        while (true) {
            int read = channel.read(buffer.clear());
            if (read > 0) {
                received.write(buffer.array(), 0, read);
                some = true;
                if (read == READ_BYTES) {
                    return true; // whoever counts the bytes must come to it
                }
            } else if (read < 0) {
                return some;
            } else if (some) {
                return true;
            } else {
                await();
            }
        }
    }

    private void await() throws IOException {
        long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
        if (left > 0) {
            selector.selectedKeys().clear();
            if (selector.select(left) > 0) {
                return;
            }
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("interrupted while asking " + peer);
        }
        throw new SocketTimeoutException(
                peer + " did not answer within " + timeout.toMillis() + " ms");
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            selector.close();
        }
    }
}
