package io.viworks.conformance.packaged;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Stands before an HTTP server and writes down what is asked: {@code GET /path?query}. For clients
 * that open a connection for each request, as curl does. Thread-safe.
 */
final class Listening implements AutoCloseable {
    private final ServerSocket listener;
    private final int target;
    private final List<String> requests = new CopyOnWriteArrayList<>();

    private Listening(ServerSocket listener, int target) {
        this.listener = listener;
        this.target = target;
    }

    /** Before a port of this machine. */
    static Listening before(int target) throws IOException {
        Listening listening =
                new Listening(new ServerSocket(0, 64, InetAddress.getLoopbackAddress()), target);
        Thread.ofVirtual().start(listening::accept);
        return listening;
    }

    int port() {
        return listener.getLocalPort();
    }

    List<String> requests() {
        return requests;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
                Thread.ofVirtual().start(() -> ask(client, server));
                Thread.ofVirtual().start(() -> pump(server, client));
            } catch (IOException e) {
                if (!listener.isClosed()) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private void ask(Socket client, Socket server) {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try {
            InputStream in = client.getInputStream();
            for (int next = in.read(); next >= 0 && next != '\r'; next = in.read()) {
                line.write(next);
            }
            String text = line.toString(StandardCharsets.ISO_8859_1);
            if (text.contains(" HTTP/")) {
                requests.add(text.substring(0, text.lastIndexOf(" HTTP/")));
            }
            server.getOutputStream().write(line.toByteArray());
            server.getOutputStream().write('\r');
        } catch (IOException gone) {
            // Told by the pump below.
        }
        pump(client, server);
    }

    private static void pump(Socket from, Socket to) {
        byte[] buffer = new byte[16 * 1024];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                out.write(buffer, 0, read);
            }
        } catch (IOException gone) {
            // Both ends are closed: there is nobody to tell.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
