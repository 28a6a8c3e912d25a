package io.viworks.agent.connection;

import io.viworks.patience.Patience;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.FrameCodec;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** A small WebSocket server (RFC 6455) on a real socket, which says what a test tells it to say. */
final class FakeBridge implements AutoCloseable {
    static final Duration PATIENCE = Patience.LONGEST;

    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final FrameCodec CODEC = new FrameCodec();

    private final String scheme;
    private final ServerSocket server;
    private final BlockingQueue<Peer> peers = new LinkedBlockingQueue<>();
    private final List<Socket> sockets = new ArrayList<>();
    private final AtomicInteger attempts = new AtomicInteger();
    private volatile Function<Map<String, String>, @Nullable String> gate = _ -> null;

    FakeBridge() throws IOException {
        this("ws", new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    }

    FakeBridge(String scheme, ServerSocket server) {
        this.scheme = scheme;
        this.server = server;
        Thread.ofVirtual().start(this::accept);
    }

    URI url() {
        return URI.create("%s://127.0.0.1:%d/agent/ws".formatted(scheme, server.getLocalPort()));
    }

    /** Answers every handshake from now on with this instead of an upgrade; null upgrades again. */
    void refuse(@Nullable String response) {
        answers(_ -> response);
    }

    /** Answers a handshake with these headers with what this gives; null upgrades. */
    void answers(Function<Map<String, String>, @Nullable String> answer) {
        gate = answer;
    }

    /** Handshakes so far. */
    int attempts() {
        return attempts.get();
    }

    /** The next agent that was upgraded. */
    Peer next() throws InterruptedException {
        return Objects.requireNonNull(
                peers.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS), "no agent has connected");
    }

    /** The next agent, welcomed. */
    Peer nextWelcomed() throws Exception {
        Peer peer = next();
        peer.expect("HELLO");
        peer.welcome(20, 256 * 1024);
        return peer;
    }

    /** The next agent, if one comes so soon. */
    Optional<Peer> within(Duration patience) throws InterruptedException {
        return Optional.ofNullable(peers.poll(patience.toMillis(), TimeUnit.MILLISECONDS));
    }

    @Override
    public void close() throws IOException {
        server.close();
        synchronized (sockets) {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                synchronized (sockets) {
                    sockets.add(socket);
                }
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try {
            DataInputStream in =
                    new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            Map<String, String> headers = headers(in);
            shown(socket, headers);
            attempts.incrementAndGet();
            OutputStream out = socket.getOutputStream();
            String refused = gate.apply(headers);
            if (refused != null) {
                out.write(refused.getBytes(StandardCharsets.UTF_8));
                out.flush();
                socket.close();
                return;
            }
            String accept = accept(headers.getOrDefault("sec-websocket-key", ""));
            out.write(
                    ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                    + "Connection: Upgrade\r\nSec-WebSocket-Protocol: "
                                    + "viworks-agent-v1\r\nSec-WebSocket-Accept: "
                                    + accept
                                    + "\r\n\r\n")
                            .getBytes(StandardCharsets.UTF_8));
            out.flush();
            Peer peer = new Peer(socket, headers);
            peers.add(peer);
            peer.read(in);
        } catch (IOException e) {
            // This agent is gone.
        }
    }

    /** What the agent showed in TLS goes among the headers as {@code shown}: its fingerprint. */
    private static void shown(Socket socket, Map<String, String> headers) {
        if (socket instanceof SSLSocket tls) {
            try {
                headers.put(
                        "shown",
                        FakeAdmin.sha256(tls.getSession().getPeerCertificates()[0].getEncoded()));
            } catch (SSLPeerUnverifiedException e) {
                // It showed none.
            } catch (CertificateEncodingException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static Map<String, String> headers(DataInputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.readUnsignedByte());
        }
        Map<String, String> headers = new LinkedHashMap<>();
        for (String line : head.toString().split("\r\n", -1)) {
            int colon = line.indexOf(": ");
            if (colon < 0) {
                headers.putIfAbsent("request", line);
            } else {
                headers.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 2));
            }
        }
        return headers;
    }

    private static String accept(String key) {
        try {
            return Base64.getEncoder()
                    .encodeToString(
                            MessageDigest.getInstance("SHA-1")
                                    .digest((key + GUID).getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One agent. */
    static final class Peer {
        private final Socket socket;
        private final Map<String, String> headers;
        private final BlockingQueue<ObjectNode> frames = new LinkedBlockingQueue<>();
        private final AtomicInteger pongs = new AtomicInteger();
        private final CountDownLatch ended = new CountDownLatch(1);
        private volatile int closeCode;

        private Peer(Socket socket, Map<String, String> headers) {
            this.socket = socket;
            this.headers = headers;
        }

        /** A header of the handshake, or its first line as {@code request}. */
        String header(String name) {
            return headers.getOrDefault(name, "");
        }

        int pongs() {
            return pongs.get();
        }

        /** The code the agent closed with, once it {@link #hasEnded}; 1006 without one. */
        int closeCode() {
            return closeCode;
        }

        boolean hasEnded(Duration patience) throws InterruptedException {
            return ended.await(patience.toMillis(), TimeUnit.MILLISECONDS);
        }

        /** The next frame of this type; others are left out. */
        ObjectNode expect(String type) throws InterruptedException {
            return next(type, type::equals);
        }

        /** The next frame that is neither telemetry nor a sign of life. */
        ObjectNode answer() throws InterruptedException {
            return next("answer", type -> !type.equals("TELEMETRY") && !type.equals("HEARTBEAT"));
        }

        private ObjectNode next(String what, Predicate<String> wanted) throws InterruptedException {
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (true) {
                ObjectNode frame = frames.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (frame == null) {
                    throw new AssertionError("no " + what + " came");
                }
                if (wanted.test(frame.path("type").asString(""))) {
                    return frame;
                }
            }
        }

        /** All frames that came and nobody has looked at. */
        List<ObjectNode> rest() {
            List<ObjectNode> rest = new ArrayList<>();
            frames.drainTo(rest);
            return rest;
        }

        void welcome(int heartbeatS, int maxFrameBytes) throws IOException {
            send(
                    """
                    {"type":"HELLO_ACK","server_time":"%1$s","agent_id":"gateway-1","conn_id":"%2$s",
                     "supported":["HELLO","TELEMETRY","ACK","PROGRESS","RESULT","JOB_STATUS"]}\
                    """
                            .formatted(Rfc3339.format(Instant.now()), UUID.randomUUID()));
            welcome(heartbeatS, maxFrameBytes, Instant.now(), "{}");
        }

        void welcome(int heartbeatS, int maxFrameBytes, Instant serverTime, String config)
                throws IOException {
            send(
                    """
                    {"type":"WELCOME","session_id":"%1$s","conn_id":"%1$s","now":"%2$s",
                     "server_time":"%2$s","server_nonce":"n","heartbeat_s":%3$d,
                     "cmd_timeout_s":45,"max_inflight":4,"max_frame_bytes":%4$d,"config":%5$s}\
                    """
                            .formatted(
                                    UUID.randomUUID(),
                                    Rfc3339.format(serverTime),
                                    heartbeatS,
                                    maxFrameBytes,
                                    config));
        }

        void send(String json) throws IOException {
            write(1, json.getBytes(StandardCharsets.UTF_8));
        }

        void ping() throws IOException {
            write(9, new byte[0]);
        }

        void close(int code, String reason) throws IOException {
            byte[] text = reason.getBytes(StandardCharsets.UTF_8);
            write(8, ByteBuffer.allocate(2 + text.length).putShort((short) code).put(text).array());
        }

        /** Resets the connection. */
        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        private synchronized void write(int opcode, byte[] payload) throws IOException {
            OutputStream out = socket.getOutputStream();
            ByteBuffer head = ByteBuffer.allocate(10).put((byte) (0x80 | opcode));
            if (payload.length < 126) {
                head.put((byte) payload.length);
            } else if (payload.length < 65_536) {
                head.put((byte) 126).putShort((short) payload.length);
            } else {
                head.put((byte) 127).putLong(payload.length);
            }
            out.write(head.array(), 0, head.position());
            out.write(payload);
            out.flush();
        }

        private void read(DataInputStream in) throws IOException {
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            closeCode = 1006;
            try {
                while (true) {
                    int first = in.readUnsignedByte();
                    byte[] payload = payload(in);
                    switch (first & 0x0f) {
                        case 0, 1 -> {
                            text.writeBytes(payload);
                            if ((first & 0x80) != 0) {
                                frames.add(CODEC.decodeObject(text.toByteArray()));
                                text.reset();
                            }
                        }
                        case 8 -> {
                            closeCode = ByteBuffer.wrap(payload).getShort();
                            write(8, payload);
                            socket.close();
                            return;
                        }
                        case 10 -> pongs.incrementAndGet();
                        default -> throw new IOException("opcode " + first);
                    }
                }
            } catch (EOFException e) {
                // Gone without a word.
            } catch (BadFrame e) {
                throw new IOException("the agent wrote no JSON object", e);
            } finally {
                ended.countDown();
            }
        }

        private static byte[] payload(DataInputStream in) throws IOException {
            long length = in.readUnsignedByte() & 0x7f;
            if (length == 126) {
                length = in.readUnsignedShort();
            } else if (length == 127) {
                length = in.readLong();
            }
            byte[] mask = in.readNBytes(4);
            byte[] payload = in.readNBytes(Math.toIntExact(length));
            for (int i = 0; i < payload.length; i++) {
                payload[i] ^= mask[i % 4];
            }
            return payload;
        }
    }
}
