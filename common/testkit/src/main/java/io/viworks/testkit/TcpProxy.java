package io.viworks.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A TCP proxy on loopback that a test owns: it forwards, or cuts every connection, or goes
 * half-open (connections stay, nothing passes any more). Thread-safe.
 */
public final class TcpProxy implements AutoCloseable {
    private final ServerSocket listener;
    private final InetSocketAddress target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean silent;
    private boolean refusing;

    private TcpProxy(ServerSocket listener, InetSocketAddress target) {
        this.listener = listener;
        this.target = target;
    }

    /** Starts a proxy to a port of loopback. */
    public static TcpProxy to(int port) {
        try {
            TcpProxy proxy =
                    new TcpProxy(
                            new ServerSocket(0, 1024, InetAddress.getLoopbackAddress()),
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            Thread.ofVirtual().start(proxy::accept);
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** Ends every connection; new ones pass. */
    public void cut() {
        sockets.forEach(TcpProxy::closeQuietly);
    }

    /** Ends every connection by RST, as a host does that forgot it; new ones pass. */
    public void reset() {
        for (Socket socket : sockets) {
            try {
                socket.setSoLinger(true, 0);
            } catch (SocketException e) {
                // It has ended already.
            }
            closeQuietly(socket);
        }
    }

    /** Ends every connection, and each new one at once, until {@link #forward}. */
    public void refuse() {
        set(silent, true);
        cut();
    }

    /** Half-open: connections stay and accept bytes, nothing arrives, until {@link #forward}. */
    public void swallow() {
        set(true, refusing);
    }

    /** Passes everything again; bytes held by {@link #swallow} arrive now. */
    public void forward() {
        set(false, false);
    }

    private void set(boolean silent, boolean refusing) {
        lock.lock();
        try {
            this.silent = silent;
            this.refusing = refusing;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket near = listener.accept();
                sockets.add(near);
                if (isRefusing()) {
                    closeQuietly(near);
                    continue;
                }
                Thread.ofVirtual().start(() -> connect(near));
            } catch (IOException e) {
                // The listener was closed, or one connection failed; the loop's condition knows.
            }
        }
    }

    private boolean isRefusing() {
        lock.lock();
        try {
            return refusing;
        } finally {
            lock.unlock();
        }
    }

    private void connect(Socket near) {
        Socket far = new Socket();
        sockets.add(far);
        try {
            far.connect(target, 2000);
        } catch (IOException e) {
            closeQuietly(near);
            closeQuietly(far);
            return;
        }
        Thread.ofVirtual().start(() -> pump(near, far));
        pump(far, near);
    }

    private void pump(Socket from, Socket to) {
        byte[] buffer = new byte[16 * 1024];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                awaitPassage();
                out.write(buffer, 0, length);
            }
            awaitPassage();
        } catch (IOException e) {
            // One side ended; both end.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        closeQuietly(from);
        closeQuietly(to);
        sockets.remove(from);
        sockets.remove(to);
    }

    private void awaitPassage() throws InterruptedException {
        lock.lock();
        try {
            while (silent) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // Closed is closed.
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        set(false, true);
        cut();
    }
}
