package io.viworks.testkit;

import io.viworks.patience.Patience;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.handshake.HandshakeHeaders;
import io.viworks.protocol.handshake.HandshakeMac;
import io.viworks.protocol.handshake.HandshakeSignature;
import io.viworks.protocol.handshake.HandshakeText;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A handshake a test may spoil in any way (spec 2.1): right by itself, signed when it is sent, with
 * every header open to be replaced, left out or repeated after that. For one thread.
 */
public final class ScriptedHandshake {
    private static final int TIMEOUT_MS = Math.toIntExact(Patience.LONGEST.toMillis());

    private final int port;
    private final String agentId;
    private byte[] secret = new byte[0];
    private @Nullable PrivateKey key;
    private String keyId = "";
    private String method = "GET";
    private String target = HandshakeHeaders.PATH;
    private String timestamp = Rfc3339.format(Instant.now());
    private String nonce = UUID.randomUUID().toString();
    private InetAddress source = InetAddress.getLoopbackAddress();
    private int receiveBuffer;
    private @Nullable SSLContext tls;
    private String serverName = "";
    private final Map<String, List<String>> changed = new LinkedHashMap<>();

    private ScriptedHandshake(int port, String agentId) {
        this.port = port;
        this.agentId = agentId;
    }

    /** To a bridge on loopback, without any proof. */
    public static ScriptedHandshake to(int port, String agentId) {
        return new ScriptedHandshake(port, agentId);
    }

    /** Proved with the shared secret. */
    public ScriptedHandshake secret(String secret) {
        this.secret = secret.getBytes(StandardCharsets.UTF_8);
        return this;
    }

    /** Proved with a key of the agent's own instead. */
    public ScriptedHandshake key(String id, PrivateKey own) {
        this.secret = new byte[0];
        this.keyId = id;
        this.key = own;
        return this;
    }

    /** At another time than now. */
    public ScriptedHandshake at(Instant now) {
        return timestamp(Rfc3339.format(now));
    }

    /** With this timestamp, signed as it stands. */
    public ScriptedHandshake timestamp(String text) {
        this.timestamp = text;
        return this;
    }

    /** With this nonce, signed as it stands. */
    public ScriptedHandshake nonce(String text) {
        this.nonce = text;
        return this;
    }

    public ScriptedHandshake method(String name) {
        this.method = name;
        return this;
    }

    /** With this request target, a query perhaps; the path is what is signed. */
    public ScriptedHandshake target(String pathAndQuery) {
        this.target = pathAndQuery;
        return this;
    }

    /** From this address of the machine. */
    public ScriptedHandshake from(String address) {
        this.source = InetAddress.ofLiteral(address);
        return this;
    }

    /**
     * Over TLS.
     *
     * @param name of the server as TLS is told it; an address tells nothing
     */
    public ScriptedHandshake tls(SSLContext context, String name) {
        this.tls = context;
        this.serverName = name;
        return this;
    }

    /** With so small a window that few bytes wait in the kernel. */
    public ScriptedHandshake receiveBuffer(int bytes) {
        this.receiveBuffer = bytes;
        return this;
    }

    /** With exactly these values of a header, none to leave it out, whatever was signed. */
    public ScriptedHandshake header(String name, String... values) {
        changed.put(name, List.of(values));
        return this;
    }

    public ScriptedHandshake without(String name) {
        return header(name);
    }

    /** The header as it will be sent, for a repetition. */
    public String value(String name) {
        return headers().getOrDefault(name, List.of("")).getFirst();
    }

    private Map<String, List<String>> headers() {
        Map<String, List<String>> headers = new LinkedHashMap<>();
        headers.put("Host", List.of("127.0.0.1:" + port));
        headers.put("Connection", List.of("Upgrade"));
        headers.put("Upgrade", List.of("websocket"));
        headers.put("Sec-WebSocket-Version", List.of("13"));
        headers.put("Sec-WebSocket-Key", List.of("dGhlIHNhbXBsZSBub25jZQ=="));
        headers.put(HandshakeHeaders.SUBPROTOCOL_HEADER, List.of(HandshakeHeaders.SUBPROTOCOL));
        headers.put(HandshakeHeaders.AGENT_ID, List.of(agentId));
        headers.put(HandshakeHeaders.TIMESTAMP, List.of(timestamp));
        headers.put(HandshakeHeaders.NONCE, List.of(nonce));
        prove(headers);
        headers.putAll(changed);
        return headers;
    }

    private void prove(Map<String, List<String>> headers) {
        PrivateKey own = key;
        if (own == null && secret.length == 0) {
            return;
        }
        int query = target.indexOf('?');
        String path = query < 0 ? target : target.substring(0, query);
        HandshakeText text = new HandshakeText(method, path, timestamp, nonce, AgentId.of(agentId));
        if (own == null) {
            headers.put(HandshakeHeaders.AUTH, List.of(HandshakeMac.sign(secret, text)));
        } else {
            headers.put(HandshakeHeaders.SIGNATURE, List.of(HandshakeSignature.sign(own, text)));
            headers.put(HandshakeHeaders.KEY_ID, List.of(keyId));
        }
    }

    /** Sends it and reads the answer, whatever it is; the connection is closed then. */
    public HttpAnswer answer() {
        try (Socket socket = connect()) {
            return ask(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends it; an answer other than 101 fails the test. */
    // The socket outlives this method: the agent closes it.
    @SuppressWarnings("resource")
    public ScriptedAgent open() {
        try {
            Socket socket = connect();
            HttpAnswer answer = ask(socket);
            if (answer.status() != 101) {
                socket.close();
                throw new AssertionError("no upgrade: " + answer);
            }
            socket.setSoTimeout(0);
            return new ScriptedAgent(agentId, socket, answer);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket();
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.setTcpNoDelay(true);
        socket.bind(new InetSocketAddress(source, 0));
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MS);
        socket.setSoTimeout(TIMEOUT_MS);
        SSLContext context = tls;
        return context == null
                ? socket
                : context.getSocketFactory().createSocket(socket, serverName, port, true);
    }

    private HttpAnswer ask(Socket socket) throws IOException {
        StringBuilder request = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
        headers()
                .forEach((name, values) ->
                        values.forEach(value ->
                                request.append(name).append(": ").append(value).append("\r\n")));
        request.append("\r\n");
        socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.ISO_8859_1));
        return read(socket.getInputStream());
    }

    private static HttpAnswer read(InputStream in) throws IOException {
        String first = line(in);
        if (!first.startsWith("HTTP/1.1 ")) {
            throw new IOException("no HTTP answer: \"" + first + "\"");
        }
        int status = Integer.parseInt(first.substring(9, 12));
        Map<String, List<String>> headers = new LinkedHashMap<>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            headers.computeIfAbsent(
                            line.substring(0, colon).toLowerCase(Locale.ROOT),
                            _ -> new ArrayList<>())
                    .add(line.substring(colon + 1).strip());
        }
        int length =
                Integer.parseInt(headers.getOrDefault("content-length", List.of("0")).getFirst());
        String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        return new HttpAnswer(status, headers, body);
    }

    /** Byte by byte: what follows an upgrade belongs to the WebSocket. */
    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("the connection ended within the answer");
            }
            line.append((char) c);
        }
        return line.toString().stripTrailing();
    }

    /** {@code Basic}-like noise of a given length, for headers that are too big. */
    public static String filler(int length) {
        return Base64.getEncoder().encodeToString(new byte[length]).substring(0, length);
    }
}
