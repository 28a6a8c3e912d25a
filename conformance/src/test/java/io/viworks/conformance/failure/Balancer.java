package io.viworks.conformance.failure;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What stands before the bridges, as an edge would: each connection goes to the next bridge that
 * takes it. Connections can be made half-open: they stay, and nothing passes any more. Thread-safe.
 */
final class Balancer implements AutoCloseable {
    private static final int CONNECT_TIMEOUT_MS = 1_000;

    private final ServerSocket listener;
    private final AtomicInteger next = new AtomicInteger();
    private final Set<Pair> pairs = ConcurrentHashMap.newKeySet();
    private volatile List<Integer> targets = List.of();

    private Balancer(ServerSocket listener) {
        this.listener = listener;
    }

    static Balancer start() {
        try {
            Balancer balancer =
                    new Balancer(new ServerSocket(0, 1024, InetAddress.getLoopbackAddress()));
            Thread.ofPlatform().daemon().name("balancer").start(balancer::accept);
            return balancer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Loopback ports of the bridges. */
    void to(List<Integer> ports) {
        targets = List.copyOf(ports);
    }

    /** Lets nothing more pass on the connections there are; new ones are whole. */
    int silence() {
        pairs.forEach(pair -> pair.silent = true);
        return pairs.size();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Thread.ofVirtual().start(() -> connect(client));
            } catch (SocketException _) {
                return;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void connect(Socket client) {
        List<Integer> ports = targets;
        for (int tries = 0; tries < ports.size(); tries++) {
            int port = ports.get(Math.floorMod(next.getAndIncrement(), ports.size()));
            Socket bridge = new Socket();
            try {
                bridge.connect(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                        CONNECT_TIMEOUT_MS);
                Pair pair = new Pair(client, bridge);
                pairs.add(pair);
                Thread.ofVirtual().start(() -> pump(pair, client, bridge));
                Thread.ofVirtual().start(() -> pump(pair, bridge, client));
                return;
            } catch (IOException _) {
                close(bridge);
            }
        }
        close(client);
    }

    /** Two halves of one connection. */
    private static final class Pair {
        final Socket client;
        final Socket bridge;
        volatile boolean silent;

        Pair(Socket client, Socket bridge) {
            this.client = client;
            this.bridge = bridge;
        }
    }

    private void pump(Pair pair, Socket from, Socket to) {
        byte[] buffer = new byte[16 * 1024];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (!pair.silent) {
                    out.write(buffer, 0, read);
                }
            }
        } catch (IOException _) {
            // The other half is told by the close below.
        }
        if (pair.silent) {
            close(from);
            return;
        }
        pairs.remove(pair);
        close(pair.client);
        close(pair.bridge);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        pairs.forEach(pair -> {
            close(pair.client);
            close(pair.bridge);
        });
    }
}
