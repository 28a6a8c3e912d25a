package io.viworks.conformance.packaged.edge;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * One request, byte for byte as it is written here, and its answer; after a 101 the socket of an
 * agent made by hand. Nothing between it and the wire corrects what it sends.
 */
final class Knock implements Closeable {
    private static final int PATIENCE_MS = 60_000;

    private final Socket socket;
    private final InputStream in;
    private final int status;
    private final String head;
    private final String body;

    private Knock(Socket socket, InputStream in, String head) throws IOException {
        this.socket = socket;
        this.in = in;
        this.head = head;
        String[] words = head.split(" ", 3);
        this.status = words.length > 1 && head.startsWith("HTTP/") ? Integer.parseInt(words[1]) : 0;
        this.body = status == 101 ? "" : rest();
    }

    /** Sends it over plain TCP. */
    static Knock plain(String from, int port, String request) throws IOException {
        return on(connected(from, port), request);
    }

    /** Sends it over TLS. */
    static Knock tls(SSLContext context, String from, int port, String request) throws IOException {
        Socket socket = connected(from, port);
        SSLSocket secured =
                (SSLSocket)
                        context.getSocketFactory().createSocket(socket, "localhost", port, true);
        return on(secured, request);
    }

    private static Socket connected(String from, int port) throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout(PATIENCE_MS);
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
        socket.connect(new InetSocketAddress(InetAddress.ofLiteral(Site.EDGE), port), PATIENCE_MS);
        return socket;
    }

    private static Knock on(Socket socket, String request) throws IOException {
        try {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            InputStream in = socket.getInputStream();
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
                int next = in.read();
                if (next < 0) {
                    break;
                }
                head.write(next);
            }
            return new Knock(socket, in, head.toString(StandardCharsets.ISO_8859_1));
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private String rest() throws IOException {
        @Nullable String length = header("content-length");
        byte[] bytes = length == null ? in.readAllBytes() : in.readNBytes(Integer.parseInt(length));
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** 0 when the answer was none of HTTP. */
    int status() {
        return status;
    }

    /** Status line and headers. */
    String head() {
        return head;
    }

    String body() {
        return body;
    }

    @Nullable String header(String name) {
        return head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst()
                .orElse(null);
    }

    /** The next text frame (RFC 6455, section 5.2), pings passed over. */
    String frame() throws IOException {
        while (true) {
            int first = read();
            int length = read() & 0x7f;
            if (length == 126) {
                length = (read() << 8) | read();
            } else if (length == 127) {
                throw new IOException("a frame longer than these tests expect");
            }
            byte[] payload = in.readNBytes(length);
            switch (first & 0x0f) {
                case 1 -> {
                    return new String(payload, StandardCharsets.UTF_8);
                }
                case 8 ->
                        throw new EOFException(
                                "closed with "
                                        + (((payload[0] & 0xff) << 8) | (payload[1] & 0xff)));
                default -> {
                    // ping or pong
                }
            }
        }
    }

    private int read() throws IOException {
        int next = in.read();
        if (next < 0) {
            throw new EOFException("the socket ended");
        }
        return next;
    }

    /** Sends a text frame, masked with zeros. */
    void send(String text) throws IOException {
        byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.write(0x81);
        if (payload.length < 126) {
            frame.write(0x80 | payload.length);
        } else {
            frame.write(0x80 | 126);
            frame.write(payload.length >> 8);
            frame.write(payload.length & 0xff);
        }
        frame.writeBytes(new byte[4]);
        frame.writeBytes(payload);
        socket.getOutputStream().write(frame.toByteArray());
        socket.getOutputStream().flush();
    }

    /** HELLO to WELCOME. */
    void greet(String agentId) throws IOException {
        String acknowledged = frame();
        send(
                """
                {"type":"HELLO","agent_id":"%s","version":"1.0","capabilities":["echo"]}\
                """
                        .formatted(agentId));
        String welcome = frame();
        if (!acknowledged.contains("HELLO_ACK") || !welcome.contains("WELCOME")) {
            throw new AssertionError(acknowledged + welcome);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** A request without a body. */
    static String request(String method, String path, List<String> headers) {
        StringBuilder text = new StringBuilder();
        text.append(method).append(' ').append(path).append(" HTTP/1.1\r\nHost: localhost\r\n");
        headers.forEach(header -> text.append(header).append("\r\n"));
        return text.append("\r\n").toString();
    }

    /** The handshake of an agent with the shared secret (spec 2.1), and more headers. */
    static String handshake(String agentId, String secret, String... more) {
        String timestamp = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        String nonce = UUID.randomUUID().toString();
        String text = String.join("|", "GET", "/agent/ws", timestamp, nonce, agentId);
        StringBuilder request = new StringBuilder("GET /agent/ws HTTP/1.1\r\nHost: localhost\r\n");
        for (String header : more) {
            request.append(header).append("\r\n");
        }
        return request.append("Upgrade: websocket\r\nConnection: Upgrade\r\n")
                .append("Sec-WebSocket-Version: 13\r\n")
                .append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
                .append("Sec-WebSocket-Protocol: viworks-agent-v1\r\n")
                .append("X-Agent-Id: " + agentId + "\r\n")
                .append("X-Timestamp: " + timestamp + "\r\n")
                .append("X-Nonce: " + nonce + "\r\n")
                .append("X-Agent-Auth: " + mac(secret, text) + "\r\n\r\n")
                .toString();
    }

    private static String mac(String secret, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
