package io.viworks.bench;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * GETs over one connection that is kept, by a thread that blocks: the least that a caller adds to
 * what it measures. Knows as much of HTTP/1.1 (RFC 9112) as a server of this project answers with:
 * a body with its length, or in chunks. Not thread-safe.
 */
public final class KeptHttp implements AutoCloseable {
    private static final int BUFFER = 64 * 1024;

    private final int port;
    private final String headers;
    private Socket socket;
    private InputStream in;

    /**
     * Connects to a port of loopback.
     *
     * @param token of the bearer, empty for none
     */
    public KeptHttp(int port, String token) throws IOException {
        this.port = port;
        socket = connected();
        in = new BufferedInputStream(socket.getInputStream(), BUFFER);
        headers =
                " HTTP/1.1\r\nHost: 127.0.0.1:"
                        + port
                        + "\r\nAccept: application/json\r\n"
                        + (token.isEmpty() ? "" : "Authorization: Bearer " + token + "\r\n")
                        + "\r\n";
    }

    private Socket connected() throws IOException {
        Socket next = new Socket(InetAddress.getLoopbackAddress(), port);
        next.setTcpNoDelay(true);
        return next;
    }

    /**
     * Asks and reads the whole answer. A server that says it closes the connection, as one does
     * after so many requests, is dialled again at once.
     *
     * @param target with its path and query
     * @return the bytes of the body
     * @throws IOException when the answer is not 200
     */
    public int get(String target) throws IOException {
        socket.getOutputStream()
                .write(("GET " + target + headers).getBytes(StandardCharsets.US_ASCII));
        String status = line();
        int length = -1;
        boolean closes = false;
        for (String header = line(); !header.isEmpty(); header = line()) {
            String[] parts = header.split(":", 2);
            switch (parts[0].toLowerCase(Locale.ROOT)) {
                case "content-length" -> length = Integer.parseInt(parts[1].strip());
                case "connection" -> closes = parts[1].strip().equalsIgnoreCase("close");
                default -> {}
            }
        }
        int bytes = length >= 0 ? skip(length) : chunks();
        if (closes) {
            socket.close();
            socket = connected();
            in = new BufferedInputStream(socket.getInputStream(), BUFFER);
        }
        if (!status.startsWith("HTTP/1.1 200")) {
            throw new IOException(target + ": " + status);
        }
        return bytes;
    }

    private int chunks() throws IOException {
        int bytes = 0;
        while (true) {
            int size = Integer.parseInt(line().split(";", 2)[0].strip(), 16);
            bytes += skip(size);
            String end = line();
            if (!end.isEmpty()) {
                throw new IOException("a chunk does not end where it says");
            }
            if (size == 0) {
                return bytes;
            }
        }
    }

    private int skip(int bytes) throws IOException {
        in.skipNBytes(bytes);
        return bytes;
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("the server has closed the connection");
            } else if (next == '\n') {
                return line.toString();
            } else if (next != '\r') {
                line.append((char) next);
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
